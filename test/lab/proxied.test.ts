import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deploy } from "./configuration";
import { rights } from "./rights";
import { allUp, expectedJobs, handle, kubectl, prometheus, query, succeed, up, waitFor } from "./lab";

const PROXIED = { path: "apiServerProxy", namespaces: ["shop"] };
const JOBS = ["kubernetes-pods", "kubernetes-service-endpoints"];
const IN_CLUSTER = "/api/v1/namespaces/monitoring/pods/prometheus-0:9090/proxy/api/v1/query?query=";
const TRAP = 9444;

type Labels = Readonly<Record<string, string>>;

/** Counters of the shop's and what Prometheus says of each scrape of it: the labels of one series each. */
const SAMPLE = `{job=~"${JOBS.join("|")}",__name__=~"shop_orders_total|up"}`;

/** The same of what came through the API server: federated series have a label `replica`, and are seen for a while yet. */
const PROXIED_SAMPLE = SAMPLE.replace("}", ',replica=""}');

function byKey(series: readonly Labels[]): Map<string, Labels> {
    return new Map(
        series.map((labels) => [
            `${labels["__name__"] ?? ""} ${labels["job"] ?? ""} ${labels["instance"] ?? ""}`,
            labels,
        ]),
    );
}

/** As the Prometheus in the cluster has them. */
async function inCluster(): Promise<Map<string, Labels>> {
    const text = await kubectl("get", "--raw", `${IN_CLUSTER}${encodeURIComponent(SAMPLE)}`);
    const { data } = JSON.parse(text) as { data: { result: { metric: Labels }[] } };
    return byKey(data.result.map(({ metric }) => metric));
}

async function onVm(promql: string): Promise<Map<string, Labels>> {
    return byKey((await query(promql)).map(({ metric }) => metric));
}

/** A pod in that namespace that announces itself. */
function pod(namespace: string, name: string, annotations: object, labels: object = {}): object {
    return {
        apiVersion: "v1",
        kind: "Pod",
        metadata: {
            namespace,
            name,
            labels,
            annotations: Object.fromEntries(
                Object.entries({ scrape: "true", ...annotations }).map(([key, value]) => [
                    `prometheus.io/${key}`,
                    value,
                ]),
            ),
        },
        spec: {
            automountServiceAccountToken: false,
            dnsPolicy: "Default",
            terminationGracePeriodSeconds: 0,
            containers: [
                {
                    name: "demo",
                    image: "docker.io/lab/demo:1",
                    imagePullPolicy: "Never",
                    env: [{ name: "SERVICE", value: name }],
                    ports: [{ containerPort: 8080 }],
                },
            ],
        },
    };
}

interface Target {
    readonly scrapePool: string;
    readonly scrapeUrl: string;
    readonly health: string;
    readonly lastError: string;
    readonly labels: Labels;
    readonly discoveredLabels: Labels;
}

async function targets(state: "active" | "dropped"): Promise<Target[]> {
    const answer = await prometheus("targets", [`state=${state}`]);
    return (answer as { data: Record<string, Target[]> }).data[`${state}Targets`] ?? [];
}

const PODS = [
    pod("shop", "traverses", { path: "/../../../../../../../api/v1/namespaces/shop/configmaps" }),
    pod("shop", "encodes", { path: "/%2e%2e/%2e%2e/%2e%2e/secrets" }),
    pod("shop", "elsewhere", { port: "8080@10.98.0.2:9444/" }),
    pod("shop", "redirects", { path: "/away", param_to: `http://10.98.0.2:${TRAP}/metrics` }),
    pod(
        "shop",
        "pretends",
        { scheme: "ftp://10.98.0.2:9444" },
        { job: "kubernetes-nodes", cluster: "other", instance: "other", namespace: "other" },
    ),
    pod("shop", "slow", { scrape_slow: "true" }),
    pod("default", "unseen", {}),
];

let trap: Server;
const trapped: string[] = [];
let federated: Map<string, Labels>;

beforeAll(async () => {
    await allUp(await expectedJobs());
    federated = await onVm(SAMPLE);
    trap = createServer(({ method = "", url = "", headers }, response) => {
        trapped.push(`${method} ${url} ${headers.authorization === undefined ? "without" : "with"} credentials`);
        response.end();
    });
    await new Promise<void>((resolve) => trap.listen(TRAP, "10.98.0.2", resolve));
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: PODS });
    await succeed("kubectl create", handle("kubectl", ["create", "-f", "-"], { stdin: list }));
    await deploy((configuration) => {
        Object.assign(configuration["clusters"]?.["lab"] as object, {
            jobs: {
                ...Object.fromEntries(JOBS.map((job) => [job, PROXIED])),
                "kubernetes-nodes": { path: "federate" },
            },
        });
    });
    await waitFor(
        "each pod to be scraped",
        () => targets("active"),
        (active) =>
            active.filter(({ scrapePool, health }) => JOBS.includes(scrapePool.slice(4)) && health !== "unknown")
                .length >= 6,
    );
});

