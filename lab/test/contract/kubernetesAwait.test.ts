// What pulumi-kubernetes v4.32.0 waits for. Names of files are upstream's, below provider/pkg.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret, plainProperties, type Properties } from "../../providers/values";
import { Cluster, configMap, context, failure, kubeconfig } from "./kubernetesCluster";
import { PluginProcess, urn } from "./plugin";

const cluster = new Cluster();
const { namespace } = cluster;
let plugin: PluginProcess;

beforeAll(async () => {
    await cluster.start();
    plugin = await PluginProcess.start("kubernetes", {}, { kubeconfig: new Secret(kubeconfig), context });
});
afterAll(async () => {
    plugin.stop();
    await cluster.stop();
});

const conf = urn("kubernetes:core/v1:ConfigMap", "conf");
const secret = urn("kubernetes:core/v1:Secret", "token");
const deployed = urn("kubernetes:apps/v1:Deployment", "app");
const service = urn("kubernetes:core/v1:Service", "svc");

async function seconds(step: Promise<unknown>): Promise<number> {
    const start = Date.now();
    await step;
    return (Date.now() - start) / 1000;
}

function annotated(name: string, annotations: Properties): Properties {
    return configMap({ name, namespace, annotations });
}

function workload(
    kind: "Deployment" | "StatefulSet",
    name: string,
    image: string,
    annotations: Properties = {},
): Properties {
    const labels = { app: name };
    const containers = [{ name: "main", image, imagePullPolicy: "Never" }];
    return {
        apiVersion: "apps/v1",
        kind,
        metadata: { name, namespace, annotations },
        spec: {
            replicas: 1,
            ...(kind === "StatefulSet" && { serviceName: name }),
            selector: { matchLabels: labels },
            template: {
                metadata: { labels },
                spec: { containers, automountServiceAccountToken: false, terminationGracePeriodSeconds: 0 },
            },
        },
    };
}

const pause = "docker.io/lab/pause:1";
const missing = "docker.io/lab/no-such-image:1";

describe("tokens of ServiceAccounts (await/awaiters.go untilCoreV1SecretInitialized)", () => {
    function token(name: string, account: string, annotations: Properties = {}): Properties {
        return {
            apiVersion: "v1",
            kind: "Secret",
            metadata: {
                name,
                namespace,
                annotations: { "kubernetes.io/service-account.name": account, ...annotations },
            },
            type: "kubernetes.io/service-account-token",
        };
    }

    it.each([
        ["by default", {}],
        ["by waitFor", { "pulumi.com/waitFor": "jsonpath={.data.token}", "pulumi.com/timeoutSeconds": "20" }],
    ])("are there when the Secret is created, %s", async (how, annotations) => {
        const name = how.replace(" ", "-").toLowerCase();
        await cluster.create("v1", "ServiceAccount", name);
        const { state } = await plugin.deploy(secret, token(name, name, annotations));
        expect(plainProperties(state)["data"]).toMatchObject({ token: expect.stringMatching(/^ZXlK/) as string });
        expect(state["data"]).toBeInstanceOf(Secret);
    });

    it("fail a Secret whose ServiceAccount does not exist, and keep it on record", async () => {
        const error = await failure(plugin.deploy(secret, token("orphan", "nobody")));
        expect(error.message).toContain("was successfully created");
        expect(error.partial).toMatchObject({ id: `${namespace}/orphan`, state: { kind: "Secret" } });
    });
});

