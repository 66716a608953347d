import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { API_SERVER, ask } from "./apiServer";
import { withConfiguration } from "./configuration";
import { admittanceNetworkPolicy, gatewayService } from "../../config/kubernetes/gateway";
import { ingress } from "../../config/kubernetes/ingress";
import { endpointOf } from "../config/kubernetes/cluster";
import { runProgram } from "../../operate/process";
import {
    allUp,
    expectedJobs,
    handle,
    kubectl,
    PATIENCE_SECONDS,
    PROJECT,
    pulumi,
    query,
    queryBy,
    succeed,
    up,
    vm,
    waitFor,
} from "./lab";
import { openSource, type OpenSource } from "./openSource";

const PASSWORD = "correct horse battery staple";
const BASIC = `Basic ${Buffer.from(`monitor:${PASSWORD}`).toString("base64")}`;
const REPLICA = "/api/v1/namespaces/monitoring/services/external-prometheus-replica-0:9090/proxy";

/** What a Prometheus has that also says of itself what only others may say. */
const SERIES = [
    'open_total{job="own-pods",instance="a"} 1',
    'open_total{job="own-pods",instance="a",cluster="lab"} 2',
    'forged_total{job="kubernetes-nodes",instance="node-1",cluster="lab"} 0',
    'forged_total{job="federate/kubernetes-pods",instance="a",cluster="lab"} 0',
    'other_total{job="other",instance="a"} 1',
].join("\n");

/** What it says of its targets. */
const UP = ['up{job="own-pods",instance="a"} 1', 'up{instance="b",job="own-pods"} 0', 'up{job="other",instance="a"} 1'];

const routed = endpointOf("ingress", { hosts: ["a.example.com", "b.example.com"], className: "c", username: "u" });
const balanced = {
    cluster: "lab",
    namespace: "external-prometheus",
    endpoint: endpointOf("gateway", { loadBalancer: { address: "203.0.113.20", sourceRanges: ["198.51.100.20/32"] } }),
};

/** What is asked now: the API server, and the source below. */
const NEW = "10[.]98[.]0[.]10:6443|10[.]98[.]0[.]2:9443";

let source: OpenSource;
/** What the deployment said. */
let deployed: string;

beforeAll(async () => {
    source = await openSource(9443, BASIC, ({ url = "" }, response) => {
        const match = new URL(url, "https://source").searchParams.get("match[]") ?? "";
        const series = match.includes('job=~"own-') ? SERIES : match.includes('__name__="up"') ? UP.join("\n") : "";
        response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(`${series}\n`);
    });
    await withConfiguration(
        ({ clusters }) => {
            const { server, caCertificate } = clusters?.["lab"] as Record<string, unknown>;
            Object.assign(clusters?.["lab"] as object, {
                endpoint: {
                    prometheus: {
                        namespace: "monitoring",
                        pods: ["prometheus-0", "prometheus-1"],
                        jobs: { "kubernetes-service-endpoints": "nothing-of-this-name" },
                    },
                    apiServerProxy: {},
                },
            });
            const off = ["apiservers", "nodes", "nodes-cadvisor"];
            Object.assign(clusters ?? {}, {
                open: {
                    server,
                    caCertificate,
                    jobs: {
                        ...Object.fromEntries(off.map((job) => [`kubernetes-${job}`, { path: "off" }])),
                        "kubernetes-pods": { interval: "5s" },
                        "kubernetes-service-endpoints": { interval: "5s" },
                    },
                    endpoint: {
                        prometheus: { jobs: { "kubernetes-pods": "own-.+|kubernetes-nodes|federate/.+" } },
                        url: {
                            urls: [`${source.url}/k8s`],
                            caCertificate: source.caCertificate,
                            username: "monitor",
                        },
                    },
                },
            });
        },
        async (file) => {
            const at = ["--config-file", file, "--path", "external-prometheus:endpointPasswords.open"];
            await succeed(
                "config set",
                handle("pulumi", ["config", "set", "--secret", ...at], { stdin: `${PASSWORD}\n` }),
            );
            deployed = await up("--config-file", file);
        },
    );
    await waitFor(
        "each federation to be up",
        // What the gateway brought is among the answers for up to five minutes more.
        () => queryBy("job", `count by (job) (up{job=~"federate/.*",instance=~"${NEW}"} == 1)`),
        (up) => up["federate/kubernetes-pods"] === 3 && up["federate/kubernetes-service-endpoints"] === 3,
    );
});

afterAll(async () => {
    await source.close();
    await up();
    await allUp(await expectedJobs());
});

