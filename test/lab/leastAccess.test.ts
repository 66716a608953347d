import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { credentialPaths } from "../../config/prometheus/credentials";
import { renderYaml } from "../../config/prometheus/render";
import type { ScrapeJob, ScrapeSource } from "../../config/source";
import { objects, type Variant, variants } from "./accessVariants";
import { API_SERVER, clusterCa, succeeding } from "./apiServer";
import { kubectl, waitFor } from "./lab";
import { clusterDocument } from "../config/prometheus/scraping";

// Every verb that is granted is taken away once. One Prometheus beside the lab's watches the cluster by all these accounts
// at the same time, with the configuration that the program writes: no answer from before is remembered for any of them.

const PROMETHEUS = "/var/lib/external-prometheus-lab/bin/prometheus";
const NAMESPACE = "least-access";
const DIRECT = { path: "direct", interval: "15s" } as const;
const PROXIED: ScrapeJob = { path: "apiServerProxy", interval: "15s", namespaces: ["shop"] };
const JOBS: ScrapeSource["jobs"] = {
    "kubernetes-apiservers": DIRECT,
    "kubernetes-nodes": DIRECT,
    "kubernetes-nodes-cadvisor": DIRECT,
    "kubernetes-pods": PROXIED,
    "kubernetes-service-endpoints": PROXIED,
    "kube-scheduler": { ...DIRECT, insecureSkipVerify: true },
};
const TARGETS = [
    "kube-scheduler",
    "kubernetes-apiservers",
    "kubernetes-apiservers-static",
    "kubernetes-nodes",
    "kubernetes-nodes-cadvisor",
    "kubernetes-pods",
    "kubernetes-service-endpoints",
];

const VARIANTS = variants(JOBS);
const directory = mkdtempSync(join(tmpdir(), "external-prometheus-least-access-"));
const log = below("log");
let prometheus: ChildProcess | undefined;
let api: string;

function below(path: string): string {
    return join(directory, path);
}

async function token(account: string): Promise<string> {
    const { status } = await succeeding<{ status: { token: string } }>(
        `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${account}/token`,
        { method: "POST", body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} } },
    );
    return status.token;
}

/** The variant as a cluster of its own: its jobs, and its credentials where they are looked for. */
async function write({ name, access }: Variant): Promise<void> {
    const source: ScrapeSource = { version: 5, name, server: API_SERVER, caCertificate: clusterCa(), jobs: JOBS };
    mkdirSync(below(name));
    const document = renderYaml(clusterDocument(source)).replaceAll(dirname(credentialPaths(name).ca), below(name));
    writeFileSync(below(`clusters/${name}.yml`), document);
    writeFileSync(below(`${name}/ca.crt`), clusterCa());
    for (const { purpose } of access) {
        writeFileSync(below(`${name}/${purpose}.token`), await token(`${name}-${purpose}`), { mode: 0o600 });
    }
}

function freePort(): Promise<number> {
    return new Promise((resolve) => {
        const server = createServer().listen(0, "127.0.0.1", () => {
            const { port } = server.address() as AddressInfo;
            server.close(() => {
                resolve(port);
            });
        });
    });
}

interface Target {
    readonly scrapePool: string;
    readonly health: "up" | "down" | "unknown";
    readonly lastError: string;
}

async function targets(): Promise<readonly Target[]> {
    try {
        const answer = (await (await fetch(`${api}/targets?state=active`)).json()) as {
            data: { activeTargets: Target[] };
        };
        return answer.data.activeTargets;
    } catch {
        // It is still starting.
        return [];
    }
}

/** What is wrong with the jobs of a variant, a line each. */
function complaints({ name }: Variant, found: readonly Target[]): string[] {
    const own = found.filter(({ scrapePool }) => scrapePool.startsWith(`${name}/`));
    const ofJob = (job: string) => own.filter(({ scrapePool }) => scrapePool === `${name}/${job}`);
    const refused = new RegExp(`${name}-(\\w+)\\\\" cannot (\\w+) resource \\\\"([\\w/]+)\\\\"`, "g");
    return [
        ...TARGETS.filter((job) => ofJob(job).length === 0).map((job) => `${job} has no target`),
        ...TARGETS.flatMap((job) =>
            ofJob(job).flatMap(({ lastError }) => (lastError === "" ? [] : [`${job}: ${lastError}`])),
        ),
        ...new Set([...readFileSync(log, "utf8").matchAll(refused)].map(([, , verb, of]) => `refused: ${verb} ${of}`)),
    ].sort();
}

