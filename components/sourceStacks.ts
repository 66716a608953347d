import * as pulumi from "@pulumi/pulumi";
import { renderProblems } from "../config/problems";
import {
    heldClusters,
    type LastDeployment,
    type SourceStack,
    type Watched,
    watchedClusters,
} from "../config/sourceStacks";

/**
 * The clusters that other stacks have opened to the VM. Read and checked before any other resource is registered: what is
 * wrong with one of them ends the program with nothing touched.
 * @param held Clusters that are taken as this stack was last deployed with them.
 */
export async function readSourceStacks(
    stacks: readonly string[],
    held: readonly string[],
    ownClusters: readonly string[],
): Promise<Watched[]> {
    const [others, last] = await Promise.all([
        Promise.all(stacks.map(readStack)),
        held.length === 0 ? { sources: {}, watchedCredentials: {} } : readLastDeployment(),
    ]);
    const found = [watchedClusters(others, ownClusters, held), heldClusters(held, last, ownClusters)];
    const problems = found.flatMap((each) => each.problems);
    if (problems.length > 0) {
        throw new pulumi.RunError(renderProblems("external-prometheus", problems));
    }
    return found.flatMap(({ watched }) => watched);
}

async function readStack(name: string): Promise<SourceStack> {
    const [sources, credentials] = await readOutputs(name, "sources", "sourceCredentials");
    return {
        name,
        sources: sources?.value,
        sourceCredentials: credentials?.secretValue ?? credentials?.value,
        isSecret: credentials?.secretValue !== undefined,
    };
}

/** What this stack's outputs are until this run has ended. */
async function readLastDeployment(): Promise<LastDeployment> {
    const name = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
    const [sources, credentials] = await readOutputs(name, "sources", "watchedCredentials");
    return { sources: sources?.value, watchedCredentials: credentials?.secretValue };
}

function readOutputs(stack: string, ...names: string[]): Promise<pulumi.StackReferenceOutputDetails[]> {
    const reference = new pulumi.StackReference(stack);
    return Promise.all(names.map((name) => reference.getOutputDetails(name)));
}