describe("a URL that is open already", () => {
    it("is asked for /federate alone, with its password, by a VM that needed no kubeconfig of that cluster", () => {
        const asked = [...source.requests].map((line) =>
            /^(\S+) (\S+?)\?match(?:%5B%5D|\[\])=\S+ (.*)$/.exec(line)?.slice(1),
        );
        expect(asked.length).toBeGreaterThanOrEqual(3);
        for (const request of asked) expect(request).toEqual(["GET", "/k8s/federate", BASIC]);
    });

    it("brings what belongs to its jobs, and nothing under another cluster's or job's name", async () => {
        const series = await query(`{cluster="open",job!~"federate/.+|probe-.+"}`);
        expect(series.map(({ metric }) => metric)).toEqual(
            expect.arrayContaining([
                {
                    __name__: "open_total",
                    job: "own-pods",
                    instance: "a",
                    cluster: "open",
                    replica: "10.98.0.2:9443/k8s",
                },
                {
                    __name__: "open_total",
                    job: "own-pods",
                    instance: "a",
                    cluster: "open",
                    exported_cluster: "lab",
                    replica: "10.98.0.2:9443/k8s",
                },
            ]),
        );
        expect(series).toHaveLength(2);
        expect(await query('up{instance="a"} or forged_total or other_total')).toEqual([]);
    });

    it("has its password in a file that only Prometheus reads, and nowhere else on the VM", async () => {
        const file = "/usr/local/etc/prometheus/credentials/open/federation.password";
        expect(await vm(`stat -Lc '%a %U:%G' ${file}`)).toBe("640 root:prometheus\n");
        const found = await vm(`grep -rls '${PASSWORD}' /usr/local/etc /etc /root /tmp /var/log || true`);
        expect(
            found
                .trim()
                .split("\n")
                .map((path) => path.replace(/.*\//, "")),
        ).toEqual(["federation.password"]);
    });
});

describe("a federation that finds nothing", () => {
    const NOTHING = [
        /lab\/kubernetes-service-endpoints finds no series at prometheus-0; its jobs there: kubernetes-\S+ \(\d+\), /,
        /lab\/kubernetes-service-endpoints finds no series at prometheus-1; its jobs there: kubernetes-\S+ \(\d+\), /,
        /open\/kubernetes-service-endpoints finds no series at 10\.98\.0\.2:9443\/k8s; its jobs there: own-pods \(2\), other \(1\)/,
    ];

    it("is told of by the deployment, with what there is instead", () => {
        for (const line of NOTHING) expect(deployed).toMatch(line);
        expect(deployed).toContain("(set endpoint.prometheus.flavour or .jobs)");
        expect(deployed).not.toContain("kubernetes-pods finds no series");
    });

    it("is told of by make status at any time", async () => {
        const { code, stdout } = await runProgram("make", ["-s", "-C", PROJECT, "status"], {
            timeoutSeconds: PATIENCE_SECONDS,
        });
        expect(code).toBe(0);
        for (const line of NOTHING) expect(stdout).toMatch(line);
        expect(stdout).not.toContain("kubernetes-pods finds no series");
    });
});

it.each<[string, object]>([
    ["the Ingress", { apiVersion: "networking.k8s.io/v1", kind: "Ingress", ...ingress("lab", routed) }],
    ["the Service of a load balancer", { apiVersion: "v1", kind: "Service", ...gatewayService(balanced) }],
    [
        "the policy at a replica",
        {
            apiVersion: "networking.k8s.io/v1",
            kind: "NetworkPolicy",
            ...admittanceNetworkPolicy(balanced, { name: "prometheus-0", selector: { app: "prometheus" } }),
        },
    ],
])("%s is one that the cluster takes, though it has nothing that would act on it", async (_, object) => {
    const named = { ...object, metadata: { ...(object as { metadata: object }).metadata, name: "tried" } };
    const asked = ["create", "--dry-run=server", "--validate=strict", "-f", "-", "-o", "name"];
    expect(await succeed("kubectl", handle("kubectl", asked, { stdin: JSON.stringify(named) }))).toMatch(/\/tried\n$/);
});

describe("the API server's proxy", () => {
    it("brings what each replica has", async () => {
        const counts = await queryBy("replica", 'count by (replica) ({cluster="lab",job="kubernetes-pods"})');
        expect(Object.keys(counts).sort()).toEqual(["prometheus-0", "prometheus-1"]);
        expect(counts["prometheus-0"]).toBeGreaterThan(5);
    });

    it("replaces the gateway, of which nothing is left", async () => {
        expect(await kubectl("get", "deployments,pods", "-n", "external-prometheus", "-o", "name")).toBe("");
    });

    it("opens to the VM the two replicas at their port, by GET, and nothing else", async () => {
        const { lab } = JSON.parse(
            await pulumi("stack", "output", "sourceCredentials", "--json", "--show-secrets"),
        ) as {
            lab: { tokens: { federation: string } };
        };
        const status = async (path: string, method = "GET") =>
            (await ask(`${API_SERVER}${path}`, { token: lab.tokens.federation, method })).status;
        const federate = `/federate?match[]=${encodeURIComponent('{job="kubernetes-pods"}')}`;
        expect(await status(`${REPLICA}${federate}`)).toBe(200);
        const other = (from: string, to: string) => REPLICA.replace(from, to) + federate;
        for (const path of [
            other("replica-0:9090", "replica-0"),
            other("replica-0:9090", "replica-0:http"),
            other("external-prometheus-replica-0", "prometheus"),
            other("services/external-prometheus-replica-0", "pods/prometheus-0"),
            other("monitoring", "default"),
            "/api/v1/nodes/node-1/proxy/metrics",
            "/api/v1/namespaces/monitoring/services",
            "/metrics",
        ]) {
            expect(await status(path), path).toBe(403);
        }
        for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
            expect(await status(`${REPLICA}/-/reload`, method), method).toBe(403);
        }
    });

    it("is closed to the VM without the one right that it has", async () => {
        const account = "external-prometheus-federation";
        const bindings = await kubectl("get", "rolebindings", "-n", "monitoring", "-o", "json");
        const { items } = JSON.parse(bindings) as {
            items: { metadata: { name: string }; subjects: { name: string }[] }[];
        };
        const own = items.filter(({ subjects }) => subjects.some(({ name }) => name === account));
        expect(own).toHaveLength(1);
        await kubectl("delete", "rolebinding", "-n", "monitoring", own[0]?.metadata.name ?? "");
        await waitFor(
            "the proxy to be refused",
            () =>
                queryBy("replica", `max by (replica) (up{job="federate/kubernetes-pods",instance="10.98.0.10:6443"})`),
            (state) => Object.values(state).every((value) => value === 0),
        );
    });
});
