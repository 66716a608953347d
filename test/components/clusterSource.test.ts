import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { ClusterSource } from "../../components/clusterSource";
import { scrapeSource } from "../../config/kubernetes/scrapeSource";
import { SourceCredentials } from "../../config/source";
import { CA, CERTIFICATE } from "../config/frontCertificates";
import { cluster, endpointOf, jobs } from "../config/kubernetes/cluster";
import { isKnown, startMocks, valueOf } from "../harness";
import { fillIn, tokenFor } from "./cluster";

const PROVIDER = "pulumi:providers:kubernetes";
const secrets = (endpointSecrets = {}) => ({
    kubeconfig: pulumi.secret("kubeconfig of the cluster"),
    endpointSecrets: pulumi.secret(endpointSecrets),
});

/** Objects whose names other systems know, or that a second one of could not exist; all others are named by Pulumi. */
const NAMED = [
    "external-prometheus",
    "external-prometheus-discovery",
    "external-prometheus-kubelet",
    "external-prometheus-replica-0",
    "external-prometheus-replica-1",
    "gateway",
];

describe("ClusterSource", () => {
    it("says what the VM must know, from the configuration alone", async () => {
        await startMocks({ preview: true });
        const { source } = new ClusterSource("lab", { cluster, ...secrets() });
        expect(source).toEqual(scrapeSource(cluster));
    });

    it("gives out credentials as the contract has them, as a secret", async () => {
        const outputs: typeof fillIn = (type, name, inputs) => {
            const filled = fillIn(type, name, inputs);
            return "certPem" in filled ? { ...filled, certPem: CA } : filled;
        };
        await startMocks({ outputs });
        const { credentials } = new ClusterSource("lab", { cluster, ...secrets() });
        expect(await pulumi.isSecret(credentials)).toBe(true);
        const value = await valueOf(credentials);
        expect(SourceCredentials.parse(value)).toEqual(value);
        expect(value.tokens.kubelet).toBe(tokenFor("external-prometheus-kubelet"));
        expect(value.federation?.clientKey).toBe("key of lab-gateway-certificates-client-key\n");
    });

    it("labels every object, and names only those that must be named", async () => {
        const mocks = await startMocks({ outputs: fillIn });
        new ClusterSource("lab", { cluster, ...secrets() });
        await mocks.settled();
        const objects = mocks.resources.filter(({ type }) => type.startsWith("kubernetes:"));
        expect(objects.length).toBeGreaterThan(15);
        for (const { inputs, name } of objects) {
            expect(inputs["metadata"], name).toMatchObject({
                labels: {
                    "app.kubernetes.io/part-of": "external-prometheus",
                    "app.kubernetes.io/managed-by": "pulumi",
                    "app.kubernetes.io/instance": "lab",
                    "app.kubernetes.io/component": expect.stringMatching(/^(scrape-access|gateway)$/) as string,
                },
            });
        }
        const names = objects.map(({ inputs }) => (inputs["metadata"] as { name?: string }).name);
        expect(names.filter((name) => name !== undefined).sort()).toEqual(NAMED);
    });

    it("puts everything into the one cluster that it was given", async () => {
        const mocks = await startMocks({ outputs: fillIn });
        new ClusterSource("lab", { cluster: { ...cluster, context: "admin" }, ...secrets() });
        await mocks.settled();
        const provider = mocks.find(PROVIDER, "lab");
        expect(provider.inputs).toEqual({
            kubeconfig: "kubeconfig of the cluster",
            context: "admin",
            clusterIdentifier: "lab",
        });
        expect(provider.secrets).toEqual(["kubeconfig"]);
        for (const { type, name, provider: used } of mocks.resources) {
            if (type.startsWith("kubernetes:")) expect(used, name).toBe("lab");
        }
    });

    it("can be moved to another stack: its provider, which is left behind then, is no child of it any more", async () => {
        const mocks = await startMocks({ outputs: fillIn });
        new ClusterSource("lab", { cluster, ...secrets() });
        await mocks.settled();
        const { parent, formerParents } = mocks.find(PROVIDER, "lab");
        expect(parent).toBe("");
        // Or an existing stack would replace all that the provider has made.
        expect(formerParents).toEqual(["lab"]);
    });

    it("opens no gateway where no job is federated", async () => {
        const mocks = await startMocks({ outputs: fillIn });
        const { name, server, caCertificate, tokens } = cluster;
        const direct = { name, server, caCertificate, tokens, jobs: jobs({ "kubernetes-nodes": "direct" }) };
        const { credentials, source } = new ClusterSource("lab", { cluster: direct, ...secrets() });
        expect(Object.keys(await valueOf(credentials))).toEqual(["version", "tokens"]);
        expect(source).not.toHaveProperty("federation");
        await mocks.settled();
        expect(mocks.ofType("kubernetes:apps/v1:Deployment")).toEqual([]);
        expect(mocks.resources.filter(({ type }) => type.startsWith("tls:"))).toEqual([]);
    });

    it("makes no account where every job is federated", async () => {
        const mocks = await startMocks({ outputs: fillIn });
        const federated = { ...cluster, jobs: jobs({ "kubernetes-pods": "federate" }) };
        const { credentials } = new ClusterSource("lab", { cluster: federated, ...secrets() });
        expect(await valueOf(credentials)).toMatchObject({ tokens: {} });
        expect(await pulumi.isSecret(credentials)).toBe(true);
        await mocks.settled();
        expect(mocks.ofType("kubernetes:core/v1:ServiceAccount")).toEqual([]);
        expect(mocks.ofType("kubernetes:apps/v1:Deployment")).toHaveLength(1);
    });

    it("makes nothing where everything is open already, and asks for no kubeconfig", async () => {
        const mocks = await startMocks({ outputs: fillIn });
        const endpoint = endpointOf("url", {
            urls: ["https://prometheus.example.com"],
            caCertificate: CA,
            username: "monitor",
            clientCertificate: CERTIFICATE,
        });
        const open = { ...cluster, jobs: jobs({ "kubernetes-pods": "federate" }), endpoint };
        const given = secrets({ password: "canary-password", privateKey: "canary-key" });
        const { credentials } = new ClusterSource("lab", { cluster: open, ...given });
        const value = await valueOf(credentials);
        expect(SourceCredentials.parse(value)).toEqual(value);
        expect(value).toMatchObject({
            tokens: {},
            federation: {
                caCertificate: CA,
                clientCertificate: CERTIFICATE,
                clientKey: "canary-key",
                password: "canary-password",
            },
        });
        expect(await pulumi.isSecret(credentials)).toBe(true);
        await mocks.settled();
        expect(mocks.resources.map(({ type }) => type)).toEqual(["external-prometheus:index:ClusterSource"]);
    });

    it("keeps secret what it was given in clear", async () => {
        const mocks = await startMocks({ outputs: fillIn });
        const clear = { kubeconfig: "kubeconfig of the cluster", endpointSecrets: { password: "canary" } };
        new ClusterSource("lab", { cluster, ...clear });
        const endpoint = endpointOf("url", { urls: ["https://prometheus.example.com"], username: "monitor" });
        const open = { ...cluster, name: "open", jobs: jobs({ "kubernetes-pods": "federate" }), endpoint };
        const { credentials } = new ClusterSource("open", { cluster: open, ...clear });
        expect(await pulumi.isSecret(credentials)).toBe(true);
        await mocks.settled();
        expect(mocks.find(PROVIDER, "lab").secrets).toEqual(["kubeconfig"]);
    });

    it("needs no credentials for what asks for none", async () => {
        await startMocks({ outputs: fillIn });
        const endpoint = endpointOf("url", { urls: ["http://10.0.0.1:9090"] });
        const open = { ...cluster, jobs: jobs({ "kubernetes-pods": "federate" }), endpoint };
        const { credentials } = new ClusterSource("lab", { cluster: open, ...secrets() });
        expect(Object.keys(await valueOf(credentials))).toEqual(["version", "tokens"]);
    });

    it("reaches the replicas through the API server by an account of their own", async () => {
        const mocks = await startMocks({ outputs: fillIn });
        const proxied = { ...cluster, endpoint: endpointOf("apiServerProxy", {}) };
        const { credentials } = new ClusterSource("lab", { cluster: proxied, ...secrets() });
        const value = await valueOf(credentials);
        expect(SourceCredentials.parse(value)).toEqual(value);
        expect(Object.keys(value)).toEqual(["version", "tokens"]);
        expect(value.tokens.federation).toBe(tokenFor("external-prometheus-federation"));
        await mocks.settled();
        expect(mocks.ofType("kubernetes:core/v1:Service").map(({ name }) => name)).toEqual([
            "lab-gateway-replica-0",
            "lab-gateway-replica-1",
        ]);
        expect(mocks.ofType("kubernetes:apps/v1:Deployment")).toEqual([]);
        expect(mocks.ofType("kubernetes:rbac.authorization.k8s.io/v1:Role").map(({ inputs }) => inputs)).toContainEqual(
            expect.objectContaining({ metadata: expect.objectContaining({ namespace: "monitoring" }) as object }),
        );
    });

    it("lets several clusters share a stack", async () => {
        const mocks = await startMocks({ outputs: fillIn });
        for (const name of ["lab", "other"]) {
            new ClusterSource(name, { cluster: { ...cluster, name }, ...secrets() });
        }
        await mocks.settled();
        const urns = mocks.resources.map(({ type, name }) => `${type} ${name}`);
        expect(new Set(urns).size).toBe(urns.length);
        for (const { name } of mocks.resources) expect(name).toMatch(/^(lab|other)(-|$)/);
    });

    it("knows no credentials in a preview, and still keeps them secret", async () => {
        const mocks = await startMocks({ preview: true });
        const { credentials } = new ClusterSource("lab", { cluster, ...secrets() });
        expect(await isKnown(credentials)).toBe(false);
        expect(await pulumi.isSecret(credentials)).toBe(true);
        await mocks.settled();
    });
});
