// Machines to dial: a real OpenSSH server, one that never speaks, one that does not even accept.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export async function freePort(): Promise<number> {
    const server = createServer();
    const port = await listen(server);
    server.close();
    return port;
}

function listen(server: Server): Promise<number> {
    return new Promise((resolve) => {
        server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            resolve(typeof address === "object" && address !== null ? address.port : 0);
        });
    });
}

/** An sshd of our own on 127.0.0.1 that lets root in with one key. */
export class Sshd {
    readonly directory = mkdtempSync(join(tmpdir(), "sshd-"));
    /** Private keys of clients: the one that is let in, and a stranger's. */
    readonly privateKey = this.key("client", "ed25519");
    readonly strangersKey = this.key("stranger", "ed25519");
    port = 0;
    private child: ChildProcess | undefined;

    constructor(private readonly options: readonly string[] = []) {
        for (const type of ["ed25519", "rsa", "ecdsa"]) {
            this.key(`host_${type}`, type);
        }
    }

    /** Makes a key pair in the directory; the private half's text. */
    key(name: string, type: string, passphrase = ""): string {
        execFileSync("ssh-keygen", ["-q", "-t", type, "-N", passphrase, "-C", "", "-f", join(this.directory, name)]);
        return readFileSync(join(this.directory, name), "utf8");
    }

    /** A host key as the pin wants it: one line, as in authorized_keys. */
    hostKey(type: "ed25519" | "rsa" | "ecdsa"): string {
        return readFileSync(join(this.directory, `host_${type}.pub`), "utf8").trim();
    }

    async start(): Promise<void> {
        this.port = this.port || (await freePort());
        const configuration = [
            `ListenAddress 127.0.0.1:${this.port}`,
            ...["ed25519", "rsa", "ecdsa"].map((type) => `HostKey ${join(this.directory, `host_${type}`)}`),
            `AuthorizedKeysFile ${join(this.directory, "client.pub")}`,
            "PermitRootLogin yes",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "UsePAM no",
            "StrictModes no",
            "PidFile none",
            "LogLevel VERBOSE",
            ...this.options,
        ];
        writeFileSync(join(this.directory, "sshd_config"), `${configuration.join("\n")}\n`);
        // Where Debian's sshd separates privileges; systemd makes it, and here there may be none.
        mkdirSync("/run/sshd", { recursive: true });
        this.child = spawn(
            "/usr/sbin/sshd",
            ["-D", "-f", join(this.directory, "sshd_config"), "-E", join(this.directory, "log")],
            { stdio: "ignore" },
        );
        await answers(this.port);
    }

    /** Lines of sshd's log that match. */
    logged(pattern: RegExp): string[] {
        return readFileSync(join(this.directory, "log"), "utf8")
            .split("\n")
            .filter((line) => pattern.test(line));
    }

    stop(): void {
        this.child?.kill("SIGTERM");
        rmSync(this.directory, { recursive: true });
    }
}

async function answers(port: number): Promise<void> {
    for (let tries = 0; tries < 50; tries++) {
        const answered = await new Promise<boolean>((resolve) => {
            const socket = connect(port, "127.0.0.1");
            socket.once("data", () => {
                socket.destroy();
                resolve(true);
            });
            socket.once("error", () => {
                resolve(false);
            });
        });
        if (answered) {
            return;
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`sshd does not answer on 127.0.0.1:${port}`);
}

/** A server that accepts and says nothing. */
export async function silentServer(): Promise<{ port: number; stop: () => void }> {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
        sockets.push(socket);
        socket.on("error", () => undefined);
    });
    const port = await listen(server);
    return {
        port,
        stop: () => {
            server.close();
            sockets.forEach((socket) => socket.destroy());
        },
    };
}

/** A port whose connections are never accepted: its process is stopped, and its queue is full. */
export async function blackHole(): Promise<{ port: number; stop: () => void }> {
    const program = `const s = require("net").createServer(); s.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => console.log(s.address().port));`;
    const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    const port = await new Promise<number>((resolve) => {
        child.stdout.once("data", (data: Buffer) => {
            resolve(Number(data.toString()));
        });
    });
    child.kill("SIGSTOP");
    const fill = Array.from({ length: 4 }, () => connect(port, "127.0.0.1").on("error", () => undefined));
    await new Promise((resolve) => setTimeout(resolve, 300));
    return {
        port,
        stop: () => {
            fill.forEach((socket) => socket.destroy());
            child.kill("SIGKILL");
        },
    };
}
