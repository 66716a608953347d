import * as pulumi from "@pulumi/pulumi";
import { renderProblems } from "../config/problems";
import { type SourceStack, type Watched, watchedClusters } from "../config/sourceStacks";

/**
 * The clusters that other stacks have opened to the VM, by the names of these stacks, such as organization/project/stack.
 * Read and checked before any other resource is registered: what is wrong with one of them ends the program with nothing
 * touched, in one RunError. No cluster may have the name of another, nor of one of the program's own.
 */
export async function readSourceStacks(stacks: readonly string[], ownClusters: readonly string[]): Promise<Watched[]> {
    const { watched, problems } = watchedClusters(await Promise.all(stacks.map(readStack)), ownClusters);
    if (problems.length > 0) {
        throw new pulumi.RunError(renderProblems("external-prometheus", problems));
    }
    return watched;
}

async function readStack(name: string): Promise<SourceStack> {
    const reference = new pulumi.StackReference(name);
    const [sources, credentials] = await Promise.all(
        ["sources", "sourceCredentials"].map((output) => reference.getOutputDetails(output)),
    );
    return {
        name,
        sources: sources?.value,
        sourceCredentials: credentials?.secretValue ?? credentials?.value,
        isSecret: credentials?.secretValue !== undefined,
    };
}
