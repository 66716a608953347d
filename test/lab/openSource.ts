import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** This machine, as the VM reaches it. */
const HOST = "10.98.0.2";

/** What stands for a Prometheus that others keep open, behind HTTPS and a password. */
export interface OpenSource {
    readonly url: string;
    readonly caCertificate: string;
    /** Of each request, its method, path and `Authorization`, once each. */
    readonly requests: ReadonlySet<string>;
    readonly close: () => Promise<void>;
}

/** Opens one whose answers to who is authorized are these. */
export async function openSource(
    port: number,
    authorization: string,
    answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<OpenSource> {
    const directory = mkdtempSync(join(tmpdir(), "external-prometheus-source-"));
    const [keyFile, certFile] = ["key", "crt"].map((kind) => join(directory, kind)) as [string, string];
    const request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 2 -subj /CN=source";
    const files = ["-addext", `subjectAltName=IP:${HOST}`, "-keyout", keyFile, "-out", certFile];
    execFileSync("openssl", [...request.split(" "), ...files], { stdio: "pipe" });
    const [key, caCertificate] = [readFileSync(keyFile, "utf8"), readFileSync(certFile, "utf8")];
    rmSync(directory, { recursive: true });

    const requests = new Set<string>();
    const server: Server = createServer({ key, cert: caCertificate }, (asked, response) => {
        const shown = asked.headers.authorization ?? "";
        requests.add(`${asked.method ?? ""} ${asked.url ?? ""} ${shown}`);
        if (shown !== authorization) {
            response.writeHead(401).end();
            return;
        }
        answer(asked, response);
    });
    await new Promise<void>((resolve) => server.listen(port, HOST, resolve));
    return {
        url: `https://${HOST}:${port}`,
        caCertificate,
        requests,
        close: async () => {
            server.closeAllConnections();
            await new Promise((resolve) => server.close(resolve));
        },
    };
}
