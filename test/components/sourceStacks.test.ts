import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it, vi } from "vitest";
import { readSourceStacks } from "../../components/sourceStacks";
import { FrontConfig } from "../../config/front";
import { entries, federationCredentials } from "../../config/outputs";
import index from "../../index";
import { CA, CERTIFICATE } from "../config/frontCertificates";
import { exampleKeys, load, PRIVATE_KEY, refusal } from "../config/environment";
import { startMocks, valueOf } from "../harness";
import { COMMAND, credentials, printed, source, TOKEN } from "./vm";

const FRONT = FrontConfig.parse({ serverName: "b.example.com", clients: { global: { roles: ["federator"] } } });
const STACKS = {
    "organization/clusters/eu": { sources: { eu: source("eu") }, sourceCredentials: { eu: credentials() } },
    "organization/clusters/us": { sources: { us: source("us") }, sourceCredentials: { us: credentials() } },
};

/** The program of a stack that has a VM and no cluster. */
function program(
    sourceStacks: readonly string[],
    heldClusters: readonly string[] = [],
    federatedStacks: Readonly<Record<string, string>> = {},
) {
    load({ vm: exampleKeys()["vm"], sourceStacks, heldClusters, federatedStacks }, { vmPrivateKey: PRIVATE_KEY });
    return index() as unknown as Promise<Record<string, unknown>>;
}

