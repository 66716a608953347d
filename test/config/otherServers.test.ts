import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { HttpSecrets } from "../../config/httpSecrets";
import type { Scraping } from "../../config/prometheus/document";
import { alertmanager, receiver, scrapeJob, SMALL } from "./prometheus/scraping";
import { RunningPrometheus } from "./runningPrometheus";

// What a Prometheus that reads our documents really sends, and to whom. All of it stays on the loopback.

const directory = mkdtempSync(join(tmpdir(), "other-servers-"));
const servers: Server[] = [];
let prometheus: RunningPrometheus | undefined;

/** Who has asked for each path, as they said themselves: by the header or by a certificate. */
const seen = new Map<string, Set<string>>();
let alerts = "";

const answer: RequestListener = (request, response) => {
    const path = new URL(request.url ?? "", "http://h").pathname;
    seen.set(path, (seen.get(path) ?? new Set()).add(shownBy(request)));
    if (path === "/redirecting") {
        response.writeHead(302, { location: "/stolen" }).end();
    } else if (path.startsWith("/list")) {
        const targets = [{ targets: [request.headers.host], labels: { __metrics_path__: `/found${path}` } }];
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(targets));
    } else if (path.endsWith("/alerts")) {
        request.on("data", (data: Buffer) => (alerts += data.toString()));
        request.on("end", () => response.end("{}"));
    } else {
        request.resume();
        response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end("a 1\n");
    }
};

function shownBy({ headers, socket }: IncomingMessage): string {
    const { authorization } = headers;
    const name = socket instanceof TLSSocket ? String(socket.getPeerCertificate().subject.CN) : undefined;
    const header = authorization?.replace(/^Basic (.*)$/, (_, text: string) => `Basic ${atob(text)}`);
    return [header, name].filter((part) => part !== undefined).join(", ") || "nothing";
}

async function listening(server: Server): Promise<string> {
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A certificate that the CA has signed, and its key. */
function certificate(name: string, ca?: string): { cert: string; key: string } {
    const [cert, key] = [join(directory, `${name}.crt`), join(directory, `${name}.key`)];
    const args = [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"],
        ...["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`, "-keyout", key, "-out", cert],
        ...(ca === undefined
            ? []
            : ["-CA", join(directory, `${ca}.crt`), "-CAkey", join(directory, `${ca}.key`), "-addext"]),
        ...(ca === undefined ? [] : ["basicConstraints=critical,CA:FALSE"]),
    ];
    execFileSync("openssl", args, { stdio: "pipe" });
    return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
}

const ALERT = "groups:\n  - name: a\n    interval: 1s\n    rules:\n      - { alert: Always, expr: vector(1) }\n";
const EVERY = { interval: "1s" as const };

beforeAll(async () => {
    const ca = certificate("ca.example.com");
    const own = certificate("metrics.example.com", "ca.example.com");
    const client = certificate("monitor.example.com", "ca.example.com");
    const plain = await listening(createServer(answer));
    const tls = await listening(
        createTlsServer({ ...own, ca: ca.cert, requestCert: true, rejectUnauthorized: true }, answer),
    );
    const bearer = { authorization: {} };
    const list = { url: `http://${plain}/list`, refreshInterval: "1s" as const };
    const job = (name: string, fields: Parameters<typeof scrapeJob>[1]) =>
        scrapeJob(name, { ...EVERY, metricsPath: `/${name}`, targets: [plain], ...fields });
    const scraping: Scraping = {
        ...SMALL,
        ...{ sources: [], companions: [], scrapeConfigFiles: [] },
        ruleFiles: [{ name: "alert.yml", content: ALERT }],
        scrapeJobs: [
            job("basic", { username: "monitor" }),
            job("bearer", bearer),
            job("open", {}),
            job("redirecting", bearer),
            job("mutual", {
                ...{ targets: [tls], scheme: "https", serverName: "metrics.example.com" },
                ...{ caCertificate: ca.cert, clientCertificate: client.cert },
            }),
            job("listed", { targets: undefined, username: "monitor", httpSd: { ...list, ...bearer } }),
            job("half", { targets: undefined, httpSd: { ...list, url: `${list.url}/half`, ...bearer } }),
            job("other", { targets: undefined, ...bearer, httpSd: { ...list, url: `${list.url}/other` } }),
        ],
        alertmanagers: [alertmanager("central", { targets: [plain], pathPrefix: "/central", ...bearer })],
        remoteWrite: [receiver("storage", { url: `http://${plain}/write`, username: "writer" })],
        prometheus: { ...SMALL.prometheus, externalLabels: { price: "5 $HOME $$" } },
    };
    const secrets = HttpSecrets.parse({
        scrapeJobs: {
            basic: { password: "of basic\n" },
            bearer: { credentials: "of-bearer\n" },
            redirecting: { credentials: "of-redirecting" },
            mutual: { privateKey: client.key },
            listed: { password: "of listed", httpSd: { credentials: "of-the-list" } },
            half: { httpSd: { credentials: "of-half" } },
            other: { credentials: "of-other" },
        },
        alertmanagers: { central: { credentials: "of-central" } },
        remoteWrite: { storage: { password: "of storage" } },
    });
    prometheus = RunningPrometheus.start(directory, scraping, secrets);
});

afterAll(async () => {
    await prometheus?.end();
    for (const server of servers) {
        server.closeAllConnections();
        server.close();
    }
    rmSync(directory, { recursive: true });
});

it("shows each server what is meant for it, and nothing that is meant for another", async () => {
    const wanted = {
        "/basic": "Basic monitor:of basic",
        "/bearer": "Bearer of-bearer",
        "/open": "nothing",
        "/redirecting": "Bearer of-redirecting",
        "/mutual": "monitor.example.com",
        "/list": "Bearer of-the-list",
        "/found/list": "Basic monitor:of listed",
        "/list/half": "Bearer of-half",
        "/found/list/half": "nothing",
        "/list/other": "nothing",
        "/found/list/other": "Bearer of-other",
        "/central/api/v2/alerts": "Bearer of-central",
        "/write": "Basic writer:of storage",
    };
    await vi.waitFor(
        () => {
            expect([...seen.keys()].sort()).toEqual(Object.keys(wanted).sort());
        },
        { timeout: 120_000, interval: 200 },
    );
    // A redirect would have been followed at once.
    expect(Object.fromEntries([...seen].map(([path, shown]) => [path, [...shown].join(" or ")]))).toEqual(wanted);
});

it("sends external labels as they are configured, whatever is in its environment", async () => {
    await vi.waitFor(
        () => {
            expect(alerts).toContain('"alertname":"Always"');
        },
        { timeout: 120_000, interval: 200 },
    );
    expect(alerts).toContain('"price":"5 $HOME $$"');
});
