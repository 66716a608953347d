// How pulumi-kubernetes v4.32.0 checks, tries out and creates objects. Names of files are upstream's, below provider/pkg.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret, unknown, type Properties } from "../../providers/values";
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

describe("check", () => {
    it("names what has no name, the same for the same seed, and keeps that name (metadata/naming.go)", async () => {
        const first = await plugin.check(conf, configMap({ namespace }));
        const { name, annotations } = metadataOf(first);
        expect(name).toMatch(/^conf-[0-9a-f]{8}$/);
        expect(annotations).toEqual({ "pulumi.com/autonamed": "true" });
        expect(metadataOf(await plugin.check(conf, configMap({ namespace })))).toMatchObject({ name });
        const other = urn("kubernetes:core/v1:ConfigMap", "renamed");
        expect(metadataOf(await plugin.check(other, configMap({ namespace }), first.inputs))).toMatchObject({ name });
    });

    it("leaves a name alone, known or not", async () => {
        for (const name of ["settings", unknown]) {
            expect(metadataOf(await plugin.check(conf, configMap({ name, namespace })))).toEqual({ name, namespace });
        }
    });

    it("refuses generateName (provider.go Check)", async () => {
        const { message } = await failure(plugin.check(conf, configMap({ generateName: "x-", namespace })));
        expect(message).toContain("generateName");
    });

    it("adds the kubeconfig's namespace where objects have one (provider.go Check)", async () => {
        expect(metadataOf(await plugin.check(conf, configMap({ name: "x" })))).toMatchObject({ namespace: "default" });
        const role = {
            apiVersion: "rbac.authorization.k8s.io/v1",
            kind: "ClusterRole",
            metadata: { name: "x" },
            rules: [],
        };
        const checked = await plugin.check(urn("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "x"), role);
        expect(metadataOf(checked)).toEqual({ name: "x" });
    });

    it("turns stringData into data, and keeps it secret (clients/unstructured.go normalizeSecret)", async () => {
        const inputs = { apiVersion: "v1", kind: "Secret", metadata: { name: "x", namespace }, stringData: { a: "b" } };
        const checked = await plugin.check(secret, inputs);
        expect(checked.inputs["data"]).toEqual(new Secret({ a: "Yg==" }));
        expect(checked.inputs["stringData"]).toBeUndefined();
    });

    it.each([
        ["0.5", "500m"],
        ["1000m", "1"],
        ["1024Mi", "1Gi"],
        ["1.5Gi", "1536Mi"],
        ["0.5Gi", "512Mi"],
        ["250m", "250m"],
    ])(
        "writes the quantity %s as the API server does: %s (clients/unstructured.go Normalize)",
        async (given, written) => {
            const inputs = deployment({ name: "quantities", namespace }, { resources: { limits: { memory: given } } });
            const checked = await plugin.check(urn("kubernetes:apps/v1:Deployment", "quantities"), inputs);
            expect(checked.inputs).toMatchObject({
                spec: { template: { spec: { containers: [{ resources: { limits: { memory: written } } }] } } },
            });
        },
    );

    it("refuses what the stand-in does not implement", async () => {
        if (plugin.standIn) {
            const annotations = { "pulumi.com/replaceUnready": "true" };
            const refused = [
                plugin.check(conf, configMap({ name: "x", namespace, annotations })),
                plugin.check(urn("kubernetes:core/v1:ConfigMapPatch", "x"), configMap({ name: "x" })),
                plugin.check(urn("kubernetes:batch/v1:Job", "x"), { apiVersion: "batch/v1", kind: "Job" }),
            ];
            for (const attempt of refused) {
                expect((await failure(attempt)).message).toContain("stand-in");
            }
        }
    });
});

describe("create (await/await.go Creation, provider.go Create)", () => {
    it("records the live object, its inputs and its manager", async () => {
        const made = await plugin.deploy(conf, configMap({ name: "created", namespace }));
        expect(made.id).toBe(`${namespace}/created`);
        expect(made.state).toMatchObject({
            data: { key: "value" },
            __inputs: configMap({ name: "created", namespace }),
            __initialApiVersion: "v1",
            __fieldManager: expect.stringMatching(/^pulumi-kubernetes-[0-9a-f]{8}$/) as string,
        });
        const live = await cluster.get("v1", "ConfigMap", "created");
        expect(made.state["metadata"]).toMatchObject({ uid: live?.metadata["uid"] });
        expect(live?.metadata["managedFields"]).toMatchObject([{ manager: "pulumi-kubernetes", operation: "Update" }]);
    });

    it("fails on an object that exists, and leaves it as it is", async () => {
        await cluster.create("v1", "ConfigMap", "taken", { data: { key: "theirs" } });
        const error = await failure(plugin.deploy(conf, configMap({ name: "taken", namespace })));
        expect(error.message).toContain('configmaps "taken" already exists');
        expect(error.message).toContain("The resource already exists in the cluster");
        expect(error.partial).toBeUndefined();
        expect((await cluster.get("v1", "ConfigMap", "taken"))?.data).toEqual({ key: "theirs" });
    });

    it("keeps secret what is in a Secret, and what came from a secret input", async () => {
        const data = { key: Buffer.from("hush").toString("base64") };
        const inputs = { apiVersion: "v1", kind: "Secret", metadata: { name: "hidden", namespace }, data };
        const { state } = await plugin.deploy(secret, inputs);
        expect(state["data"]).toEqual(new Secret(data));
        expect(state["__inputs"]).toMatchObject({ data: new Secret(data) });
        const mixed = await plugin.deploy(
            conf,
            configMap({ name: "mixed", namespace }, { a: "1", b: new Secret("2") }),
        );
        expect(mixed.state["data"]).toEqual({ a: "1", b: new Secret("2") });
    });

    it("refuses fields that the API server does not know", async () => {
        if (plugin.standIn) {
            const inputs = { ...configMap({ name: "odd", namespace }), dta: {} };
            expect((await failure(plugin.deploy(conf, inputs))).message).toContain("dta");
            expect(await cluster.get("v1", "ConfigMap", "odd")).toBeUndefined();
        }
    });
});

describe("preview (provider.go Create and Update)", () => {
    const preview = { preview: true };

    it("of a create asks the server and stores nothing", async () => {
        const made = await plugin.deploy(conf, configMap({ name: "dry", namespace }), preview);
        expect(made.id).toBe("");
        expect(made.state["metadata"]).toHaveProperty("uid");
        expect(await cluster.get("v1", "ConfigMap", "dry")).toBeUndefined();
    });

    it("of a create reports what the server would refuse", async () => {
        const error = await failure(plugin.deploy(conf, configMap({ name: "Not Allowed", namespace }), preview));
        expect(error.message).toContain("Invalid value");
    });

    it("shows the inputs where the namespace is still to come, the object exists or a value is unknown", async () => {
        await cluster.create("v1", "ConfigMap", "preview-taken");
        for (const inputs of [
            configMap({ name: "x", namespace: `${namespace}-later` }),
            configMap({ name: "preview-taken", namespace }),
            configMap({ name: "x", namespace }, { key: unknown }),
        ]) {
            expect((await plugin.deploy(conf, inputs, preview)).state).toEqual(inputs);
        }
    });

    it("shows the inputs where the user may not try it", async () => {
        const configuration = { kubeconfig: await cluster.powerless(), context };
        const powerless = await PluginProcess.start("kubernetes", {}, configuration);
        try {
            const inputs = configMap({ name: "forbidden", namespace });
            expect((await powerless.deploy(conf, inputs, preview)).state).toEqual(inputs);
            expect((await failure(powerless.deploy(conf, inputs))).message).toContain("forbidden");
        } finally {
            powerless.stop();
        }
    });

    it("of an update asks the server and stores nothing", async () => {
        const old = await plugin.deploy(conf, configMap({ name: "kept", namespace }));
        const tried = await change(conf, old, configMap({ name: "kept", namespace, labels: { a: "b" } }), true);
        expect(tried.state["metadata"]).toMatchObject({ labels: { a: "b" } });
        expect((await cluster.get("v1", "ConfigMap", "kept"))?.metadata["labels"]).toBeUndefined();
    });
});