afterAll(async () => {
    await kubectl(
        "delete",
        "pod",
        "-n",
        "shop",
        ...["traverses", "encodes", "elsewhere", "redirects", "pretends", "slow"],
    );
    await kubectl("delete", "pod", "-n", "default", "unseen");
    await new Promise((resolve) => trap.close(resolve));
    await up();
    await allUp(await expectedJobs());
});

it("gives series the labels that they have in the cluster, and that they have federated", async () => {
    const wanted = [...(await inCluster())].filter(
        ([, { pod = "", service }]) => /^orders-/.test(pod) || service === "catalog",
    );
    const proxied = await waitFor(
        "a scrape of each",
        () => onVm(PROXIED_SAMPLE),
        (found) => wanted.every(([key]) => found.has(key)),
    );
    // Two pods of one Deployment, one behind a Service: each with a counter and its `up`.
    expect(wanted).toHaveLength(6);
    for (const [key, labels] of wanted) {
        expect(proxied.get(key), key).toEqual({ ...labels, cluster: "lab" });
        // The second is an external label of the Prometheus in the cluster, which only /federate shows.
        const { replica, prometheus_replica, ...others } = federated.get(key) ?? {};
        expect(others, key).toEqual({ ...labels, cluster: "lab" });
        expect(replica).toMatch(/^prometheus-[01]$/);
        expect(prometheus_replica).toBe(replica);
    }
});

describe("the account that reaches pods", () => {
    it("may do that by GET in the namespaces that were named, and nothing else", async () => {
        const there = await rights("proxy", "shop");
        expect(there.may).toEqual(["get pods/proxy"]);
        expect(there.denied).toBeGreaterThanOrEqual(60);
        for (const elsewhere of ["", "monitoring"]) expect((await rights("proxy", elsewhere)).may).toEqual([]);
    });

    it("is not the one that finds them", async () => {
        const found = ["endpointslices.discovery.k8s.io", "pods", "services"];
        const may = found.map((kind) => `list ${kind}`).concat(found.map((kind) => `watch ${kind}`));
        // Nodes are found in the whole cluster, for the jobs that are not proxied.
        expect((await rights("discovery", "shop")).may).toEqual([...may, "list nodes", "watch nodes"].sort());
    });
});

describe("what a pod says of itself", () => {
    const own = (found: readonly Target[], name: string) =>
        found.filter(({ discoveredLabels }) => discoveredLabels["__meta_kubernetes_pod_name"] === name);

    it("makes it no target where its path leads out of the pod", async () => {
        const [active, dropped] = [await targets("active"), await targets("dropped")];
        for (const name of ["traverses", "encodes"]) {
            expect(own(active, name)).toEqual([]);
            expect(own(dropped, name), name).toHaveLength(1);
        }
    });

    it("leaves scheme, host, port and path up to the pod as they are", async () => {
        const active = await targets("active");
        const server = "https://10.98.0.10:6443/api/v1/namespaces/shop/pods";
        for (const name of ["elsewhere", "pretends"]) {
            const [target] = own(active, name);
            expect(target?.scrapeUrl).toBe(`${server}/${name}:8080/proxy/metrics`);
            expect(target?.health, target?.lastError).toBe("up");
            expect(target?.labels).toMatchObject({
                cluster: "lab",
                job: "kubernetes-pods",
                namespace: "shop",
                pod: name,
                instance: expect.stringMatching(/^10\.244\.0\.\d+:8080$/) as string,
            });
        }
    });

    it("sends nobody elsewhere, and gets no credentials", async () => {
        const [target] = own(await targets("active"), "redirects");
        expect(target?.scrapeUrl).toContain("/redirects:8080/proxy/away?to=http%3A%2F%2F10.98.0.2");
        expect(target).toMatchObject({ health: "down", lastError: "server returned HTTP status 302 Found" });
        expect(trapped).toEqual([]);
        const series = await query('shop_credentials_total{job="kubernetes-pods",replica=""}');
        expect(series.length).toBeGreaterThanOrEqual(4);
        expect(series.map(({ values }) => values.at(-1)?.[1])).toEqual(series.map(() => 0));
    });

    it("has it scraped slowly, under a name of its own", async () => {
        const [target] = own(await targets("active"), "slow");
        expect(target?.labels).toMatchObject({ job: "kubernetes-pods-slow" });
        expect(target?.discoveredLabels["__scrape_interval__"]).toBe("5s");
    });

    it("is not heard where it is in no namespace that was named", async () => {
        expect(own([...(await targets("active")), ...(await targets("dropped"))], "unseen")).toEqual([]);
    });
});
