import { describe, expect, it } from "vitest";
import { hostPort, scrapeSource } from "../../../config/kubernetes/scrapeSource";
import { ScrapeSource } from "../../../config/source";
import { cluster, endpoint, jobs } from "./cluster";

describe("scrapeSource", () => {
    it("is what the contract says", () => {
        const source = scrapeSource(cluster);
        expect(ScrapeSource.parse(source)).toEqual(source);
        expect(source).toMatchObject({ name: "lab", server: cluster.server, caCertificate: cluster.caCertificate });
        expect(source.federation).toEqual({
            targets: [
                { address: "192.0.2.10:30990", replica: "prometheus-0" },
                { address: "192.0.2.10:30991", replica: "prometheus-1" },
            ],
            serverName: "gateway.lab.external-prometheus.internal",
        });
    });

    it("spreads the replicas over the nodes, one way to each", () => {
        const nodeAddresses = ["192.0.2.10", "2001:db8::11", "node-3.example.com"];
        const targets = (pods: string[], addresses: string[]) =>
            scrapeSource({
                ...cluster,
                endpoint: {
                    ...endpoint,
                    prometheus: { ...endpoint.prometheus, pods },
                    nodeAddresses: addresses,
                    nodePorts: pods.map((_, i) => 30990 + i),
                },
            }).federation?.targets.map((target) => target.address);
        expect(targets(["p-0", "p-1"], nodeAddresses)).toEqual(["192.0.2.10:30990", "[2001:db8::11]:30991"]);
        expect(targets(["p-0", "p-1", "p-2", "p-3"], nodeAddresses)).toEqual([
            "192.0.2.10:30990",
            "[2001:db8::11]:30991",
            "node-3.example.com:30992",
            "192.0.2.10:30993",
        ]);
    });

    it("has no federation where no job takes that path", () => {
        expect(scrapeSource({ ...cluster, jobs: jobs({ "kubernetes-nodes": "direct" }) })).not.toHaveProperty(
            "federation",
        );
    });
});

it.each([
    ["192.0.2.1", "192.0.2.1:9090"],
    ["2001:db8::1", "[2001:db8::1]:9090"],
    ["node.example.com", "node.example.com:9090"],
])("writes %s as %s", (host, expected) => {
    expect(hostPort(host, 9090)).toBe(expected);
});
