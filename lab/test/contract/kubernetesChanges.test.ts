// How pulumi-kubernetes v4.32.0 compares, updates, reads and deletes objects. Names of files are upstream's, below provider/pkg.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret, hasSecret, plainProperties, type Properties } from "../../providers/values";
import { Cluster, configMap, context, deployment, failure, kubeconfig, metadataOf } from "./kubernetesCluster";
import { PluginProcess, urn, type Recorded } from "./plugin";

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
const secret = urn("kubernetes:core/v1:Secret", "secret");

async function change(resource: string, old: Recorded, inputs: Properties, preview = false): Promise<Recorded> {
    const checked = await plugin.check(resource, inputs, old.inputs);
    return plugin.update(resource, old, checked.inputs, { preview });
}

describe("diff (diff.go, provider.go Diff)", () => {
    it("sees no change where the API server wrote the same in its own way", async () => {
        const resource = urn("kubernetes:apps/v1:Deployment", "same");
        const inputs = deployment(
            { name: "same", namespace },
            {
                env: [{ name: "EMPTY", value: "" }],
                resources: { requests: { cpu: "0.01", memory: "1024Mi" } },
                stdin: false,
            },
        );
        const old = await plugin.deploy(resource, inputs);
        expect(
            await plugin.diff(resource, old, (await plugin.check(resource, inputs, old.inputs)).inputs),
        ).toMatchObject({
            changes: false,
            detailed: {},
        });
        const read = await plugin.read(resource, old);
        expect((await plugin.diff(resource, read, inputs)).changes).toBe(false);
    });

    it("shows what is added, changed and taken away, by path", async () => {
        const labels = { "a.b/c": "1", gone: "2" };
        const old = await plugin.deploy(conf, configMap({ name: "paths", namespace, labels }));
        const inputs = configMap({ name: "paths", namespace, labels: { "a.b/c": "x", fresh: "3" } });
        const diff = await plugin.diff(conf, old, inputs);
        expect(diff.detailed).toEqual({
            'metadata.labels["a.b/c"]': "update",
            "metadata.labels.fresh": "add",
            "metadata.labels.gone": "delete",
        });
        expect(diff.replaces).toEqual([]);
    });

    const rbac = "rbac.authorization.k8s.io";
    const binding: Properties = {
        apiVersion: `${rbac}/v1`,
        kind: "RoleBinding",
        metadata: { name: "bound", namespace },
        roleRef: { apiGroup: rbac, kind: "Role", name: "a" },
        subjects: [],
    };
    const service: Properties = {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "svc", namespace },
        spec: { clusterIP: "None", ports: [{ port: 80 }] },
    };
    const set: Properties = { ...deployment({ name: "set", namespace }), apiVersion: "apps/v1", kind: "StatefulSet" };
    const opaque: Properties = {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "s", namespace },
        type: "a/b",
        data: { a: "YQ==" },
    };
    const withSpec = (object: Properties, changes: Properties): Properties => ({
        ...object,
        spec: { ...(object["spec"] as Properties), ...changes },
    });

    it.each<[string, string, Properties, Properties, string]>([
        [
            "a name",
            "core/v1:ConfigMap",
            configMap({ name: "a", namespace }),
            configMap({ name: "b", namespace }),
            "metadata.name",
        ],
        [
            "ConfigMap data",
            "core/v1:ConfigMap",
            configMap({ name: "d", namespace }),
            configMap({ name: "d", namespace }, { key: "new" }),
            "data.key",
        ],
        ["Secret data", "core/v1:Secret", opaque, { ...opaque, data: { a: "Yg==" } }, "data.a"],
        [
            "a Secret's type",
            "core/v1:Secret",
            { ...opaque, metadata: { name: "t", namespace } },
            { ...opaque, metadata: { name: "t", namespace }, type: "c/d" },
            "type",
        ],
        [
            "roleRef",
            `${rbac}/v1:RoleBinding`,
            binding,
            { ...binding, roleRef: { apiGroup: rbac, kind: "Role", name: "b" } },
            "roleRef.name",
        ],
        [
            "a Service's clusterIP",
            "core/v1:Service",
            service,
            withSpec(service, { clusterIP: "10.96.77.77" }),
            "spec.clusterIP",
        ],
        [
            "a Deployment's selector",
            "apps/v1:Deployment",
            deployment({ name: "sel", namespace }),
            withSpec(deployment({ name: "sel", namespace }), { selector: { matchLabels: { app: "x" } } }),
            "spec.selector.matchLabels.app",
        ],
        [
            "a StatefulSet's serviceName",
            "apps/v1:StatefulSet",
            withSpec(set, { serviceName: "a" }),
            withSpec(set, { serviceName: "b" }),
            "spec.serviceName",
        ],
    ])("replaces for %s", async (_, type, before, after, path) => {
        const resource = urn(`kubernetes:${type}`, "replaced");
        const diff = await plugin.diff(resource, await plugin.deploy(resource, before), after);
        expect(diff.replaces).toEqual([path]);
        expect(diff.detailed[path]).toBe("update-replace");
        // An object of the same name cannot be made before the old one is gone.
        expect(diff.deleteBeforeReplace).toBe(path !== "metadata.name");
    });

    it("makes the new object first where the plugin chose the name", async () => {
        const resource = urn("kubernetes:core/v1:ConfigMap", "auto");
        const old = await plugin.deploy(resource, configMap({ namespace }));
        const { inputs } = await plugin.check(resource, configMap({ namespace }, { key: "new" }), old.inputs);
        expect(await plugin.diff(resource, old, inputs)).toMatchObject({
            replaces: ["data.key"],
            deleteBeforeReplace: false,
        });
    });

    it("updates everything else in place", async () => {
        const resource = urn("kubernetes:apps/v1:Deployment", "inplace");
        const old = await plugin.deploy(resource, deployment({ name: "inplace", namespace }));
        const diff = await plugin.diff(
            resource,
            old,
            deployment({ name: "inplace", namespace }, { image: "docker.io/lab/pause:2" }),
        );
        expect(diff.detailed).toEqual({ "spec.template.spec.containers[0].image": "update" });
        expect(diff.replaces).toEqual([]);
    });
});