describe("pulumi.com/waitFor (metadata/overrides.go, await/condition)", () => {
    it("waits for something that is to come, a value or all of several", async () => {
        const conditions = JSON.stringify(["jsonpath={.data['when.at']}", "jsonpath={.metadata.labels.state}=ready"]);
        const creation = plugin.deploy(conf, annotated("comes", { "pulumi.com/waitFor": conditions }));
        await sleep(700);
        const patch = (state: string): Promise<void> =>
            cluster.patch("v1", "ConfigMap", "comes", {
                metadata: { name: "comes", labels: { state } },
                data: { "when.at": "now" },
            });
        await patch("halfway");
        await sleep(1200);
        await patch("ready");
        const { state } = await creation;
        expect(state["metadata"]).toMatchObject({ labels: { state: "ready" } });
        expect(state["data"]).toMatchObject({ "when.at": "now" });
    });

    it("fails after timeoutSeconds, and keeps the object on record", async () => {
        const annotations = { "pulumi.com/waitFor": "jsonpath={.data.never}", "pulumi.com/timeoutSeconds": "1" };
        const start = Date.now();
        const error = await failure(plugin.deploy(conf, annotated("never", annotations)));
        expect(Date.now() - start).toBeLessThan(5000);
        expect(error.message).toContain("timed out waiting for the condition");
        expect(error.partial).toMatchObject({
            id: `${namespace}/never`,
            state: { data: { key: "value" }, __inputs: { data: { key: "value" } } },
        });
    });

    it("fails after customTimeouts, which win over the annotation (metadata/overrides.go TimeoutDuration)", async () => {
        const annotations = { "pulumi.com/waitFor": "jsonpath={.data.never}", "pulumi.com/timeoutSeconds": "600" };
        const creation = plugin.deploy(conf, annotated("custom", annotations), { timeout: 1 });
        expect((await failure(creation)).message).toContain("timed out");
    });

    it("waits in an update too", async () => {
        const old = await plugin.deploy(conf, annotated("updated", {}));
        const annotations = { "pulumi.com/waitFor": "jsonpath={.data.never}" };
        const error = await failure(plugin.update(conf, old, annotated("updated", annotations), { timeout: 1 }));
        expect(error.partial?.id).toBe(`${namespace}/updated`);
    });

    it("waits for conditions of the status, whatever their case", async () => {
        const annotations = { "pulumi.com/waitFor": "condition=available" };
        const { state } = await plugin.deploy(deployed, workload("Deployment", "condition", pause, annotations));
        expect(state["status"]).toMatchObject({ availableReplicas: 1 });
    });

    it.each(["jsonpath=.data.token", "data.token", "[]", "jsonpath={.a}="])("refuses %s", async (expression) => {
        const name = `refused-${Buffer.from(expression).toString("hex").slice(-12)}`;
        const error = await failure(plugin.deploy(conf, annotated(name, { "pulumi.com/waitFor": expression })));
        expect(error.message).toContain("was not successfully created");
        expect(error.partial).toBeUndefined();
    });

    it("gives way to skipAwait", async () => {
        const annotations = { "pulumi.com/waitFor": "jsonpath={.data.never}", "pulumi.com/skipAwait": "true" };
        expect(await seconds(plugin.deploy(conf, annotated("skipped", annotations)))).toBeLessThan(5);
    });

    it("ends when the user cancels (provider.go Cancel)", async () => {
        const configuration = { kubeconfig, context };
        const cancelled = await PluginProcess.start("kubernetes", {}, configuration);
        try {
            const annotations = { "pulumi.com/waitFor": "jsonpath={.data.never}" };
            const creation = failure(cancelled.deploy(conf, annotated("cancelled", annotations)));
            await sleep(1500);
            await cancelled.cancel();
            expect((await creation).partial?.id).toBe(`${namespace}/cancelled`);
        } finally {
            cancelled.stop();
        }
    });
});