beforeAll(async () => {
    await kubectl("create", "namespace", NAMESPACE);
    const items = VARIANTS.flatMap((variant) => objects(variant, NAMESPACE));
    writeFileSync(below("objects.json"), JSON.stringify({ apiVersion: "v1", kind: "List", items }));
    await kubectl("create", "-f", below("objects.json"));
    mkdirSync(below("clusters"));
    await Promise.all(VARIANTS.map(write));
    writeFileSync(below("prometheus.yml"), "scrape_config_files: [clusters/*.yml]\n");
    const port = await freePort();
    api = `http://127.0.0.1:${port}/api/v1`;
    const flags = [
        `--config.file=${below("prometheus.yml")}`,
        `--storage.tsdb.path=${below("data")}`,
        `--web.listen-address=127.0.0.1:${port}`,
    ];
    // As with an API server or a Prometheus that does not know how to begin a watch with a list.
    const environment = { ...process.env, KUBE_FEATURE_WatchListClient: "false" };
    prometheus = spawn("sh", ["-c", 'exec "$0" "$@" 2>"$LOG"', PROMETHEUS, ...flags], {
        stdio: "ignore",
        env: { ...environment, LOG: log },
    });
    await waitFor(
        "every job of the whole access to be up, and no target to be new",
        targets,
        (found) =>
            found.every(({ health }) => health !== "unknown") &&
            TARGETS.every((job) =>
                found.some(({ scrapePool, health }) => scrapePool === `whole/${job}` && health === "up"),
            ),
    );
});

afterAll(async () => {
    prometheus?.kill();
    await kubectl("delete", "namespace", NAMESPACE, "--wait=false");
    const kinds = "clusterroles,clusterrolebindings,roles,rolebindings";
    await kubectl("delete", kinds, "--all-namespaces", "-l", `test=${NAMESPACE}`, "--wait=false");
    rmSync(directory, { recursive: true, maxRetries: 5 });
});

it("does all that the jobs need", async () => {
    const [whole] = VARIANTS;
    expect(whole && complaints(whole, await targets())).toEqual([]);
});

const FORBIDDEN = "server returned HTTP status 403 Forbidden";

/** What is wrong without each right. */
const ROWS: readonly (readonly [right: string, wrong: readonly string[]])[] = [
    ["get /metrics", [`kubernetes-apiservers: ${FORBIDDEN}`]],
    ["get /metrics of components", [`kube-scheduler: ${FORBIDDEN}`]],
    ["get /metrics/slis", [`kubernetes-apiservers-static: ${FORBIDDEN}`]],
    [
        "list nodes",
        [
            "kube-scheduler has no target",
            "kubernetes-nodes has no target",
            "kubernetes-nodes-cadvisor has no target",
            "refused: list nodes",
        ],
    ],
    // What is listed again and again in vain of a watch is late, by up to a minute.
    ["watch nodes", ["refused: watch nodes"]],
    ["list endpointslices in default", ["kubernetes-apiservers has no target", "refused: list endpointslices"]],
    ["watch endpointslices in default", ["refused: watch endpointslices"]],
    ["list services in default", ["kubernetes-apiservers has no target", "refused: list services"]],
    ["watch services in default", ["refused: watch services"]],
    ["list pods in default", ["kubernetes-apiservers has no target", "refused: list pods"]],
    ["watch pods in default", ["refused: watch pods"]],
    ...["endpointslices", "services"].map((kind): [string, string[]] => [
        `list ${kind} in shop`,
        ["kubernetes-service-endpoints has no target", `refused: list ${kind}`],
    ]),
    [
        "list pods in shop",
        ["kubernetes-pods has no target", "kubernetes-service-endpoints has no target", "refused: list pods"],
    ],
    ...["endpointslices", "services", "pods"].map((kind): [string, string[]] => [
        `watch ${kind} in shop`,
        [`refused: watch ${kind}`],
    ]),
    [
        "get pods/proxy in shop",
        // Two pods, and one behind a Service.
        [
            `kubernetes-pods: ${FORBIDDEN}`,
            `kubernetes-pods: ${FORBIDDEN}`,
            `kubernetes-service-endpoints: ${FORBIDDEN}`,
        ],
    ],
    ["get nodes/metrics", [`kubernetes-nodes-cadvisor: ${FORBIDDEN}`, `kubernetes-nodes: ${FORBIDDEN}`]],
];

it.each(ROWS)("does not do without the right to %s", async (right, wrong) => {
    const variant = VARIANTS.find(({ lacks }) => lacks && `${lacks.verb} ${lacks.of}` === right);
    expect(variant && complaints(variant, await targets())).toEqual(wrong);
});

it("was tried without each right that is granted", () => {
    const tried = VARIANTS.flatMap(({ lacks }) => (lacks ? [`${lacks.verb} ${lacks.of}`] : []));
    expect(tried.sort()).toEqual(ROWS.map(([right]) => right).sort());
});
