import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage, request as httpRequest } from "node:http";
import { type RequestOptions, request } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
    GATEWAY_DIRECTORY,
    HEALTH_PORT,
    renderGatewayConfiguration,
} from "../../../config/kubernetes/gatewayConfiguration";

const SERVER_NAME = "gateway.lab.external-prometheus.internal";
const directory = mkdtempSync(join(tmpdir(), "gateway-"));
const file = (name: string) => join(directory, name);
const pem = (name: string) => readFileSync(file(name), "utf8");

/** What reached the Prometheus behind the gateway. */
const behind: { method: string | undefined; url: string | undefined; body: string }[] = [];
const prometheus = createHttpServer((incoming, response) => {
    let body = "";
    incoming.on("data", (chunk: Buffer) => (body += chunk.toString()));
    incoming.on("end", () => {
        behind.push({ method: incoming.method, url: incoming.url, body });
        response.end("up 1\n");
    });
});
let nginx: ReturnType<typeof spawn>;
let port: number;
let healthPort: number;

beforeAll(async () => {
    makeCertificates();
    prometheus.listen(0, "127.0.0.1");
    await once(prometheus, "listening");
    [port, healthPort] = await Promise.all([freePort(), freePort()]);

    const upstream = { address: "127.0.0.1", port: (prometheus.address() as AddressInfo).port };
    const configuration = renderGatewayConfiguration([upstream], "");
    // Only places differ from what runs in a cluster.
    const local = configuration
        .replaceAll("/tmp/", `${directory}/`)
        .replaceAll(GATEWAY_DIRECTORY, directory)
        .replace("listen 8443 ", `listen 127.0.0.1:${port} `)
        .replace(`listen ${HEALTH_PORT};`, `listen 127.0.0.1:${healthPort};`);
    writeFileSync(file("nginx.conf"), local);
    const log = openSync(file("nginx.log"), "a");
    nginx = spawn("nginx", ["-e", "stderr", "-c", file("nginx.conf"), "-g", "daemon off;"], {
        stdio: ["ignore", log, log],
        env: { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin` },
    });
    await vi
        .waitFor(() => plain("/healthz"), { timeout: 60_000 })
        .catch((cause: unknown) => {
            throw new Error(`nginx did not start: ${pem("nginx.log")}`, { cause });
        });
});

afterAll(async () => {
    if (nginx.exitCode === null && nginx.kill("SIGTERM")) await once(nginx, "exit");
    prometheus.close();
    rmSync(directory, { recursive: true });
});

describe("the gateway's nginx", () => {
    it("lets the VM federate", async () => {
        const query = "/federate?match[]=%7Bjob%3D%22kubernetes-pods%22%7D";
        expect(await ask({ path: query })).toEqual({ status: 200, body: "up 1\n" });
        expect(behind.at(-1)).toEqual({ method: "GET", url: query, body: "" });
    });
    it("keeps a request's body to itself", async () => {
        expect(await ask({ path: "/federate?a", body: "match[]=x" })).toMatchObject({ status: 200 });
        expect(behind.at(-1)).toEqual({ method: "GET", url: "/federate?a", body: "" });
    });
    it("says that it is well", async () => {
        expect(await ask({ path: "/healthz" })).toEqual({ status: 200, body: "ok\n" });
    });

    it.each(["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"])("refuses %s", async (method) => {
        await refused({ path: "/federate", method }, 403);
    });
    it.each([
        "/",
        "/metrics",
        "/graph",
        "/api/v1/query?query=up",
        "/api/v1/write",
        "/-/reload",
        "/-/quit",
        "/-/healthy",
        "/federate/",
        "/federate/../api/v1/query",
        "/federate/..%2fapi/v1/query",
        "/%2d/quit",
        "//federate/x",
        "/FEDERATE",
        "/federate;/api",
        "/federate%00",
        "/debug/pprof/heap",
    ])("refuses %s", async (path) => {
        await refused({ path }, path.includes("%00") ? 400 : 403);
    });

    it("refuses a client without a certificate", async () => {
        await refused({ path: "/federate", cert: undefined, key: undefined }, 400);
        await refused({ path: "/healthz", cert: undefined, key: undefined }, 400);
    });
    it("refuses a certificate of another CA", async () => {
        await refused({ path: "/federate", cert: pem("foreign-client.crt"), key: pem("foreign-client.key") }, 400);
    });
    it("refuses the gateway's own certificate, which is for servers", async () => {
        await refused({ path: "/federate", cert: pem("tls.crt"), key: pem("tls.key") }, 400);
    });
    it("refuses old TLS", async () => {
        await expect(
            ask({ path: "/federate", maxVersion: "TLSv1.1", minVersion: "TLSv1", ciphers: "ALL:@SECLEVEL=0" }),
        ).rejects.toThrow(/alert protocol version/);
    });
    it("is no other server", async () => {
        await expect(ask({ path: "/federate", ca: pem("foreign-ca.crt") })).rejects.toThrow(/certificate/);
    });

    it("answers the probes without TLS, and nothing else there", async () => {
        expect(await plain("/healthz")).toBe(200);
        expect(await plain("/federate")).toBe(404);
    });
    it("tells nothing of its version, and logs no error of its own", async () => {
        const { headers } = await response(request({ ...client, path: "/", headers: {} }));
        expect(headers.server).toBe("nginx");
        expect(pem("nginx.log")).not.toMatch(/\[(emerg|alert|crit)\]/);
    });
});

const client = {
    host: "127.0.0.1",
    servername: SERVER_NAME,
    get port() {
        return port;
    },
    get ca() {
        return pem("ca.crt");
    },
    get cert() {
        return pem("client.crt");
    },
    get key() {
        return pem("client.key");
    },
    agent: false,
} satisfies RequestOptions;

async function ask({
    body,
    ...options
}: RequestOptions & { body?: string }): Promise<{ status?: number; body: string }> {
    const headers = body === undefined ? {} : { "Content-Length": body.length };
    const answer = await response(request({ ...client, headers, ...options }), body);
    let text = "";
    for await (const chunk of answer) text += String(chunk);
    return { ...(answer.statusCode !== undefined && { status: answer.statusCode }), body: text };
}

async function refused(options: RequestOptions, status: number): Promise<void> {
    const before = behind.length;
    expect(await ask(options)).toMatchObject({ status });
    expect(behind).toHaveLength(before);
}

async function plain(path: string): Promise<number | undefined> {
    const answer = await response(httpRequest({ host: "127.0.0.1", port: healthPort, path, agent: false }));
    answer.resume();
    return answer.statusCode;
}

async function response(sent: ReturnType<typeof request>, body?: string): Promise<IncomingMessage> {
    sent.end(body);
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    return answer;
}

async function freePort(): Promise<number> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port: free } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    return free;
}

/** Certificates with the same uses as those that the program makes. */
function makeCertificates(): void {
    const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: directory, stdio: "pipe" });
    const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    const authority = (name: string) => {
        openssl(
            "req",
            "-x509",
            ...newKey,
            "-keyout",
            `${name}.key`,
            "-out",
            `${name}.crt`,
            "-subj",
            "/CN=ca",
            "-days",
            "1",
        );
    };
    const leaf = (name: string, ca: string, use: string) => {
        openssl("req", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
        writeFileSync(file(`${name}.ext`), `extendedKeyUsage=${use}\nsubjectAltName=DNS:${SERVER_NAME}\n`);
        const sign = ["-CA", `${ca}.crt`, "-CAkey", `${ca}.key`, "-CAcreateserial", "-days", "1"];
        openssl("x509", "-req", "-in", `${name}.csr`, ...sign, "-extfile", `${name}.ext`, "-out", `${name}.crt`);
    };
    authority("ca");
    authority("foreign-ca");
    leaf("tls", "ca", "serverAuth");
    leaf("client", "ca", "clientAuth");
    leaf("foreign-client", "foreign-ca", "clientAuth");
}
