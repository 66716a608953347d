import * as pulumi from "@pulumi/pulumi";
import index from "../../index";
import { scrapeSource } from "../../config/kubernetes/scrapeSource";
import { isObject } from "../../config/scalars";
import type { ScrapeSource } from "../../config/source";
import { source } from "../components/vm";
import { configure, type Keys, load } from "../config/environment";
import { type MockOptions, type Recorded, startMocks, valueOf } from "../harness";
import { fileOfStack, readStackFile, type StackKeys, stackOf } from "./stackFiles";
import { fillInStandIns, standInCredentials } from "./standIns";

/** What of a resource the rules look at. */
export type Resource = Pick<Recorded, "type" | "name" | "inputs" | "secrets">;

/** What a stack would deploy, as the rules look at it. */
export interface Deployed {
    /** Among them the stack itself, whose inputs are its outputs. */
    readonly resources: readonly Resource[];
    /** Places in the stack's file where a secret stands in clear. */
    readonly inClear: readonly string[];
    /** Whether the stack has a cluster's side of its own. */
    readonly hasClusters: boolean;
}

/** Something that breaks a rule. */
export interface Violation {
    readonly resource: Pick<Resource, "type" | "name">;
    /** As it follows the name; holds no secret. */
    readonly what: string;
}

const STACK = "pulumi:pulumi:Stack";

/** Runs the program as an update of the stack in that file, in which nothing is real. */
export async function deployed({ plain, secret, inClear }: StackKeys, path: string): Promise<Deployed> {
    const stacks = otherStacks(plain, path);
    const mocks = await startMocks({ outputs: fillInStandIns, stacks, stack: stackOf(path) });
    configure(plain, secret);
    const program = index as unknown as () => unknown;
    const outputs = await program();
    const stack = await outputsOf(isObject(outputs) ? outputs : {});
    await mocks.settled();
    return {
        resources: [...mocks.resources, stack],
        inClear,
        hasClusters: Object.keys(plain["clusters"] ?? {}).length > 0,
    };
}

/** A stack's outputs in the form of a resource. */
async function outputsOf(outputs: Readonly<Record<string, unknown>>): Promise<Resource> {
    const known = await Promise.all(
        Object.entries(outputs).map(async ([name, value]) => {
            const output = pulumi.output(value);
            return { name, value: await valueOf(output), isSecret: await pulumi.isSecret(output) };
        }),
    );
    return {
        type: STACK,
        name: "outputs",
        inputs: Object.fromEntries(known.map(({ name, value }) => [name, value])),
        secrets: known.flatMap(({ name, isSecret }) => (isSecret ? [name] : [])),
    };
}

/** What the stacks that this one reads would give it: by their files, if these lie beside it. */
function otherStacks(plain: Keys, path: string): NonNullable<MockOptions["stacks"]> {
    const names = listed(plain["sourceStacks"]);
    const held = listed(plain["heldClusters"]).map((name) => source(name));
    const stacks: (readonly [string, Record<string, unknown>])[] = [
        ...names.map((name, i) => {
            const file = fileOfStack(name, path);
            const sources = file === undefined ? [source(`cluster-of-stack-${i}`)] : sourcesOf(file);
            return [name, { sources: byName(sources), sourceCredentials: credentialsOf(sources) }] as const;
        }),
        ...Object.entries((plain["federatedStacks"] ?? {}) as Keys).map(([name, client], i) => {
            const federationCredentials = { [String(client)]: standInCredentials() };
            return [name, { federationSource: source(`monitor-of-stack-${i}`), federationCredentials }] as const;
        }),
        // What the stack itself was last deployed with.
        [
            `organization/external-prometheus/${stackOf(path)}`,
            { sources: byName(held), watchedCredentials: credentialsOf(held) },
        ],
    ];
    return Object.fromEntries(stacks);
}

function listed(value: unknown): string[] {
    return Array.isArray(value) ? value.map(String) : [];
}

function byName(sources: readonly ScrapeSource[]): Record<string, ScrapeSource> {
    return Object.fromEntries(sources.map((source) => [source.name, source]));
}

function credentialsOf(sources: readonly ScrapeSource[]) {
    return Object.fromEntries(sources.map(({ name }) => [name, standInCredentials()]));
}

/** The clusters whose sides the stack in that file makes. */
export function sourcesOf(path: string): ScrapeSource[] {
    const { plain, secret } = readStackFile(path);
    return load(plain, secret).clusters.map(({ cluster }) => scrapeSource(cluster));
}