describe("clusters of other stacks", () => {
    it("are watched, with no provider for Kubernetes and no kubeconfig", async () => {
        const outputs = (type: string, name: string) => (type === COMMAND ? { stdout: printed(name) } : {});
        const mocks = await startMocks({ stacks: STACKS, outputs });
        const exported = await program(Object.keys(STACKS));
        await mocks.settled();
        expect(mocks.read.sort()).toEqual(Object.keys(STACKS));
        expect(mocks.resources.filter(({ type }) => type.includes("kubernetes"))).toEqual([]);
        const { inputs, secrets } = mocks.find(COMMAND, "prometheus-credentials");
        expect(inputs["stdin"]).toContain("==> eu/discovery.token 0640 <==");
        expect(inputs["stdin"]).toContain("==> us/discovery.token 0640 <==");
        expect(inputs["stdin"]).toContain(TOKEN);
        expect(secrets).toContain("stdin");
        expect(mocks.find(COMMAND, "prometheus-configuration").inputs["stdin"]).toContain(
            "job_name: us/kubernetes-pods",
        );
        expect(Object.keys(exported["sources"] as object)).toEqual(["eu", "us"]);
    });

    it("are not handed on with their credentials, which this stack keeps for itself", async () => {
        const mocks = await startMocks({ stacks: STACKS });
        const { sourceCredentials, watchedCredentials } = await program(Object.keys(STACKS));
        expect(await valueOf(sourceCredentials as pulumi.Output<unknown>)).toEqual({});
        expect(await valueOf(watchedCredentials as pulumi.Output<unknown>)).toEqual({
            eu: credentials(),
            us: credentials(),
        });
        expect(await pulumi.isSecret(watchedCredentials as pulumi.Output<unknown>)).toBe(true);
        await mocks.settled();
    });

    it("are watched as they were last deployed where they are held, without a look at their stacks", async () => {
        const own = { sources: { eu: source("eu") }, watchedCredentials: { eu: credentials() } };
        const mocks = await startMocks({ stacks: { "organization/external-prometheus/test": own } });
        const warn = vi.spyOn(pulumi.log, "warn").mockResolvedValue();
        const exported = await program([], ["eu"]);
        await mocks.settled();
        expect(warn.mock.calls).toEqual([
            [
                "Watched as this stack was last deployed with them: eu. Take each out of heldClusters when its stack can be read again.",
            ],
        ]);
        expect(mocks.read).toEqual(["organization/external-prometheus/test"]);
        expect(exported["sources"]).toEqual({ eu: source("eu") });
        expect(mocks.find(COMMAND, "prometheus-credentials").inputs["stdin"]).toContain(TOKEN);
        // So that it can be held again.
        expect(await valueOf(exported["watchedCredentials"] as pulumi.Output<unknown>)).toEqual({ eu: credentials() });
    });

    it("may be those of a stack whose own Prometheus is federated from, too", async () => {
        const { federationSource } = entries("eu-monitor", FRONT, { scrapeInterval: "30s" });
        const pair = { certificate: CERTIFICATE, key: PRIVATE_KEY };
        const both = {
            ...STACKS["organization/clusters/eu"],
            federationSource,
            federationCredentials: federationCredentials(["global"], { global: pair }, CA),
        };
        const mocks = await startMocks({ stacks: { "organization/clusters/eu": both } });
        const exported = await program(["organization/clusters/eu"], [], { "organization/clusters/eu": "global" });
        await mocks.settled();
        expect(mocks.read).toEqual(["organization/clusters/eu"]);
        expect(Object.keys(exported["sources"] as object)).toEqual(["eu", "eu-monitor"]);
    });

    it("are read once by a program that has several VMs, and again by the next program", async () => {
        const others = { sourceStacks: Object.keys(STACKS), federatedStacks: {}, heldClusters: [] };
        for (const run of ["first", "second"]) {
            const mocks = await startMocks({ stacks: STACKS });
            const [a, b] = [await readSourceStacks(others, []), await readSourceStacks(others, [])];
            await mocks.settled();
            expect(
                a.map(({ source: { name } }) => name),
                run,
            ).toEqual(["eu", "us"]);
            expect(b, run).toEqual(a);
            expect(mocks.read.sort(), run).toEqual(Object.keys(STACKS));
        }
    });

    it("are not looked for in the stack itself, nor twice in one, whatever its name is written like", async () => {
        const mocks = await startMocks({ stacks: STACKS });
        const own = "organization/external-prometheus/test";
        const twice = ["test", "organization/eu", "organization/external-prometheus/eu"];
        const message = await program(twice, [], { [own]: "global" }).then(String, String);
        await mocks.settled();
        expect(mocks.read).toEqual([]);
        expect(message).toContain("sourceStacks[0] (test) is this stack itself, which watches its own");
        expect(message).toContain("→ pulumi config rm --path 'sourceStacks[0]'");
        expect(message).toContain(`federatedStacks["${own}"] (${own}) is this stack itself`);
        expect(message).toContain(`sourceStacks[2] (${twice[2]}) is the same stack as organization/eu`);
        expect(message.match(/✖/g)).toHaveLength(3);
    });

    it("are refused by commands that name the key's namespace where the project is called otherwise", async () => {
        const mocks = await startMocks({ stacks: STACKS, project: "monitoring" });
        const held = { sourceStacks: ["test"], federatedStacks: {}, heldClusters: [] };
        const message = await readSourceStacks(held, []).then(String, String);
        await mocks.settled();
        expect(message).toContain("→ pulumi config rm --path 'external-prometheus:sourceStacks[0]'");
        expect(refusal({ vm: exampleKeys()["vm"] }, {})).toContain(
            "→ pulumi config set --secret external-prometheus:vmPrivateKey < FILE",
        );
    });

    it("are refused in one line of printable text each, whatever they call themselves", async () => {
        const name = `a\n✖ external-prometheus:fake \u001b[31m${"x".repeat(5_000)}`;
        const hostile = { sources: { [name]: { version: 5 } }, sourceCredentials: { eu: credentials() } };
        const mocks = await startMocks({ stacks: { "organization/clusters/eu": hostile } });
        const message = await program(["organization/clusters/eu"]).then(String, String);
        await mocks.settled();
        expect(message.match(/^✖/gm)).toHaveLength(1);
        expect(message).not.toContain("\u001b");
        expect(message.length).toBeLessThan(1_000);
    });

    it("are refused before anything else is registered, all that is wrong at once", async () => {
        const wrong = { sources: { us: source("eu") }, sourceCredentials: { us: credentials() } };
        const stacks = { ...STACKS, "organization/clusters/us": wrong, none: {}, hidden: wrong };
        const mocks = await startMocks({ stacks, secretive: ["hidden"] });
        const message = await program([...Object.keys(STACKS), "none", "hidden"]).then(String, String);
        expect(message).toContain("(hidden) keeps its output 'sources' as a secret");
        expect(message).toContain("(organization/clusters/us) has a cluster 'us' that calls itself 'eu'");
        expect(message).toContain("(none) has no output 'sources'");
        expect(message).toContain("pulumi up --stack none");
        expect(message).not.toContain("canary");
        await mocks.settled();
        expect(mocks.resources).toEqual([]);
    });
});