describe("workloads (await/deployment.go, await/statefulset.go)", () => {
    it("are running when they are created: Deployment", async () => {
        const old = await plugin.deploy(deployed, workload("Deployment", "runs", pause));
        expect(old.state["status"]).toMatchObject({ readyReplicas: 1 });
        const inputs = workload("Deployment", "runs", pause, { "example.com/note": "x" });
        expect((await plugin.update(deployed, old, inputs)).state["status"]).toMatchObject({ readyReplicas: 1 });
    });

    it("are running when they are created: StatefulSet", async () => {
        const resource = urn("kubernetes:apps/v1:StatefulSet", "set");
        const { state } = await plugin.deploy(resource, workload("StatefulSet", "set", pause));
        expect(state["status"]).toMatchObject({ readyReplicas: 1, currentReplicas: 1 });
    });

    it.each(["Deployment", "StatefulSet"] as const)("fail with the pods' reasons: %s", async (kind) => {
        const resource = urn(`kubernetes:apps/v1:${kind}`, "broken");
        const inputs = workload(kind, `broken-${kind.toLowerCase()}`, missing);
        const error = await failure(plugin.deploy(resource, inputs, { timeout: 4 }));
        expect(error.message).toContain("timed out waiting to be Ready");
        expect(error.partial?.reasons.join("\n")).toContain("no-such-image");
        const recorded = { id: error.partial?.id ?? "", inputs, state: error.partial?.state ?? {} };
        expect((await failure(plugin.read(resource, recorded))).partial?.id).toBe(recorded.id);
    });

    it("fail when a new revision does not come up, though the old one still runs", async () => {
        const old = await plugin.deploy(deployed, workload("Deployment", "rolled", pause));
        const update = plugin.update(deployed, old, workload("Deployment", "rolled", missing), { timeout: 4 });
        const error = await failure(update);
        expect(error.partial?.state).toMatchObject({ status: { availableReplicas: 1 } });
        expect(error.partial?.reasons.join("\n")).toContain("Minimum number of Pods");
    });

    it("are not waited for with skipAwait, neither created nor deleted", async () => {
        const inputs = workload("Deployment", "hurried", missing, { "pulumi.com/skipAwait": "true" });
        const old = await plugin.deploy(deployed, inputs);
        expect(old.state["status"]).toEqual({});
        await plugin.delete(deployed, old);
    });
});

describe("Services (await/service.go)", () => {
    function spec(name: string, changes: Properties, annotations: Properties = {}): Properties {
        return {
            apiVersion: "v1",
            kind: "Service",
            metadata: { name, namespace, annotations },
            spec: { ports: [{ port: 80 }], ...changes },
        };
    }

    it("of type LoadBalancer need an address", async () => {
        const inputs = spec("balanced", { type: "LoadBalancer" });
        const error = await failure(plugin.deploy(service, inputs, { timeout: 1 }));
        expect(error.partial?.reasons.join("\n")).toContain("not allocated an IP address");
    });

    it("without selector are ready at once", async () => {
        expect(await seconds(plugin.deploy(service, spec("plain", {})))).toBeLessThan(5);
    });

    it("with selector are ready when their endpoints have stood still for ten seconds", async () => {
        const taken = await seconds(plugin.deploy(service, spec("selects", { selector: { app: "nobody" } })));
        expect(taken).toBeGreaterThan(9);
        expect(taken).toBeLessThan(120);
    });

    it("with endpoints that are not ready are waited for", async () => {
        const annotations = { "pulumi.com/skipAwait": "true" };
        const pods = workload("Deployment", "unready", missing, annotations);
        await plugin.deploy(urn("kubernetes:apps/v1:Deployment", "unready"), pods);
        await expectPodScheduled("unready");
        const error = await failure(
            plugin.deploy(service, spec("pending", { selector: { app: "unready" } }), { timeout: 15 }),
        );
        expect(error.message).toContain("timed out waiting to be Ready");
        expect(error.partial?.reasons.join("\n")).toContain("Service does not target any Pods");
    });

    async function expectPodScheduled(name: string): Promise<void> {
        for (;;) {
            const live = await cluster.get("apps/v1", "Deployment", name);
            if (live?.status?.["unavailableReplicas"] === 1) {
                // The kubelet gives the pod its address.
                await sleep(2000);
                return;
            }
            await sleep(200);
        }
    }
});
