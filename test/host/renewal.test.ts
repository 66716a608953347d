import { existsSync, rmSync, utimesSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { renewalFiles } from "../../config/renewal";
import { ScrapeSource, SourceCredentials } from "../../config/source";
import { bundle, type BundleFile } from "../../host/bundle";
import { renewalProgram } from "../../host/renewal";
import { runProgram } from "../../operate/process";
import { source } from "../components/vm";
import type { Machine, Ran } from "./machine";
import { clusterFile, configuration, CREDENTIALS, serving } from "./serving";

const TOKENS = "usr/local/var/lib/external-prometheus/tokens";
const METRICS = "usr/local/var/lib/external-prometheus/metrics/tokens.prom";
const RENEWAL = "usr/local/lib/external-prometheus/renewal";
const UNITS = ["service", "timer"].map((kind) => `etc/systemd/system/external-prometheus-tokens.${kind}`);

function token(claims: object): string {
    return `h.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.s`;
}

/** A token of the account, good for so many seconds. */
function lasting(account: string, seconds: number): string {
    const exp = Math.round(Date.now() / 1000) + seconds;
    return token({ exp, iat: exp - 600, sub: account });
}

const RENEWAL_TOKEN = token({ "kubernetes.io/serviceaccount/secret.name": "the-secret", canary: "renewal" });

interface Asked {
    readonly path: string;
    readonly authorization: string | undefined;
    readonly body: unknown;
}

/** An API server that gives such tokens, or answers as it is told; and what it was asked for. */
async function apiServer(answer?: (response: ServerResponse) => void, known = () => true) {
    const asked: Asked[] = [];
    const server = createServer((request, response) => {
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        request.on("end", () => {
            const { url = "", headers, method } = request;
            if (method === "GET") {
                response.writeHead(known() ? 403 : 401).end();
                return;
            }
            const { authorization } = headers;
            asked.push({ path: url, authorization, body: JSON.parse(Buffer.concat(chunks).toString()) });
            if (answer !== undefined) {
                answer(response);
                return;
            }
            const account = url.split("/").at(-2) ?? "";
            response.writeHead(201).end(JSON.stringify({ status: { token: lasting(account, 600) } }));
        });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
        server.closeAllConnections();
        server.close();
    });
    return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** What the VM is given for clusters with tokens that it gets from these API servers. */
function bundleFor(servers: Readonly<Record<string, string>>, renewal = RENEWAL_TOKEN): BundleFile[] {
    const files = Object.entries(servers).flatMap(([name, server]) => {
        const bound: ScrapeSource = {
            ...source(name),
            server,
            boundTokens: { purposes: ["discovery", "kubelet"], lifetimeSeconds: 600 },
        };
        return renewalFiles(bound, SourceCredentials.parse({ version: 5, tokens: { renewal } }));
    });
    const program = renewalProgram().map((file) => ({ ...file, path: `.renewal/${file.path}` }));
    return [...CREDENTIALS, ...files, ...program];
}

function deploy(machine: Machine, files: readonly BundleFile[]): Promise<Ran> {
    return machine.succeed("credentials", { renewal_patience: "0" }, files);
}

/** Whose token lies there, for how much longer. */
function held(machine: Machine, cluster: string, purpose: string): { sub?: string; seconds?: number } {
    const payload = machine.read(`${TOKENS}/${cluster}/${purpose}.token`).split(".")[1];
    const { sub = "", exp = 0 } = JSON.parse(Buffer.from(payload ?? "", "base64url").toString()) as {
        sub?: string;
        exp?: number;
    };
    return { sub, seconds: exp - Date.now() / 1000 };
}

it("gets a token for each account, bound to the Secret of the one that may ask, and shows until when it is good", async () => {
    const machine = await serving();
    const { asked, url } = await apiServer();
    const ran = await deploy(machine, bundleFor({ a: url }));
    expect(asked).toEqual(
        ["discovery", "kubelet"].map((purpose) => ({
            path: `/api/v1/namespaces/external-prometheus/serviceaccounts/external-prometheus-${purpose}/token`,
            authorization: `Bearer ${RENEWAL_TOKEN}`,
            body: {
                apiVersion: "authentication.k8s.io/v1",
                kind: "TokenRequest",
                spec: {
                    expirationSeconds: 600,
                    boundObjectRef: { apiVersion: "v1", kind: "Secret", name: "the-secret" },
                },
            },
        })),
    );
    expect(held(machine, "a", "discovery").sub).toBe("external-prometheus-discovery");
    expect(held(machine, "a", "kubelet").sub).toBe("external-prometheus-kubelet");
    const modes = (folder: string) =>
        Object.fromEntries(Object.entries(machine.tree(folder)).map(([path, text]) => [path, text.split(" ")[0]]));
    expect(modes(TOKENS)).toMatchObject({ "": "750", a: "750", "a/discovery.token": "640", "a/kubelet.token": "640" });
    expect(modes(RENEWAL)).toMatchObject({ "": "700", clusters: "700", "clusters/a": "700" });
    expect(modes(`${RENEWAL}/clusters/a`)["authorization"]).toBe("600");
    expect(machine.systemctl()).toContain("restart external-prometheus-tokens.timer");
    expect(machine.read(METRICS)).toMatch(
        /^external_prometheus_token_expiry_timestamp_seconds\{cluster="a",account="discovery"\} \d{10}$/m,
    );
    expect(machine.read(METRICS)).toContain('external_prometheus_token_renewal_http_status{cluster="a"} 0\n');
    expect(ran.stdout + ran.stderr).not.toContain(RENEWAL_TOKEN.slice(2, 20));
});

it.each([
    ["more than half of its life left", 400, 0],
    ["less", 200, 2],
    ["none", -5, 2],
])("asks for another where a token has %s", async (_, seconds, requests) => {
    const machine = await serving();
    const { asked, url } = await apiServer();
    await deploy(machine, bundleFor({ a: url }));
    for (const purpose of ["discovery", "kubelet"]) {
        machine.write(`${TOKENS}/a/${purpose}.token`, `${lasting(purpose, seconds)}\n`);
        // When it came, by which its age is known. What it was asked for with is older.
        const came = Date.now() / 1000 + seconds - 600;
        utimesSync(machine.path(`${TOKENS}/a/${purpose}.token`), came, came);
        for (const file of ["authorization", "request.json", "accounts"]) {
            utimesSync(machine.path(`${RENEWAL}/clusters/a/${file}`), came - 60, came - 60);
        }
    }
    asked.length = 0;
    await deploy(machine, bundleFor({ a: url }));
    expect(asked).toHaveLength(requests);
    expect(held(machine, "a", "kubelet").seconds).toBeGreaterThan(300);
});

it("asks for others as soon as the account that may ask has another token", async () => {
    const machine = await serving();
    const { asked, url } = await apiServer();
    await deploy(machine, bundleFor({ a: url }));
    const another = token({ "kubernetes.io/serviceaccount/secret.name": "another" });
    asked.length = 0;
    await deploy(machine, bundleFor({ a: url }, another));
    expect(asked.map(({ authorization }) => authorization)).toEqual([`Bearer ${another}`, `Bearer ${another}`]);
});

it("asks for others where the API server knows them no longer, but not again and again", async () => {
    const machine = await serving();
    const { asked, url } = await apiServer(undefined, () => false);
    await deploy(machine, bundleFor({ a: url }));
    expect(asked).toHaveLength(2);
    await deploy(machine, bundleFor({ a: url }));
    expect(asked).toHaveLength(4);
    await deploy(machine, bundleFor({ a: url }));
    expect(asked).toHaveLength(4);
});

const REFUSAL = JSON.stringify({ kind: "Status", message: 'policy denied: "too long"' });

it.each<[string, (response: ServerResponse) => void, string, string]>([
    ["refuses", (response) => response.writeHead(422).end(REFUSAL), "422", 'policy denied: \\"too long\\"'],
    ["knows the account no longer", (response) => response.writeHead(401).end("{}"), "401", "HTTP status 401"],
    ["hangs up", (response) => response.destroy(), "000", "Empty reply from server"],
    ["gives no token", (response) => response.writeHead(201).end('{"status":{"token":"x"}}'), "201", "is none"],
])("keeps the token that is there, and says why, where the API server %s", async (_, answer, status, words) => {
    const machine = await serving();
    const good = await apiServer();
    await deploy(machine, bundleFor({ a: good.url }));
    const before = `${lasting("before", 100)}\n`;
    machine.write(`${TOKENS}/a/kubelet.token`, before);
    utimesSync(machine.path(`${TOKENS}/a/kubelet.token`), Date.now() / 1000 - 500, Date.now() / 1000 - 500);
    const bad = await apiServer(answer);
    const ran = await deploy(machine, bundleFor({ a: bad.url }));
    expect(ran.stderr).toContain(words);
    expect(ran.stderr).toContain("warning: tokens could not be renewed; the VM goes on trying");
    expect(machine.read(`${TOKENS}/a/kubelet.token`)).toBe(before);
    expect(machine.read(METRICS)).toContain(`external_prometheus_token_renewal_http_status{cluster="a"} ${status}\n`);
});

it("leaves a file that a job can name where there never was a token, and keeps no other cluster waiting", async () => {
    const machine = await serving();
    const silent = await apiServer(() => undefined);
    const good = await apiServer();
    await deploy(machine, bundleFor({ silent: silent.url, good: good.url }));
    expect(machine.read(`${TOKENS}/silent/discovery.token`)).toBe("none\n");
    expect(held(machine, "good", "discovery").sub).toBe("external-prometheus-discovery");
    // Both accounts of the good one were asked for before the silent one's first request had run out of time.
    expect(good.asked).toHaveLength(2);
    expect(machine.read(METRICS)).toContain(
        'external_prometheus_token_expiry_timestamp_seconds{cluster="silent",account="discovery"} 0\n',
    );
});

it("forgets a cluster that gives such tokens no longer, and all of it when none does", async () => {
    const machine = await serving();
    const { url } = await apiServer();
    await deploy(machine, bundleFor({ a: url, b: url }));
    const names = (cluster: string) =>
        `    credentials_file: /usr/local/var/lib/external-prometheus/tokens/${cluster}/kubelet.token\n`;
    const document = (...clusters: string[]) => [
        ...configuration(["x"], "", ["scrape_config_files:", "  - clusters/*.yml"]),
        ...clusters.map((cluster) => {
            const file = clusterFile(cluster, [`${cluster}/y`]);
            return { ...file, content: file.content + names(cluster) };
        }),
    ];
    await machine.succeed("configuration", {}, document("a", "b"));
    expect(
        Object.keys(machine.tree(TOKENS))
            .filter((path) => path.endsWith(".token"))
            .sort(),
    ).toEqual(["a/kubelet.token", "b/kubelet.token"]);

    await deploy(machine, bundleFor({ a: url }));
    // What runs still names it.
    expect(existsSync(machine.path(`${TOKENS}/b/kubelet.token`))).toBe(true);
    expect(existsSync(machine.path(`${RENEWAL}/clusters/b`))).toBe(true);
    await machine.succeed("configuration", {}, document("a"));
    expect(existsSync(machine.path(`${TOKENS}/b`))).toBe(false);
    expect(existsSync(machine.path(`${RENEWAL}/clusters/b`))).toBe(false);
    expect(existsSync(machine.path(`${TOKENS}/a/kubelet.token`))).toBe(true);

    await deploy(machine, CREDENTIALS);
    expect(existsSync(machine.path(`${RENEWAL}/clusters/a/accounts`))).toBe(true);
    const ran = await machine.succeed("configuration", {}, configuration(["x"]));
    expect(ran.stderr).toContain("removed external-prometheus-tokens");
    expect(UNITS.filter((unit) => existsSync(machine.path(unit)))).toEqual([]);
    expect(machine.systemctl()).toContain("--quiet disable external-prometheus-tokens.timer");
    expect(existsSync(machine.path(RENEWAL))).toBe(false);
    expect(existsSync(machine.path("usr/local/var/lib/external-prometheus"))).toBe(false);
});

it("fails where an API server refuses tokens and there are none, so that nothing gives way to them", async () => {
    const machine = await serving();
    const { url } = await apiServer((response) => response.writeHead(403).end(REFUSAL));
    const ran = await machine.run("credentials", { renewal_patience: "0" }, bundle(bundleFor({ a: url })));
    expect(ran.code).not.toBe(0);
    expect(ran.stderr).toContain("a cluster refuses tokens of its accounts to the VM");
    // It goes on trying for whoever looks into it.
    expect(machine.systemctl()).toContain("restart external-prometheus-tokens.timer");
});

it("takes no more of an answer than a token needs, and shows no token of it", async () => {
    const machine = await serving();
    const good = await apiServer();
    await deploy(machine, bundleFor({ a: good.url }));
    const echo = JSON.stringify({ message: `denied ${RENEWAL_TOKEN}${"x".repeat(40)}` });
    for (const answer of ["x".repeat(10_000_000), echo]) {
        const bad = await apiServer((response) => response.writeHead(answer.length > 1000 ? 201 : 422).end(answer));
        const ran = await deploy(machine, bundleFor({ a: bad.url }));
        expect(ran.stderr).toContain(answer.length > 1000 ? "no discovery token" : "denied");
        expect(ran.stderr).not.toContain(RENEWAL_TOKEN.slice(2, 30));
    }
    expect(held(machine, "a", "kubelet").sub).toBe("external-prometheus-kubelet");
});

it("makes no folder that Prometheus could not read, and says that it is missing", async () => {
    const machine = await serving();
    const { url } = await apiServer();
    await deploy(machine, bundleFor({ a: url, b: url }));
    rmSync(machine.path(`${TOKENS}/a`), { recursive: true });
    const program = machine.path(`${RENEWAL}/renew-tokens`);
    const ran = await runProgram("env", [`root=${machine.path("")}`, "bash", program], { timeoutSeconds: 280 });
    expect(ran.stderr).toMatch(/^a: there is no folder \S+\/tokens\/a for its tokens/);
    expect(ran.code).toBe(1);
    expect(existsSync(machine.path(`${TOKENS}/a`))).toBe(false);
    await deploy(machine, bundleFor({ a: url, b: url }));
    expect(held(machine, "a", "kubelet").sub).toBe("external-prometheus-kubelet");
});

it("goes with all else when the stack is destroyed", async () => {
    const machine = await serving();
    const { url } = await apiServer();
    await deploy(machine, bundleFor({ a: url }));
    await machine.succeed("remove", { programs: "prometheus", purge_data: "false" });
    const left = [RENEWAL, ...UNITS, "usr/local/var/lib/external-prometheus"];
    expect(left.filter((path) => existsSync(machine.path(path)))).toEqual([]);
});
