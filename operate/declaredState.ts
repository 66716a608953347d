import { z } from "zod";
import { Failure } from "./failure";

/** A step on the VM, with what its last successful run was given. Holds secrets. */
export interface Step {
    readonly urn: string;
    /** The component that it belongs to, for example `Release`. */
    readonly component: string;
    /** As `remote.Command` takes it. */
    readonly connection: unknown;
    /** Its command line. */
    readonly create: string;
    readonly stdin: string;
    readonly stdout: string;
}

/** A stack's state as far as it is about its VM. */
export interface StackState {
    /** When it was last written. */
    readonly time: string;
    readonly steps: readonly Step[];
    /** What a deployment is doing now, or was doing when it was cut. */
    readonly pending: readonly string[];
}

const Resource = z.object({
    urn: z.string(),
    type: z.string(),
    /** Set on what is to be deleted by the next deployment. */
    delete: z.boolean().default(false),
    inputs: z.unknown().optional(),
    outputs: z.unknown().optional(),
});

/** What `pulumi stack export` prints. */
export const Export = z.object({
    deployment: z.object({
        manifest: z.object({ time: z.string() }),
        resources: z.array(Resource).default([]),
        pending_operations: z
            .array(z.object({ type: z.string(), resource: z.object({ urn: z.string() }) }))
            .default([]),
    }),
});
export type Export = z.infer<typeof Export>;

const Inputs = z.object({ connection: z.unknown(), create: z.string(), stdin: z.string().default("") });
const Outputs = z.object({ stdout: z.string() });

/** Sorts out the steps on the VM, their secrets in clear. */
export function readState({ deployment }: Export): StackState {
    const commands = deployment.resources.filter((resource) => {
        return resource.type === "command:remote:Command" && !resource.delete;
    });
    return {
        time: deployment.manifest.time,
        steps: commands.map(({ urn, inputs, outputs }) => ({
            urn,
            component: componentOf(urn),
            ...Inputs.parse(reveal(inputs)),
            ...Outputs.parse(reveal(outputs)),
        })),
        pending: deployment.pending_operations.map(
            ({ type, resource }) => `${type} ${resource.urn.split("::").at(-1)}`,
        ),
    };
}

/** `urn:pulumi:STACK::PROJECT::TYPE OF GRANDPARENT$TYPE OF PARENT$TYPE::NAME` */
function componentOf(urn: string): string {
    return urn.split("::")[2]?.split("$").at(-2)?.split(":").at(-1) ?? "";
}

/** By which Pulumi knows a wrapped value from a plain one, and a secret from other wrapped values. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const Secret = z.object({ [SIGNATURE]: z.literal(SECRET), plaintext: z.string().optional() });

function reveal(value: unknown): unknown {
    if (Array.isArray(value)) {
        return value.map(reveal);
    }
    if (typeof value !== "object" || value === null) {
        return value;
    }
    const secret = Secret.safeParse(value);
    if (!secret.success) {
        return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, reveal(inner)]));
    }
    if (secret.data.plaintext === undefined) {
        throw new Failure("The state's secrets are encrypted: this Pulumi did not decrypt them.");
    }
    return reveal(JSON.parse(secret.data.plaintext));
}
