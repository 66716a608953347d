import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { RENEWAL_HOME } from "../../host/renewal";
import { quote } from "../../host/shell";
import { diagnose } from "../../operate/doctorCauses";
import { type Attempt, attemptLines } from "../../operate/doctorPlan";
import { readAnswers } from "../../operate/doctorReport";
import { runProgram } from "../../operate/process";

// What the VM's own curl says of servers on the loopback, and what is made of it.

const directory = mkdtempSync(join(tmpdir(), "doctor-test-"));
const TOKEN = "CANARY-token";
const servers: (Server | TcpServer)[] = [];
/** Command lines on this machine that have shown the token. */
const leaked = new Set<string>();
const shown = new Map<string, string>();

function commandLines(): string[] {
    return readdirSync("/proc")
        .filter((entry) => /^\d+$/.test(entry))
        .map((entry) => {
            try {
                return readFileSync(`/proc/${entry}/cmdline`, "utf8");
            } catch {
                return ""; // has ended since
            }
        });
}

const FORBIDDEN = JSON.stringify({ kind: "Status", message: 'nodes is forbidden: User "a" cannot list' }, null, 2);
const ANSWERS: Readonly<Record<string, readonly [status: number, body: string]>> = {
    "/metrics": [200, '# TYPE a counter\na{b="c"} 1\n\na{b="d"} 2\n'],
    "/none": [200, "# nothing\n"],
    "/page": [200, "<!doctype html>\n<title>x</title>\n"],
    "/401": [401, "Unauthorized\n"],
    "/403": [403, FORBIDDEN],
    "/302": [302, ""],
    "/hostile": [418, "\u001b]0;title\u0007\tred \u001b[31m\u009b31m"],
    "/500": [500, "Authorization error (user=x)"],
    "/503": [503, '{"message": "error trying to reach service"}'],
};

const answer: RequestListener = (request, response) => {
    const path = request.url ?? "";
    shown.set(path, request.headers.authorization ?? "nothing");
    for (const line of commandLines()) if (line.includes(TOKEN)) leaked.add(line);
    const [status, body] = ANSWERS[path.replace(/\?.*/, "")] ?? [404, "404 page not found\n"];
    response.writeHead(status, { location: "/metrics" }).end(body);
};

