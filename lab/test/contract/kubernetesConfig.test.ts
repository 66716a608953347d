// The provider's configuration and clusters that do not answer, of pulumi-kubernetes v4.32.0. Names of files are upstream's, below
// provider/pkg/provider.
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { Secret, unknown, type Properties } from "../../providers/values";
import { configMap, context, failure, kubeconfig, withServer, withUser } from "./kubernetesCluster";
import { PluginProcess, urn } from "./plugin";

const running: PluginProcess[] = [];
async function start(configuration: Properties, environment: NodeJS.ProcessEnv = {}): Promise<PluginProcess> {
    const ambient = { KUBECONFIG: "/nonexistent", PULUMI_CONFIG: undefined, PULUMI_K8S_DELETE_UNREACHABLE: undefined };
    const plugin = await PluginProcess.start("kubernetes", { ...ambient, ...environment }, configuration);
    running.push(plugin);
    return plugin;
}
afterEach(() => {
    running.splice(0).forEach((plugin) => {
        plugin.stop();
    });
});

const good: Properties = { kubeconfig: new Secret(kubeconfig), context };

describe("CheckConfig (provider.go)", () => {
    it("leaves the inputs alone, secrets included", async () => {
        const plugin = await start({});
        expect(await plugin.checkConfig(good)).toEqual({ inputs: good, failures: [] });
    });

    it("demands kubeconfig and context in strict mode, set on the provider or for the stack", async () => {
        const byStack = await start({}, { PULUMI_CONFIG: '{"strictMode":"true"}' });
        for (const checked of [
            await byStack.checkConfig({}),
            await (await start({})).checkConfig({ strictMode: "true", kubeconfig: "", context: unknown }),
        ]) {
            expect(checked.failures.map(({ property }) => property)).toEqual(["kubeconfig", "context"]);
        }
        expect((await byStack.checkConfig(good)).failures).toEqual([]);
    });

    it("refuses by name what the stand-in does not implement", async () => {
        const plugin = await start({});
        if (plugin.standIn) {
            const error = await failure(plugin.checkConfig({ ...good, renderYamlToDirectory: "out" }));
            expect(error.message).toContain("renderYamlToDirectory");
        }
    });
});

describe("DiffConfig (provider.go)", () => {
    let plugin: PluginProcess;
    beforeAll(async () => {
        plugin = await PluginProcess.start("kubernetes");
        return () => {
            plugin.stop();
        };
    });
    const elsewhere = withServer("https://192.0.2.1:6443");

    it.each<[string, Properties, Properties, boolean, string[]]>([
        ["nothing", good, good, false, []],
        ["another user of the same cluster", good, { ...good, kubeconfig: withUser({ token: "x" }) }, true, []],
        ["another cluster", good, { ...good, kubeconfig: elsewhere }, true, ["kubeconfig"]],
        ["a kubeconfig that is not known yet", good, { ...good, kubeconfig: unknown }, true, ["kubeconfig"]],
        ["a first identifier", good, { ...good, clusterIdentifier: "a" }, true, []],
        [
            "another identifier",
            { ...good, clusterIdentifier: "a" },
            { ...good, clusterIdentifier: "b" },
            true,
            ["clusterIdentifier"],
        ],
        [
            "another cluster under the same identifier",
            { ...good, clusterIdentifier: "a" },
            { kubeconfig: elsewhere, context, clusterIdentifier: "a" },
            true,
            [],
        ],
        [
            "an unknown kubeconfig under the same identifier",
            { ...good, clusterIdentifier: "a" },
            { kubeconfig: unknown, context, clusterIdentifier: "a" },
            true,
            [],
        ],
    ])("%s", async (_, before, after, changes, replaces) => {
        expect(await plugin.diffConfig(before, after)).toMatchObject({ changes, replaces });
    });
});

describe("a cluster that does not answer (provider.go)", () => {
    const resource = urn("kubernetes:core/v1:ConfigMap", "settings");
    const inputs = configMap({ name: "settings", namespace: "default" });
    const old = {
        id: "default/settings",
        inputs,
        state: { ...inputs, __inputs: inputs, __initialApiVersion: "v1", __fieldManager: "pulumi-kubernetes-00000000" },
    };
    // Nothing listens on port 1.
    const dead: Properties = { kubeconfig: withServer("https://127.0.0.1:1"), context };

    it("is no hindrance to a preview", async () => {
        const plugin = await start(dead);
        const changed = configMap({ name: "settings", namespace: "default" }, { key: "new" });
        expect((await plugin.check(resource, changed, inputs)).inputs).toEqual(changed);
        expect((await plugin.diff(resource, old, inputs)).changes).toBe(false);
        expect((await plugin.diff(resource, old, changed)).detailed).toEqual({ "data.key": "update-replace" });
        expect((await plugin.create(resource, changed, { preview: true })).state).toEqual(changed);
        expect((await plugin.update(resource, old, changed, { preview: true })).state).toEqual(changed);
    });

    it("fails create and update", async () => {
        const plugin = await start(dead);
        for (const attempt of [plugin.create(resource, inputs), plugin.update(resource, old, inputs)]) {
            expect((await failure(attempt)).message).toContain("configured Kubernetes cluster is unreachable");
        }
    });

    it("fails read and delete with a hint, unless objects are to be forgotten", async () => {
        const plugin = await start(dead);
        expect((await failure(plugin.read(resource, old))).message).toMatch(/unreachable cluster.*DELETE_UNREACHABLE/);
        expect((await failure(plugin.delete(resource, old))).message).toMatch(/unreachable.*DELETE_UNREACHABLE/);
        const forgetful = await start(dead, { PULUMI_K8S_DELETE_UNREACHABLE: "true" });
        expect((await forgetful.read(resource, old)).id).toBe("");
        await forgetful.delete(resource, old);
    });

    it("includes one whose kubeconfig cannot be read, and does not quote it", async () => {
        const plugin = await start({ kubeconfig: "token: hunter2: [", context });
        const { message } = await failure(plugin.create(resource, inputs));
        expect(message).toContain("failed to parse kubeconfig data");
        expect(message).not.toContain("hunter2");
    });

    it("includes one whose context is missing", async () => {
        const plugin = await start({ ...good, context: "elsewhere" });
        expect((await failure(plugin.create(resource, inputs))).message).toContain(
            'context "elsewhere" does not exist',
        );
    });
});
