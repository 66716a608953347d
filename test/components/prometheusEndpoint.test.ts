import * as pulumi from "@pulumi/pulumi";
import { setImmediate } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { PrometheusEndpoint } from "../../components/prometheusEndpoint";
import { renderGatewayConfiguration } from "../../config/kubernetes/gatewayConfiguration";
import { endpoint, endpointOf } from "../config/kubernetes/cluster";
import { collectRejections, type Deployment, startMocks, UNKNOWN, valueOf } from "../harness";
import { fillIn } from "./cluster";

const args = { cluster: "lab", namespace: "external-prometheus", endpoint, secrets: {} };

async function make(outputs = fillIn) {
    const mocks = await startMocks({ outputs });
    const made = new PrometheusEndpoint("lab-gateway", args);
    return { made, mocks: await mocks.settled() };
}

function podTemplate(mocks: Deployment) {
    const { spec } = mocks.find("kubernetes:apps/v1:Deployment", "lab-gateway").inputs as {
        spec: {
            template: {
                metadata: { annotations: Record<string, string> };
                spec: { volumes: unknown[] };
            };
        };
    };
    return spec.template;
}

describe("PrometheusEndpoint", () => {
    it("leads to each replica by the address of its Service", async () => {
        const { mocks } = await make();
        const configMap = mocks.find("kubernetes:core/v1:ConfigMap", "lab-gateway-configuration");
        expect(configMap.inputs["data"]).toEqual({
            "nginx.conf": renderGatewayConfiguration(
                [
                    { address: "10.96.0.40", port: 9090 },
                    { address: "10.96.0.41", port: 9090 },
                ],
                "",
            ),
        });
        expect(configMap.dependencies).toEqual(
            expect.arrayContaining(["lab-gateway-replica-0", "lab-gateway-replica-1"]),
        );
    });

    it("gives the gateway's pods the server's certificate, as a secret", async () => {
        const { mocks } = await make();
        const secret = mocks.find("kubernetes:core/v1:Secret", "lab-gateway-certificate");
        expect(secret.inputs).toMatchObject({
            type: "kubernetes.io/tls",
            stringData: {
                "ca.crt": expect.stringContaining("\nlab-gateway-certificates-ca\n") as string,
                "tls.crt": expect.stringContaining("\nlab-gateway-certificates-server\n") as string,
                "tls.key": "key of lab-gateway-certificates-server-key\n",
            },
        });
        expect(secret.secrets).toContain("stringData");
        expect(podTemplate(mocks).spec.volumes[0]).toMatchObject({
            projected: {
                sources: [
                    { configMap: { name: "lab-gateway-configuration-auto" } },
                    { secret: { name: "lab-gateway-certificate-auto" } },
                ],
            },
        });
    });

    it("replaces the pods when the configuration or a certificate changes, not when a key alone does", async () => {
        const sum = async (type: string, name: string, change: Record<string, unknown>) => {
            const { mocks } = await make((...it) =>
                it[0].startsWith(type) && it[1].endsWith(name) ? { ...fillIn(...it), ...change } : fillIn(...it),
            );
            return podTemplate(mocks).metadata.annotations["external-prometheus/checksum"];
        };
        const before = await sum("none", "none", {});
        expect(before).toMatch(/^[0-9a-f]{64}$/);
        const certPem = "-----BEGIN CERTIFICATE-----\nnew\n-----END CERTIFICATE-----\n";
        expect(await sum("kubernetes:core", "replica-1", { spec: { clusterIP: "10.96.0.99" } })).not.toBe(before);
        expect(await sum("tls:index/locallySigned", "-server", { certPem })).not.toBe(before);
        expect(await sum("tls:index/selfSigned", "-ca", { certPem })).not.toBe(before);
        expect(await sum("tls:index/locallySigned", "-client", { certPem })).toBe(before);
        expect(await sum("tls:index/privateKey", "-server-key", { privateKeyPem: "new" })).toBe(before);
    });

    it("gives the VM the client's side, as a secret", async () => {
        const { made } = await make();
        expect(await valueOf(made.credentials)).toEqual({
            caCertificate: expect.stringContaining("\nlab-gateway-certificates-ca\n") as string,
            clientCertificate: expect.stringContaining("\nlab-gateway-certificates-client\n") as string,
            clientKey: "key of lab-gateway-certificates-client-key\n",
        });
        expect(await pulumi.isSecret(made.credentials)).toBe(true);
    });

    it("opens an Ingress of the user's controller, with what the user gives", async () => {
        const mocks = await startMocks({ outputs: fillIn });
        const ingress = endpointOf("ingress", { hosts: ["a.example.com", "b.example.com"], username: "monitor" });
        const secrets = pulumi.secret({ password: "canary" });
        const made = new PrometheusEndpoint("lab-gateway", { ...args, endpoint: ingress, secrets });
        expect(await valueOf(made.credentials)).toEqual({ password: "canary" });
        expect(await pulumi.isSecret(made.credentials)).toBe(true);
        await mocks.settled();
        expect(mocks.resources.map(({ type }) => type.replace(/.*:/, "")).sort()).toEqual([
            "Ingress",
            "PrometheusEndpoint",
            "Service",
            "Service",
        ]);
    });

    it("opens a route a replica where the controller is one of the Gateway API", async () => {
        const mocks = await startMocks({ outputs: fillIn });
        const httpRoute = { gateway: "internal", namespace: "gateways" };
        const hosts = ["a.example.com", "b.example.com"];
        const ingress = endpointOf("ingress", { hosts, username: "monitor", httpRoute });
        new PrometheusEndpoint("lab-gateway", { ...args, endpoint: ingress });
        await mocks.settled();
        expect(mocks.resources.map(({ type }) => type.replace(/.*:/, "")).sort()).toEqual([
            "HTTPRoute",
            "HTTPRoute",
            "PrometheusEndpoint",
            "Service",
            "Service",
        ]);
    });

    it("lets its pods in at each replica where that is asked for", async () => {
        const names = async (admittance: boolean) => {
            const mocks = await startMocks({ outputs: fillIn });
            new PrometheusEndpoint("lab-gateway", { ...args, endpoint: { ...endpoint, admittance } });
            await mocks.settled();
            return mocks
                .ofType("kubernetes:networking.k8s.io/v1:NetworkPolicy")
                .map(({ name }) => name)
                .sort();
        };
        expect(await names(false)).toEqual(["lab-gateway-policy"]);
        expect(await names(true)).toEqual([
            "lab-gateway-admittance-0",
            "lab-gateway-admittance-1",
            "lab-gateway-policy",
        ]);
    });

    it("is planned whole in a preview, before any address is known", async () => {
        const mocks = await startMocks({ preview: true });
        const made = new PrometheusEndpoint("lab-gateway", args);
        expect(await pulumi.isSecret(made.credentials)).toBe(true);
        await mocks.settled();
        const planned = mocks.resources.map(({ type }) => type);
        const { mocks: done } = await make();
        expect(planned.sort()).toEqual(done.resources.map(({ type }) => type).sort());
        expect(mocks.find("kubernetes:apps/v1:Deployment", "lab-gateway").inputs).toMatchObject({
            spec: { replicas: 2 },
        });
    });

    it("leaves unknown in a preview what it writes of addresses that are not known yet", async () => {
        const mocks = await startMocks({ preview: true });
        new PrometheusEndpoint("lab-gateway", args);
        await mocks.settled();
        const configMap = mocks.find("kubernetes:core/v1:ConfigMap", "lab-gateway-configuration");
        expect(configMap.inputs["data"]).toEqual({ "nginx.conf": UNKNOWN });
        expect(podTemplate(mocks).metadata.annotations["external-prometheus/checksum"]).toBe(UNKNOWN);
    });

    it("shows in a preview what it writes of the addresses that there are", async () => {
        const mocks = await startMocks({ preview: true, previewOutputs: fillIn });
        new PrometheusEndpoint("lab-gateway", args);
        await mocks.settled();
        const { inputs } = mocks.find("kubernetes:core/v1:ConfigMap", "lab-gateway-configuration");
        expect(inputs).toMatchObject({
            data: { "nginx.conf": expect.stringContaining("http://10.96.0.41:9090/federate") as string },
        });
    });

    it.each([[undefined], [""], ["None"]])("fails where a Service has the address %j", async (clusterIP) => {
        const rejections = collectRejections();
        const mocks = await startMocks({
            outputs: (...it) => ({
                ...fillIn(...it),
                ...(it[1] === "lab-gateway-replica-1" ? { spec: { clusterIP } } : {}),
            }),
        });
        new PrometheusEndpoint("lab-gateway", args);
        const what =
            /Cluster 'lab': the Service external-prometheus-replica-1 in the namespace monitoring has no address of its own/;
        await vi.waitFor(
            () => {
                expect(rejections.map(String)).toContainEqual(expect.stringMatching(what));
            },
            { timeout: 60_000 },
        );
        await setImmediate();
        expect(rejections.filter((error) => !pulumi.RunError.isInstance(error))).toEqual([]);
        expect(mocks.ofType("kubernetes:core/v1:ConfigMap")).toEqual([]);
    });
});
