import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { valueOf } from "../harness";
import { changed, exampleKeys, KUBECONFIG, load, PRIVATE_KEY, refusal, SECRETS } from "./environment";

describe("the example Pulumi.dev.yaml", () => {
    it("loads with exactly the secrets that it tells to set", () => {
        const { vm, clusters, staticJobs } = load(exampleKeys());
        expect(vm).toMatchObject({
            host: "198.51.100.20",
            port: 22,
            user: "root",
            bootTimeout: "5m",
            purgeData: false,
        });
        expect(clusters.map(({ cluster }) => cluster.name)).toEqual(["staging"]);
        expect(clusters[0]?.cluster.jobs).toEqual({
            "kubernetes-apiservers": { path: "direct", interval: "30s" },
            "kubernetes-nodes": { path: "direct", interval: "30s" },
            "kubernetes-nodes-cadvisor": { path: "direct", interval: "60s" },
            "kubernetes-pods": { path: "federate", interval: "30s" },
            "kubernetes-service-endpoints": { path: "federate", interval: "30s" },
        });
        expect(staticJobs.map(({ name }) => name)).toEqual(["node", "website"]);
    });

    it.each(["vmPrivateKey", "kubeconfigs"] as const)("does not load without %s", (name) => {
        expect(refusal(exampleKeys(), { ...SECRETS, [name]: undefined })).toContain(`✖ external-prometheus:${name}`);
    });

    it("keeps both secrets secret", async () => {
        const { vmPrivateKey, clusters } = load(exampleKeys());
        const kubeconfig = clusters[0]?.kubeconfig;
        if (vmPrivateKey === undefined || kubeconfig === undefined) throw new Error("a secret is missing");
        expect(await pulumi.isSecret(vmPrivateKey)).toBe(true);
        expect(await pulumi.isSecret(kubeconfig)).toBe(true);
        expect(await valueOf(vmPrivateKey)).toBe(PRIVATE_KEY);
        expect(await valueOf(kubeconfig)).toBe(KUBECONFIG);
    });
});

describe("a stack with one side", () => {
    it("may have the VM alone", () => {
        const { clusters, vmPrivateKey } = load({ vm: exampleKeys()["vm"] }, { vmPrivateKey: PRIVATE_KEY });
        expect(clusters).toEqual([]);
        expect(vmPrivateKey).toBeDefined();
    });

    it("may have clusters alone", () => {
        const stack = load({ clusters: exampleKeys()["clusters"] }, { kubeconfigs: SECRETS.kubeconfigs });
        expect(stack).not.toHaveProperty("vm");
        expect(stack).not.toHaveProperty("vmPrivateKey");
    });
});

const STAGING = exampleKeys()["clusters"]?.["staging"];
const NODE = exampleKeys()["staticJobs"]?.["node"];

