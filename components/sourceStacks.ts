import * as pulumi from "@pulumi/pulumi";
import { type Problem, renderProblems } from "../config/problems";
import type { StackConfig } from "../config/schema";
import {
    CLUSTERS_SIDE,
    FEDERATED,
    federatedStack,
    heldClusters,
    type LastDeployment,
    type SourceStack,
    stackNameProblems,
    type Watched,
    watchedClusters,
} from "../config/sourceStacks";

type Others = Pick<StackConfig, "sourceStacks" | "federatedStacks" | "heldClusters">;

/** Whether anything of another stack is watched. */
export function watchesOthers({ sourceStacks, federatedStacks, heldClusters }: Others): boolean {
    return sourceStacks.length + Object.keys(federatedStacks).length + heldClusters.length > 0;
}

/**
 * What other stacks, such as organization/project/stack, have opened to the VM. Read and checked before any other resource is
 * registered: what is wrong with one of them ends the program with nothing touched, in one RunError. No cluster may have the name
 * of another, nor of one of the program's own. Clusters that are held are taken as this stack was last deployed with them.
 */
export async function readSourceStacks(
    { sourceStacks, federatedStacks, heldClusters: held }: Others,
    ownClusters: readonly string[],
): Promise<Watched[]> {
    refuse(stackNameProblems(sourceStacks, Object.keys(federatedStacks), ownName()));
    const [others, last] = await Promise.all([
        Promise.all([
            ...sourceStacks.map((name, i) => readStack(`sourceStacks[${i}]`, name)),
            ...Object.entries(federatedStacks).map(([stack, client]) => readFederated(stack, client)),
        ]),
        held.length === 0 ? { sources: {}, watchedCredentials: {} } : readLastDeployment(),
    ]);
    const found = [watchedClusters(others, ownClusters, held), heldClusters(held, last, ownClusters)];
    refuse(found.flatMap(({ problems }) => problems));
    if (held.length > 0) {
        void pulumi.log.warn(
            `Watched as this stack was last deployed with them: ${held.join(", ")}. Take each out of heldClusters when its stack can be read again.`,
        );
    }
    return found.flatMap(({ watched }) => watched);
}

function refuse(problems: readonly Problem[]): void {
    if (problems.length > 0) {
        throw new pulumi.RunError(
            renderProblems("external-prometheus", problems, { project: pulumi.getProject(), stack: pulumi.getStack() }),
        );
    }
}

async function readStack(key: string, name: string): Promise<SourceStack> {
    const [sources, credentials] = await readOutputs(name, CLUSTERS_SIDE);
    return {
        key,
        name,
        outputs: CLUSTERS_SIDE,
        sources: sources?.value,
        sourceCredentials: credentials?.secretValue ?? credentials?.value,
        isSecret: credentials?.secretValue !== undefined,
        hidesSources: sources?.secretValue !== undefined,
    };
}

async function readFederated(stack: string, client: string): Promise<SourceStack> {
    const [source, credentials] = await readOutputs(stack, FEDERATED);
    const values = [source?.value, credentials?.secretValue ?? credentials?.value] as const;
    return {
        ...federatedStack(stack, client, values, credentials?.secretValue !== undefined),
        hidesSources: source?.secretValue !== undefined,
    };
}

/** What this stack's outputs are until this run has ended. */
async function readLastDeployment(): Promise<LastDeployment> {
    const [sources, credentials] = await readOutputs(ownName().join("/"), ["sources", "watchedCredentials"]);
    return { sources: sources?.value, watchedCredentials: credentials?.secretValue };
}

function ownName(): [organization: string, project: string, stack: string] {
    return [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()];
}

function readOutputs(stack: string, names: readonly string[]): Promise<pulumi.StackReferenceOutputDetails[]> {
    const reference = referenceTo(stack);
    return Promise.all(names.map((name) => reference.getOutputDetails(name)));
}

/** By the engine that each run of a program has for itself: it takes a name once, and a stack may be read for several VMs. */
const references = new WeakMap<object, Map<string, pulumi.StackReference>>();

function referenceTo(stack: string): pulumi.StackReference {
    const engine = pulumi.runtime.getMonitor() ?? {};
    const known = references.get(engine) ?? new Map<string, pulumi.StackReference>();
    references.set(engine, known);
    const reference = known.get(stack) ?? new pulumi.StackReference(stack);
    known.set(stack, reference);
    return reference;
}
