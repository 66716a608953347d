import * as pulumi from "@pulumi/pulumi";
import { setImmediate } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { parseConfig } from "../../config/load";
import type { ConfigValues, StackConfig } from "../../config/schema";
import { collectRejections, isKnown, startMocks, valueOf } from "../harness";
import { completeKeys, configure, exampleKeys, KUBECONFIG, load, PRIVATE_KEY, SECRETS } from "./environment";

afterEach(() => {
    pulumi.runtime.setAllConfig({});
});

/** The example's values with other secrets; tests name more of them than the types allow. */
function values(changes: object = {}): ConfigValues {
    return { ...exampleKeys(), ...SECRETS, ...changes };
}

function refusal(given: ConfigValues): string {
    try {
        parseConfig(given);
    } catch (error) {
        if (pulumi.RunError.isInstance(error)) {
            return error.message;
        }
        throw error;
    }
    throw new Error("the values were accepted");
}

/** All of it, secrets in clear. */
function revealed(config: StackConfig): Promise<unknown> {
    return valueOf(pulumi.output(config as object));
}

function privateKeyOf({ vmPrivateKey }: StackConfig): pulumi.Output<string> {
    if (vmPrivateKey === undefined) throw new Error("there is no key");
    return vmPrivateKey;
}

describe("parseConfig", () => {
    it("makes of values what loadConfig makes of the same in a stack's configuration", async () => {
        const { plain, secret } = completeKeys();
        const loaded = await revealed(load(plain, secret));
        pulumi.runtime.setAllConfig({});
        expect(await revealed(parseConfig({ ...plain, ...secret } as ConfigValues))).toEqual(loaded);
    });

    it("reads nothing of the stack's own configuration", () => {
        configure({ vm: { host: 1 }, mistyped: "x" });
        expect(parseConfig(values()).vm?.host).toBe("198.51.100.20");
    });

    it("takes undefined for a key that is not there", () => {
        const { clusters } = exampleKeys();
        const { kubeconfigs } = SECRETS;
        expect(parseConfig({ vm: undefined, clusters, kubeconfigs } as ConfigValues)).not.toHaveProperty("vm");
    });

    it("names every problem at once, by its key and without commands for a stack's configuration", () => {
        const vm = { ...exampleKeys()["vm"], port: 0 };
        expect(refusal(values({ vm, vmPrivateKey: "CANARY", vmPrivateKy: "CANARY" }))).toMatchInlineSnapshot(`
          "What parseConfig was given has 3 problems (every key: docs/configuration.md).

          ✖ vmPrivateKy is no key of this program; did you mean 'vmPrivateKey'?

          ✖ vm.port must be at least 1, got 0

          ✖ vmPrivateKey is not a private key: it must be a whole file that begins with '-----BEGIN … PRIVATE KEY-----'
          "
        `);
    });
});

describe("a secret that is an output", () => {
    it("is handed on as a secret, whatever it was", async () => {
        const config = parseConfig(
            values({ vmPrivateKey: pulumi.output(PRIVATE_KEY), kubeconfigs: { staging: pulumi.output(KUBECONFIG) } }),
        );
        const kubeconfig = config.clusters[0]?.kubeconfig ?? pulumi.output("");
        expect([await pulumi.isSecret(privateKeyOf(config)), await pulumi.isSecret(kubeconfig)]).toEqual([true, true]);
        expect(await revealed(config)).toEqual(await revealed(parseConfig(values())));
    });

    it("counts as given, and is refused at once where nothing asks for it", () => {
        const later = pulumi.output("CANARY");
        expect(refusal(values({ kubeconfigs: { staging: later, stagign: later } }))).toMatch(
            /has a problem .*\n\n✖ kubeconfigs\.stagign belongs to no cluster; did you mean the cluster 'staging'\?\n$/,
        );
    });

    it.each([
        ["vmPrivateKey is not a private key", "vmPrivateKey", { vmPrivateKey: pulumi.output("CANARY") }],
        // What an undecryptable output of another stack is like.
        ["vmPrivateKey must be text", "vmPrivateKey", { vmPrivateKey: pulumi.output({ CANARY: 1 }) }],
        ["vmPrivateKey is missing", "vmPrivateKey", { vmPrivateKey: pulumi.output(undefined) }],
        ["kubeconfigs.staging is not a kubeconfig", "clusters", { kubeconfigs: { staging: pulumi.output("CANARY") } }],
        [
            "httpSecrets.scrapeJobs.node.password must be one line",
            "httpSecrets",
            {
                scrapeJobs: { node: { targets: ["a:1"], username: "monitor" } },
                httpSecrets: { scrapeJobs: { node: { password: pulumi.output("CANARY\n==>") } } },
            },
        ],
        [
            "frontPasswordHashes.alice must be a bcrypt hash",
            "front",
            {
                front: { serverName: "a.example.com", users: { alice: { roles: ["viewer"] } } },
                frontPasswordHashes: { alice: pulumi.output("CANARY") },
            },
        ],
    ] as const)("is refused once it is known, before anything gets it: %s", async (message, part, changes) => {
        const rejections = collectRejections();
        const config = parseConfig(values(changes));
        await expect(valueOf(pulumi.output(config[part] as object))).rejects.toThrow(pulumi.RunError);
        await setImmediate();
        expect(rejections).not.toHaveLength(0);
        for (const error of rejections) {
            expect(String(error)).toContain(`✖ ${message}`);
            expect(String(error)).not.toContain("CANARY");
        }
    });

    it("holds up nothing but what it is for", async () => {
        collectRejections();
        const config = parseConfig(values({ kubeconfigs: { staging: pulumi.output("CANARY") } }));
        expect(await valueOf(privateKeyOf(config))).toBe(PRIVATE_KEY);
        await setImmediate();
    });

    it("may be unknown in a preview", async () => {
        const mocks = await startMocks({ preview: true });
        const unknown = pulumi.output(pulumi.unknown as unknown as string);
        const config = parseConfig(values({ vmPrivateKey: unknown }));
        expect(await isKnown(privateKeyOf(config))).toBe(false);
        await mocks.settled();
    });
});