/** What is changed, where and to what; the key that the message names; what it says of it. */
const REFUSALS: [what: string, path: string, value: unknown, key: string, ...says: string[]][] = [
    ["a mistyped key", "staticJob", {}, "staticJob", "did you mean 'staticJobs'?", "config rm"],
    ["an unknown key", "alerting", {}, "alerting", "known here: vm, prometheus,"],
    ["a mistyped nested key", "vm.hostkey", "x", "vm.hostkey", "did you mean 'hostKey'?"],
    ["a deep unknown key", "clusters.staging.endpoint.tls", 1, "clusters.staging.endpoint.tls", "no key"],
    ["an unknown job", "clusters.staging.jobs.etcd", {}, "clusters.staging.jobs.etcd", "kubernetes-nodes,"],
    ["text for an object", "vm", "198.51.100.20", "vm", "must be an object, got '198.51.100.20'"],
    ["no host", "vm.host", undefined, "vm.host", "is missing: Address of the VM", "--path 'vm.host' VALUE"],
    ["a host that is shell", "vm.host", "$(reboot)", "vm.host", "host name or an IP address"],
    ["a port of text", "vm.port", "22", "vm.port", "must be a number, got '22'"],
    ["a port out of range", "vm.port", 70000, "vm.port", "must be at most 65535, got 70000"],
    ["a user that is shell", "vm.user", "root; id", "vm.user", "name of a user"],
    ["a boot timeout without unit", "vm.bootTimeout", "5", "vm.bootTimeout", "a duration such as 30s"],
    ["purgeData as text", "vm.purgeData", "yes", "vm.purgeData", "must be true or false, got 'yes'"],
    ["no host key", "vm.hostKey", undefined, "vm.hostKey", "is missing", "ssh-keyscan -t ed25519 HOST"],
    ["a bad host key", "vm.hostKey", "ssh-ed25519 AAAA", "vm.hostKey", "cut off or damaged", "got 'ssh-ed25519"],
    ["a bad version", "prometheus.version", "latest", "prometheus.version", "three numbers", "'latest'"],
    ["an unknown version", "prometheus.version", "3.99.0", "prometheus.version", "known releases (2.55.1"],
    ["a bad sum", "prometheus.sha256", "abc", "prometheus.sha256", "64 lower-case hexadecimal digits"],
    ["a sum without url", "prometheus.sha256", "a".repeat(64), "prometheus.sha256", "contradicts what is known"],
    ["a url by ftp", "prometheus.url", "ftp://x/y", "prometheus.url", "http:// or https:// URL"],
    ["an interval of 5m", "prometheus.scrapeInterval", "5m", "prometheus.scrapeInterval", "below 5m"],
    ["an interval of 0s", "prometheus.scrapeInterval", "0s", "prometheus.scrapeInterval", "duration"],
    ["a cluster's bad name", "clusters.A_b", STAGING, "clusters.A_b", "RFC 1123", "rename it"],
    ["a server by http", "clusters.staging.server", "http://x", "clusters.staging.server", "https:// URL"],
    ["no CA", "clusters.staging.caCertificate", undefined, "clusters.staging.caCertificate", "missing", "< FILE"],
    ["a CA that is none", "clusters.staging.caCertificate", "x", "clusters.staging.caCertificate", "PEM form"],
    [
        "a damaged CA",
        "clusters.staging.caCertificate",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "clusters.staging.caCertificate",
        "cut off or damaged",
    ],
    [
        "pods scraped directly",
        "clusters.staging.jobs.kubernetes-pods",
        { path: "direct" },
        "clusters.staging.jobs.kubernetes-pods.path",
        "must be federate or off, got 'direct'",
    ],
    [
        "federation without an endpoint",
        "clusters.staging.endpoint",
        undefined,
        "clusters.staging.endpoint",
        "federated jobs need it: kubernetes-pods, kubernetes-service-endpoints",
    ],
    [
        "another kind of endpoint",
        "clusters.staging.endpoint.kind",
        "ingress",
        "clusters.staging.endpoint.kind",
        "must be gateway, got 'ingress'",
    ],
    [
        "too few node ports",
        "clusters.staging.endpoint.nodePorts",
        [30990],
        "clusters.staging.endpoint.nodePorts",
        "one port for each of prometheus.pods, which are 2, got [30990]",
    ],
    [
        "a node port twice",
        "clusters.staging.endpoint.nodePorts",
        [30990, 30990],
        "clusters.staging.endpoint.nodePorts",
        "must all be different",
    ],
    [
        "a node port out of range",
        "clusters.staging.endpoint.nodePorts",
        [30990, 9090],
        "clusters.staging.endpoint.nodePorts[1]",
        "must be at least 30000, got 9090",
    ],
    [
        "no node address",
        "clusters.staging.endpoint.nodeAddresses",
        [],
        "clusters.staging.endpoint.nodeAddresses",
        "must not be empty",
    ],
    ["a context that is not there", "clusters.staging.context", "other", "kubeconfigs.staging", "'other'"],
    ["a cluster without kubeconfig", "clusters.lab", STAGING, "kubeconfigs.lab", "is missing"],
    ["static jobs without a VM", "vm", undefined, "vm", "staticJobs are scraped by the VM"],
    ["no static target", "staticJobs.node.targets", [], "staticJobs.node.targets", "must not be empty"],
    ["a target by URL", "staticJobs.node.targets", ["http://x"], "staticJobs.node.targets[0]", "host:port"],
    ["a path without slash", "staticJobs.node.metricsPath", "m", "staticJobs.node.metricsPath", "'/'"],
    [
        "a label cluster",
        "staticJobs.node.labels",
        { cluster: "x" },
        "staticJobs.node.labels.cluster",
        "name of a label",
    ],
    ["a label job", "staticJobs.node.labels", { job: "x" }, "staticJobs.node.labels.job", "name of a label"],
    ["a label of two lines", "staticJobs.node.labels.site", "a\nb", "staticJobs.node.labels.site", "one line"],
    ["a reserved job", "staticJobs.prometheus", NODE, "staticJobs.prometheus", "makes itself"],
];

