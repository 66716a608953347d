import * as pulumi from "@pulumi/pulumi";

/** What is wrong with a secret, by a check of its text. One that a resource is still to give is checked when it has. */
export function textProblem(secret: unknown, check: (text: string) => string | undefined): string | undefined {
    if (pulumi.Output.isInstance(secret)) {
        return undefined;
    }
    return typeof secret === "string" ? check(secret) : "must be text";
}