async function listening(server: Server | TcpServer): Promise<string> {
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Stands for that of a VM: root, who reads everything, becomes somebody who does not. */
const RUNUSER = `#!/bin/bash
[ "$1 $2 $3" = "-u prometheus --" ] || exit 1
shift 3
[ "$(id -u)" != 0 ] || set -- setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
exec "$@"
`;

/** A certificate that has signed itself. */
function certificate(name: string): { cert: string; key: string; file: string } {
    const [file, key] = [join(directory, `${name}.crt`), join(directory, `${name}.key`)];
    execFileSync(
        "openssl",
        [
            ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"],
            ...["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`, "-keyout", key, "-out", file],
        ],
        { stdio: "pipe" },
    );
    return { cert: readFileSync(file, "utf8"), key: readFileSync(key, "utf8"), file };
}

type Tried = Pick<Attempt, "job" | "path" | "url"> & Partial<Pick<Attempt, "client" | "lastError">>;

/** All at once, as the doctor does. */
async function diagnosed(tried: readonly Tried[]): Promise<{ result: string; remedy?: string }[]> {
    const attempts = tried.map((each) => ({ cluster: "c", instance: "i", client: {}, lastError: "", ...each }));
    const scripts = ["../../host/offers.sh", "../../operate/doctor.sh"].map((name) => {
        return readFileSync(join(__dirname, name), "utf8");
    });
    const assignments = [`PATH=${quote(directory)}:$PATH`, `attempts=${quote(attemptLines(attempts))}`];
    const stdin = ["set -euo pipefail", ...assignments, ...scripts].join("\n");
    const { code, stdout, stderr } = await runProgram("bash", ["-s"], { stdin, timeoutSeconds: 280 });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const answers = readAnswers(stdout);
    return attempts.map((attempt, number) => {
        const found = answers.get(number);
        if (found === undefined) throw new Error(`no answer about ${attempt.url}: ${stdout}`);
        return diagnose(attempt, found);
    });
}

let plain: string;
let tls: string;
let mutual: string;
let silent: string;
let own: ReturnType<typeof certificate>;
let token: string;
let empty: string;

beforeAll(async () => {
    own = certificate("own.example.com");
    token = join(directory, "token");
    writeFileSync(token, `${TOKEN}\n`);
    empty = join(directory, "empty");
    writeFileSync(empty, "");
    writeFileSync(join(directory, "runuser"), RUNUSER);
    for (const path of [directory, token, empty, own.file]) chmodSync(path, 0o755);
    chmodSync(join(directory, "runuser"), 0o755);
    plain = await listening(createServer(answer));
    tls = await listening(createTlsServer(own, answer));
    mutual = await listening(createTlsServer({ ...own, ca: own.cert, requestCert: true }, answer));
    silent = await listening(createTcpServer());
});

afterAll(() => {
    for (const server of servers) {
        if ("closeAllConnections" in server) server.closeAllConnections();
        server.close();
    }
    rmSync(directory, { recursive: true });
});

it("tells from each answer what is wrong, and what helps", async () => {
    const client = { authorization: { credentials_file: token } };
    const at = (path: string, job = "kubernetes-pods", how: Attempt["path"] = "federate") => {
        return { job, path: how, url: `http://${plain}${path}`, client };
    };
    const cases: [Tried, result: RegExp, remedy: RegExp | undefined][] = [
        [at("/metrics?match[]=%7Ba%3D%22b%22%7D"), /^ok$/, undefined],
        [at("/none"), /^0 series$/, /docs\/endpoints\.md/],
        [at("/none", "alerts"), /^ok$/, undefined],
        [at("/page"), /a page, not with metrics/, /what listens/],
        [at("/401"), /^401/, /token has expired/],
        [at("/401", "kubernetes-nodes", "direct"), /^401/, /webhook/],
        [at("/403", "discovery", "discovery"), /^403: nodes is forbidden: User "a" cannot list$/, /ClusterRoles/],
        [at("/403", "API server", "answers"), /^answers \(403/, undefined],
        [at("/503", "API server", "answers"), /^HTTP 503: error trying/, /readyz\?verbose/],
        [at("/hostile"), /^HTTP 418: \]0;title red \[31m 31m$/, /curl -v/],
        [at("/302"), /redirect/, /log in/],
        [at("/404"), /^404: nothing at \/404$/, /route-prefix/],
        [at("/500", "kubernetes-nodes", "direct"), /^500: Authorization error/, /API server right first/],
        [at("/503", "kubernetes-pods", "apiServerProxy"), /^HTTP 503: error trying to reach service$/, /NetworkPolicy/],
        [at("/503"), /^HTTP 503/, /pod is ready/],
        [{ ...at("/metrics"), lastError: "sample limit" }, /Prometheus says: sample limit$/, /limits of a job/],
    ];
    const found = await diagnosed(cases.map(([tried]) => tried));
    for (const [i, [tried, result, remedy]] of cases.entries()) {
        expect(found[i]?.result, tried.url).toMatch(result);
        expect(found[i]?.remedy ?? "", tried.url).toMatch(remedy ?? /^$/);
    }
    // A redirect was not followed, and each was shown what is meant for it.
    expect(shown.has("/302")).toBe(true);
    expect([...new Set(shown.values())]).toEqual([`Bearer ${TOKEN}`]);
    expect([...leaked]).toEqual([]);
});

it("asks nobody with credentials that Prometheus cannot read, whatever root can", async () => {
    const [locked, gone, bound] = [
        join(directory, "locked"),
        join(directory, "gone"),
        `${RENEWAL_HOME}/tokens/c/x.token`,
    ];
    writeFileSync(locked, "secret\n");
    chmodSync(locked, 0);
    shown.clear();
    const url = `http://${plain}/metrics`;
    const at = (client: Attempt["client"]): Tried => ({ job: "kubernetes-nodes", path: "direct", url, client });
    const cases: [Tried, result: RegExp, remedy: RegExp][] = [
        [at({ authorization: { credentials_file: gone } }), /: there is no \S+\/gone$/, /make drift.*make repair/],
        [at({ authorization: { credentials_file: locked } }), /: prometheus may not read \S+\/locked$/, /make drift/],
        [
            at({ basic_auth: { username: "u", password_file: locked } }),
            /prometheus may not read \S+\/locked$/,
            /make drift/,
        ],
        [at({ tls_config: { ca_file: gone } }), /there is no \S+\/gone$/, /make drift/],
        [at({ tls_config: { cert_file: locked, key_file: token } }), /may not read \S+\/locked$/, /make drift/],
        [at({ tls_config: { cert_file: token, key_file: locked } }), /may not read \S+\/locked$/, /make drift/],
        [at({ authorization: { credentials_file: bound } }), /there is no \S+x\.token$/, /journalctl.*make drift/],
        [
            at({ authorization: { credentials_file: bound }, tls_config: { ca_file: gone } }),
            /there is no \S+\/gone$/,
            /^run 'make drift'/,
        ],
    ];
    const found = await diagnosed([
        at({ authorization: { credentials_file: token } }),
        ...cases.map(([tried]) => tried),
    ]);
    expect(found[0]?.result).toBe("ok");
    for (const [i, [, result, remedy]] of cases.entries()) {
        expect(found[i + 1]?.result).toMatch(result);
        expect(found[i + 1]?.remedy).toMatch(remedy);
    }
    expect([...shown.values()]).toEqual([`Bearer ${TOKEN}`]);
});

it("tells from what keeps a request from being answered", async () => {
    const direct = (job: string, url: string, client: Attempt["client"] = {}): Tried => {
        return { job, path: "direct", url, client };
    };
    const trusting = { tls_config: { ca_file: own.file, server_name: "own.example.com" } };
    const cases: [Tried, result: RegExp, remedy: RegExp | undefined][] = [
        [direct("kubernetes-nodes", `https://${tls}/metrics`, trusting), /^ok$/, undefined],
        [
            direct("kubernetes-nodes", `https://${tls}/metrics`, { tls_config: { insecure_skip_verify: true } }),
            /^ok$/,
            undefined,
        ],
        [
            direct("kubernetes-nodes", `https://${tls}/metrics`),
            /^x509: .*itself/,
            /serverTLSBootstrap.*insecureSkipVerify/,
        ],
        [direct("kube-scheduler", `https://${tls}/metrics`), /^x509: .*itself/, /tls-cert-file.*insecureSkipVerify/],
        [direct("kubernetes-apiservers", `https://${tls}/metrics`), /^x509: .*not of the CA/, /another cluster/],
        [
            direct("kubernetes-nodes", `https://${tls}/metrics`, { tls_config: { ca_file: own.file } }),
            /^x509: .*another name/,
            /a certificate for 127\.0\.0\.1/,
        ],
        [
            direct("kubernetes-apiservers", `https://${tls}/metrics`, {
                tls_config: { ca_file: own.file, server_name: "kubernetes" },
            }),
            /^x509: .*another name/,
            /a certificate for kubernetes, /,
        ],
        [
            { ...direct("a", `https://${mutual}/metrics`, trusting), path: "federate" },
            /^x509: the VM's/,
            /deploy the stack/,
        ],
        [direct("a", `https://${plain}/metrics`, trusting), /^no TLS/, /speaks TLS/],
        [direct("a", `https://${tls}/metrics`, { tls_config: { ca_file: empty } }), /cannot be read/, /make drift/],
        [direct("etcd", "http://127.0.0.1:9/metrics"), /^connection refused$/, /--listen-metrics-urls/],
        [direct("node-exporter", "http://127.0.0.1:9/metrics"), /^connection refused$/, /nothing listens at port 9/],
        [direct("a", "http://nobody.invalid/metrics"), /^DNS: .* nobody\.invalid$/, /resolver/],
        [direct("a", `http://${silent}/metrics`), /no whole answer within 10 s/, /NetworkPolicy/],
        [direct("a", `https://${silent}/metrics`), /no whole answer within 10 s/, /NetworkPolicy/],
    ];
    const found = await diagnosed(cases.map(([tried]) => tried));
    for (const [i, [tried, result, remedy]] of cases.entries()) {
        expect(found[i]?.result, `${tried.job} ${tried.url}`).toMatch(result);
        expect(found[i]?.remedy ?? "", tried.url).toMatch(remedy ?? /^$/);
    }
});