describe("loadConfig", () => {
    it.each(REFUSALS)("refuses %s", (_, path, value, key, ...says) => {
        const message = refusal(changed({ [path]: value }));
        expect(message).toContain(`✖ external-prometheus:${key} `);
        const [, problem = ""] = message.split(`✖ external-prometheus:${key} `);
        for (const text of says) {
            expect(problem).toContain(text);
        }
        expect(problem).toContain("\n    → ");
        expect(message).not.toContain("    at ");
    });

    it("names every problem at once", () => {
        const message = refusal(
            changed({
                "vm.port": 0,
                "vm.hots": "x",
                "vm.hostKey": undefined,
                "prometheus.version": "3",
                "clusters.staging.server": "x",
                "clusters.staging.endpoint": { kind: "ingress", nodePorts: [1, 1] },
                "clusters.other": { jobs: "none" },
                "clusters.A_b": STAGING,
                "staticJobs.node.interval": "1h",
                vmprivatekey: "x",
            }),
            { kubeconfigs: { stagin: KUBECONFIG } },
        );
        const keys = [...message.matchAll(/✖ external-prometheus:(\S+)/g)].map(([, key]) => key);
        expect(keys.sort()).toEqual(
            [
                "vm.port",
                "vm.hots",
                "vm.hostKey",
                "prometheus.version",
                "clusters.staging.server",
                "clusters.staging.endpoint.kind",
                "clusters.staging.endpoint.prometheus",
                "clusters.staging.endpoint.nodeAddresses",
                "clusters.staging.endpoint.nodePorts",
                "clusters.staging.endpoint.nodePorts[0]",
                "clusters.staging.endpoint.nodePorts[1]",
                "clusters.other.server",
                "clusters.other.caCertificate",
                "clusters.other.jobs",
                "clusters.other.endpoint",
                "clusters.A_b",
                "staticJobs.node.interval",
                "vmprivatekey",
                "vmPrivateKey",
                "kubeconfigs.staging",
                "kubeconfigs.stagin",
                "kubeconfigs.other",
            ].sort(),
        );
        expect(message).toContain("has 22 problems");
    });

    it("shows of a long value only the beginning", () => {
        const message = refusal(changed({ "vm.host": `-${"long".repeat(1000)}` }));
        expect(message).toContain("got '-longlong");
        expect(message.length).toBeLessThan(500);
    });

    it("refuses an empty configuration", () => {
        expect(refusal({}, {})).toContain("one of the two sides is needed");
    });

    it("refuses a plain key that is set as a secret, without showing it", () => {
        const { vm, ...plain } = exampleKeys();
        const message = refusal(plain, { ...SECRETS, vm: { ...vm, port: "PORT-IN-SECRET" } });
        expect(message).toContain("✖ external-prometheus:vm is set as a secret");
        expect(message).not.toContain("PORT-IN-SECRET");
    });

    it("leaves the keys of other namespaces alone", () => {
        expect(() => load(exampleKeys(), SECRETS, { "kubernetes:context": "x" })).not.toThrow();
    });
});