describe("update (await/await.go Update)", () => {
    const labelled = (name: string, labels: Properties, annotations?: Properties): Properties =>
        configMap({ name, namespace, labels, ...(annotations && { annotations }) });

    it("applies on the server, takes over what was created and takes away what is no longer asked for", async () => {
        const old = await plugin.deploy(conf, labelled("applied", { a: "1", b: "1" }));
        const now = await change(conf, old, labelled("applied", { a: "2" }));
        const { metadata } = (await cluster.get("v1", "ConfigMap", "applied")) ?? {};
        expect(metadata?.["labels"]).toEqual({ a: "2" });
        expect(metadata?.["managedFields"]).toMatchObject([
            { manager: old.state["__fieldManager"], operation: "Apply" },
        ]);
        expect(now.state["__fieldManager"]).toBe(old.state["__fieldManager"]);
        expect(now.state["metadata"]).toMatchObject({ labels: { a: "2" } });
    });

    it("leaves other managers' fields alone and fails on a conflict, unless told to win (patchForce)", async () => {
        const old = await plugin.deploy(conf, labelled("contested", { a: "1" }));
        await cluster.patch("v1", "ConfigMap", "contested", {
            metadata: { name: "contested", labels: { a: "theirs", b: "theirs" } },
        });
        const error = await failure(change(conf, old, labelled("contested", { a: "2" })));
        expect(error.message).toContain("server-side apply field conflict detected");
        expect(error.message).toContain('conflict with "someone-else"');
        expect(error.partial?.id).toBe(`${namespace}/contested`);

        await change(conf, old, labelled("contested", { a: "3" }, { "pulumi.com/patchForce": "true" }));
        const live = await cluster.get("v1", "ConfigMap", "contested");
        expect(live?.metadata["labels"]).toEqual({ a: "3", b: "theirs" });
    });
});

describe("read (provider.go Read)", () => {
    it("sees drift in what the inputs name, and nothing else", async () => {
        const inputs = configMap({ name: "drifted", namespace, labels: { a: "1" } });
        const old = await plugin.deploy(conf, inputs);
        await cluster.patch("v1", "ConfigMap", "drifted", {
            metadata: { name: "drifted", labels: { a: "2", b: "2" } },
        });
        const read = await plugin.read(conf, old);
        expect(read.inputs).toEqual(configMap({ name: "drifted", namespace, labels: { a: "2" } }));
        expect((await plugin.diff(conf, read, inputs)).detailed).toEqual({ "metadata.labels.a": "update" });
    });

    it("finds an object that only its id is known of", async () => {
        await cluster.create("v1", "Secret", "found", { data: { a: "YQ==" } });
        const read = await plugin.read(secret, { id: `${namespace}/found`, inputs: {}, state: {} });
        expect(read.id).toBe(`${namespace}/found`);
        expect(plainProperties(read.inputs)).toMatchObject({
            kind: "Secret",
            metadata: { name: "found" },
            data: { a: "YQ==" },
        });
        expect(hasSecret(read.inputs["data"] ?? null)).toBe(true);
        expect(metadataOf(read)).not.toHaveProperty("uid");
    });

    it("reports an object that is gone", async () => {
        const old = await plugin.deploy(conf, configMap({ name: "lost", namespace }));
        await cluster.delete("v1", "ConfigMap", "lost");
        expect((await plugin.read(conf, old)).id).toBe("");
    });
});

describe("delete (await/await.go Deletion)", () => {
    it("waits until the object is gone", async () => {
        const old = await plugin.deploy(conf, configMap({ name: "deleted", namespace }));
        await plugin.delete(conf, old);
        expect(await cluster.get("v1", "ConfigMap", "deleted")).toBeUndefined();
        await plugin.delete(conf, old);
    });

    it("fails, and keeps the object on record, when something holds it back", async () => {
        const finalizers = ["example.com/held"];
        const old = await plugin.deploy(conf, configMap({ name: "held", namespace, finalizers }));
        const error = await failure(plugin.delete(conf, old, { timeout: 2 }));
        expect(error.message).toContain("timed out waiting for the condition");
        expect(error.partial?.id).toBe(`${namespace}/held`);
        await cluster.patch("v1", "ConfigMap", "held", { metadata: { name: "held", finalizers: null } });
    });
});
