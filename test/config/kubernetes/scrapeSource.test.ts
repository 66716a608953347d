import { describe, expect, it } from "vitest";
import { scrapeSource } from "../../../config/kubernetes/scrapeSource";
import { hostPort } from "../../../config/url";
import type { Endpoint } from "../../../config/endpoint";
import { ScrapeSource } from "../../../config/source";
import type { Tokens } from "../../../config/tokens";
import { CA, CERTIFICATE } from "../frontCertificates";
import { cluster, endpointOf, jobs } from "./cluster";
import { clusterDocument } from "../prometheus/scraping";

describe("scrapeSource", () => {
    it("is what the contract says", () => {
        const source = scrapeSource(cluster);
        expect(ScrapeSource.parse(source)).toEqual(source);
        expect(source).toMatchObject({ name: "lab", server: cluster.server, caCertificate: cluster.caCertificate });
        const rest = { label: "__name__", operator: "!~", value: "ALERTS|ALERTS_FOR_STATE|.*:.*" };
        expect(source.federation).toEqual({
            scheme: "https",
            targets: [
                { address: "192.0.2.10:30990", replica: "prometheus-0", metricsPath: "/federate" },
                { address: "192.0.2.10:30991", replica: "prometheus-1", metricsPath: "/federate" },
            ],
            serverName: "gateway.lab.external-prometheus.internal",
            ca: "own",
            shows: ["certificate"],
            matchers: {
                "kubernetes-pods": [{ label: "job", operator: "=~", value: "kubernetes-pods(-slow)?" }, rest],
                "kubernetes-service-endpoints": [
                    { label: "job", operator: "=~", value: "kubernetes-service-endpoints(-slow)?" },
                    rest,
                ],
            },
        });
    });

    it("is no contract with a job that nobody can find", () => {
        const source = scrapeSource(cluster);
        const withJob = (job: string, chosen: object) =>
            ScrapeSource.safeParse({ ...source, jobs: { ...source.jobs, [job]: { interval: "30s", ...chosen } } })
                .success;
        expect(withJob("coredns", { path: "direct", targets: ["192.0.2.1:9153"] })).toBe(true);
        expect(withJob("coredns", { path: "direct" })).toBe(false);
        expect(withJob("coredns", { path: "federate", targets: ["192.0.2.1:9153"] })).toBe(false);
        expect(withJob("alerts", { path: "direct" })).toBe(false);
        expect(withJob("kubernetes-pods", { path: "direct" })).toBe(false);
    });

    it("names the accounts whose tokens the VM gets itself", () => {
        const tokens: Tokens = { generation: 1, bound: { lifetime: "30m" } };
        const source = scrapeSource({ ...cluster, tokens });
        expect(ScrapeSource.parse(source).boundTokens).toEqual({
            purposes: ["discovery", "kubelet"],
            lifetimeSeconds: 1800,
        });
        const document = JSON.stringify(clusterDocument(source));
        const directory = "/usr/local/var/lib/external-prometheus/tokens/lab";
        expect([...new Set(document.match(/[^"]+\.token/g))].sort()).toEqual([
            `${directory}/discovery.token`,
            `${directory}/kubelet.token`,
        ]);
        const federated = jobs({ "kubernetes-pods": "federate" });
        expect(scrapeSource({ ...cluster, tokens, jobs: federated })).not.toHaveProperty("boundTokens");
        // A generation before is none of the VM's business.
        const after: Tokens = { generation: 2, previous: "bound" };
        expect(scrapeSource({ ...cluster, tokens: after })).not.toHaveProperty("boundTokens");
    });

    it("has the VM get the token for the API server's proxy itself, too", () => {
        const tokens: Tokens = { generation: 1, bound: { lifetime: "30m" } };
        const source = scrapeSource({
            ...cluster,
            tokens,
            endpoint: endpointOf("apiServerProxy", {}),
            jobs: jobs({ "kubernetes-pods": "federate" }),
        });
        expect(source.boundTokens?.purposes).toEqual(["federation"]);
        expect(JSON.stringify(clusterDocument(source))).toContain("tokens/lab/federation.token");
    });

    it("spreads the replicas over the nodes, one way to each", () => {
        const nodeAddresses = ["192.0.2.10", "2001:db8::11", "node-3.example.com"];
        const targets = (pods: string[], addresses: string[]) => {
            const nodePorts = pods.map((_, i) => 30990 + i);
            const spread = endpointOf("gateway", { nodeAddresses: addresses, nodePorts }, { pods });
            const { federation } = scrapeSource({ ...cluster, endpoint: spread });
            return federation?.targets.map((target) => target.address);
        };
        expect(targets(["p-0", "p-1"], nodeAddresses)).toEqual(["192.0.2.10:30990", "[2001:db8::11]:30991"]);
        expect(targets(["p-0", "p-1", "p-2", "p-3"], nodeAddresses)).toEqual([
            "192.0.2.10:30990",
            "[2001:db8::11]:30991",
            "node-3.example.com:30992",
            "192.0.2.10:30993",
        ]);
    });

    it.each<[string, Endpoint, object]>([
        [
            "a load balancer",
            endpointOf("gateway", { loadBalancer: { address: "2001:db8::1" } }),
            {
                scheme: "https",
                targets: [
                    { address: "[2001:db8::1]:8443", replica: "prometheus-0", metricsPath: "/federate" },
                    { address: "[2001:db8::1]:8444", replica: "prometheus-1", metricsPath: "/federate" },
                ],
                serverName: "gateway.lab.external-prometheus.internal",
                ca: "own",
                shows: ["certificate"],
            },
        ],
        [
            "an Ingress",
            endpointOf(
                "ingress",
                { hosts: ["a.example.com", "b.example.com"], port: 8443, username: "monitor" },
                { routePrefix: "/prometheus" },
            ),
            {
                scheme: "https",
                targets: [
                    { address: "a.example.com:8443", replica: "prometheus-0", metricsPath: "/prometheus/federate" },
                    { address: "b.example.com:8443", replica: "prometheus-1", metricsPath: "/prometheus/federate" },
                ],
                ca: "system",
                shows: ["password"],
                username: "monitor",
            },
        ],
        [
            "the API server's proxy",
            endpointOf("apiServerProxy", {}, { routePrefix: "/p" }),
            {
                scheme: "https",
                targets: [0, 1].map((i) => ({
                    address: "192.0.2.10:6443",
                    replica: `prometheus-${i}`,
                    metricsPath:
                        "/api/v1/namespaces/monitoring/services/" +
                        `external-prometheus-replica-${i}:9090/proxy/p/federate`,
                })),
                ca: "cluster",
                shows: ["token"],
            },
        ],
        [
            "URLs with a CA and a certificate",
            endpointOf("url", {
                urls: ["https://prometheus.example.com/k8s", "https://[2001:db8::2]:9443"],
                caCertificate: CA,
                clientCertificate: CERTIFICATE,
            }),
            {
                scheme: "https",
                targets: [
                    {
                        address: "prometheus.example.com:443",
                        replica: "prometheus.example.com/k8s",
                        metricsPath: "/k8s/federate",
                    },
                    { address: "[2001:db8::2]:9443", replica: "[2001:db8::2]:9443", metricsPath: "/federate" },
                ],
                ca: "own",
                shows: ["certificate"],
            },
        ],
        [
            "a URL without any proof",
            endpointOf("url", { urls: ["http://10.0.0.1"] }),
            {
                scheme: "http",
                targets: [{ address: "10.0.0.1:80", replica: "10.0.0.1", metricsPath: "/federate" }],
                ca: "system",
                shows: [],
            },
        ],
    ])("leads by %s", (_, way, expected) => {
        const source = scrapeSource({ ...cluster, endpoint: way });
        expect(ScrapeSource.parse(source)).toEqual(source);
        const { matchers, ...rest } = source.federation ?? {};
        expect(Object.keys(matchers ?? {})).toEqual(["kubernetes-pods", "kubernetes-service-endpoints"]);
        expect(rest).toEqual(expected);
    });

    it("keeps the path under which an API server is reached", () => {
        const { federation } = scrapeSource({
            ...cluster,
            server: "https://rancher.example.com/k8s/clusters/c-1/",
            endpoint: endpointOf("apiServerProxy", {}, { pods: ["prometheus-0"] }),
        });
        expect(federation?.targets).toMatchObject([
            {
                address: "rancher.example.com:443",
                metricsPath:
                    "/k8s/clusters/c-1/api/v1/namespaces/monitoring/services/" +
                    "external-prometheus-replica-0:9090/proxy/federate",
            },
        ]);
    });

    it("has no federation where there is no endpoint", () => {
        const { name, server, caCertificate, tokens } = cluster;
        const direct = { name, server, caCertificate, tokens, jobs: jobs({ "kubernetes-nodes": "direct" }) };
        expect(scrapeSource(direct)).not.toHaveProperty("federation");
    });
});

it.each([
    ["192.0.2.1", "192.0.2.1:9090"],
    ["2001:db8::1", "[2001:db8::1]:9090"],
    ["node.example.com", "node.example.com:9090"],
])("writes %s as %s", (host, expected) => {
    expect(hostPort(host, 9090)).toBe(expected);
});
