import { mkdtempSync, writeFileSync } from "node:fs";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type ConnectionOptions, type PeerCertificate, TLSSocket } from "node:tls";
import { succeed, waitFor } from "../lab/lab";
import { installGoProgram } from "./goProgram";
import type { SpareStack } from "./spareStack";
import type { SpareVm } from "./spareVm";

export const NAME = "prometheus.example.com";
export const PASSWORD = "CANARY-correct-horse";
/** Of that password, with a cost of 10. */
export const HASH = "$2y$10$CANARYsaltCANARYsaltCeR12kIHP5hjCF4oHtXMbjkdjO2Vn2GSu";

/** Options of a request with a password. */
export const basic = (password: string, user = "alice") => ({
    headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` },
});

/** A certificate and its key as the stack's outputs have them. */
export interface Certified {
    readonly certificate: string;
    readonly key: string;
}

/** What a request may have of its own. */
export interface Asked {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
    readonly status: number;
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
    readonly body: Buffer;
    /** That of the server. */
    readonly certificate: PeerCertificate;
}

/** The front of a spare VM, as one reaches it from another machine. */
export class Front {
    private constructor(
        private readonly address: string,
        public readonly ca: string,
        public readonly clients: Readonly<Record<string, Certified>>,
    ) {}

    static async of(vm: SpareVm, stack: SpareStack): Promise<Front> {
        const shown = await succeed("stack output", stack.run(["stack", "output", "--json", "--show-secrets"]));
        const outputs = JSON.parse(shown) as { caCertificate: string; clientCertificates: Record<string, Certified> };
        return new Front(vm.address, outputs.caCertificate, outputs.clientCertificates);
    }

    /** How a client of that name connects; without one, nobody in particular does. */
    tls(client?: string): ConnectionOptions {
        const own = client === undefined ? undefined : this.clients[client];
        return {
            host: this.address,
            port: 443,
            servername: NAME,
            ca: this.ca,
            ...(own && { cert: own.certificate, key: own.key }),
        };
    }

    /** In a connection of its own. */
    private request(path: string, client?: string): RequestOptions {
        return { ...(this.tls(client) as RequestOptions), agent: false, path };
    }

    /** One request in a connection of its own. */
    ask(path: string, client?: string, options: Asked = {}): Promise<Answer> {
        return new Promise((resolve, reject) => {
            const headers = { host: NAME, ...options.headers };
            const asked = httpsRequest({ ...this.request(path, client), ...options, headers }, (response) => {
                const chunks: Buffer[] = [];
                const { socket } = response;
                if (!(socket instanceof TLSSocket)) throw new Error("not over TLS");
                const certificate = socket.getPeerCertificate();
                response.on("data", (chunk: Buffer) => chunks.push(chunk));
                response.on("error", reject);
                response.on("end", () => {
                    const { statusCode: status = 0, headers } = response;
                    resolve({ status, headers, body: Buffer.concat(chunks), certificate });
                });
            });
            asked.on("error", reject);
            asked.end();
        });
    }

    /** What comes back for raw bytes, until the connection is closed or silent for that many milliseconds. */
    raw(bytes: string, { client, silence = 1_500 }: { client?: string; silence?: number } = {}): Promise<string> {
        return new Promise((resolve) => {
            let got = "";
            const socket = connect(this.tls(client), () => socket.write(Buffer.from(bytes, "latin1")));
            const done = () => {
                socket.destroy();
                resolve(got);
            };
            socket.setTimeout(silence, done);
            socket.on("data", (data: Buffer) => {
                got += data.toString("latin1");
                socket.setTimeout(300, done);
            });
            socket.on("close", done);
            socket.on("error", done);
        });
    }

    /** Milliseconds until the first data of an answer that has no end; the connection is closed by the function that comes with them. */
    stream(path: string, client: string): Promise<{ first: number; close: () => void }> {
        const start = performance.now();
        return new Promise((resolve, reject) => {
            const asked = httpsRequest({ ...this.request(path, client), headers: { host: NAME } }, (response) => {
                response.once("data", () => {
                    resolve({ first: performance.now() - start, close: () => asked.destroy() });
                });
                response.on("error", () => undefined);
            });
            asked.on("error", reject);
            asked.end();
        });
    }

    /** A client that begins a request and never ends it; resolves when the server has lost its patience. */
    dawdle(): Promise<void> {
        return new Promise((resolve) => {
            const socket = connect(this.tls(), () => socket.write(`GET / HTTP/1.1\r\nHost: ${NAME}\r\nX: `));
            socket.on("close", () => {
                resolve();
            });
            socket.on("error", () => undefined);
            socket.resume();
        });
    }

    /** Seconds after which the server has had enough of a body that comes fast enough but has no end. */
    endless(): Promise<number> {
        const start = Date.now();
        return new Promise((resolve) => {
            const head = ["POST /nothing HTTP/1.1", `Host: ${NAME}`, "Content-Length: 1000000000", "", ""].join("\r\n");
            const socket = connect(this.tls(), () => socket.write(head));
            const more = setInterval(() => socket.write("x".repeat(2_400)), 2_000);
            socket.on("close", () => {
                clearInterval(more);
                resolve((Date.now() - start) / 1000);
            });
            socket.on("error", () => undefined);
            socket.resume();
        });
    }

    /**
     * How the server answers a handshake that offers one version of TLS, by its number (0x0303 is 1.2), and one cipher suite: `hello`
     * where it takes both. By hand, since no library offers the weak ones any more.
     */
    handshake(version: number, suite: number): Promise<"hello" | "refused"> {
        return new Promise((resolve) => {
            const socket = createConnection({ host: this.address, port: 443 }, () =>
                socket.write(clientHello(version, suite)),
            );
            socket.setTimeout(5_000, () => socket.destroy());
            socket.on("data", (data: Buffer) => {
                // A record of a handshake, which begins with the server's hello.
                resolve(data[0] === 22 && data[5] === 2 ? "hello" : "refused");
                socket.destroy();
            });
            socket.on("close", () => {
                resolve("refused");
            });
            socket.on("error", () => {
                resolve("refused");
            });
        });
    }
}

/** RFC 5246, section 7.4.1.2, with what a server needs for elliptic curves, and the name that is asked for. */
function clientHello(version: number, suite: number): Buffer {
    const two = (value: number) => [value >> 8, value & 255];
    const sized = (bytes: readonly number[]) => [...two(bytes.length), ...bytes];
    const extension = (type: number, bytes: readonly number[]) => [...two(type), ...sized(bytes)];
    const extensions = [
        ...extension(0, sized([0, ...sized([...Buffer.from(NAME)])])),
        ...extension(10, sized([...two(29), ...two(23)])),
        ...extension(11, [1, 0]),
        ...extension(13, sized([0x0403, 0x0804, 0x0401, 0x0203, 0x0201].flatMap(two))),
    ];
    const random = Array.from({ length: 32 }, (_, i) => i);
    const hello = [...two(version), ...random, 0, ...sized(two(suite)), 1, 0, ...sized(extensions)];
    const message = [1, 0, ...sized(hello)];
    return Buffer.from([22, 3, 1, ...sized(message)]);
}

/** Whether anything listens there, from outside the VM. */
export function answers(address: string, port: number): Promise<boolean> {
    return new Promise((resolve) => {
        const socket = createConnection({ host: address, port });
        socket.setTimeout(3_000, () => socket.destroy());
        socket.on("connect", () => {
            resolve(true);
            socket.destroy();
        });
        socket.on("close", () => {
            resolve(false);
        });
        socket.on("error", () => {
            resolve(false);
        });
    });
}

const NOTES = "/run/recorder.notes";

/** A server in Prometheus's place on the VM, which notes what arrives. */
export class Recorder {
    constructor(private readonly vm: SpareVm) {}

    async start(): Promise<void> {
        await this.vm.text("systemctl stop prometheus");
        await installGoProgram(this.vm, join(__dirname, "recorder"), "/run/recorder");
        await this.vm.text(`systemd-run --quiet --unit=recorder /run/recorder 127.0.0.1:9090 ${NOTES}`);
        await waitFor(
            "the recorder",
            () => this.vm.run("curl -s http://127.0.0.1:9090/"),
            ({ code }) => code === 0,
        );
        await this.forget();
    }

    /** Nobody is in Prometheus's place. */
    async end(): Promise<void> {
        await this.vm.text("systemctl stop recorder");
    }

    /** Prometheus is back. */
    async stop(): Promise<void> {
        await this.end();
        await this.vm.text("systemctl start prometheus");
        await waitFor(
            "Prometheus",
            () => this.vm.run("curl -fs http://127.0.0.1:9090/-/ready"),
            ({ code }) => code === 0,
        );
    }

    notes(): Promise<string> {
        return this.vm.text(`cat ${NOTES}`);
    }

    async forget(): Promise<void> {
        await this.vm.text(`: >${NOTES}`);
    }

    /** Sends each of these past the front, on the VM itself. */
    async bypass(all: readonly string[]): Promise<void> {
        const send =
            "while read -r line; do (exec 3<>/dev/tcp/127.0.0.1/9090; base64 -d <<<$line >&3; timeout 1 cat <&3 >/dev/null) & done; wait";
        const stdin = all.map((bytes) => Buffer.from(bytes, "latin1").toString("base64") + "\n").join("");
        await this.vm.text(`bash -c '${send}'`, { stdin });
    }
}

/** A file that ends with the test run's own directory of temporary files. */
export function temporaryFile(name: string, content: string): string {
    const path = join(mkdtempSync(join(tmpdir(), "external-prometheus-front-")), name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
}
