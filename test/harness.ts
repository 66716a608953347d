import * as pulumi from "@pulumi/pulumi";
import { getMonitor } from "@pulumi/pulumi/runtime/settings";
import { onTestFinished } from "vitest";

/** A resource as the program registered it. */
export interface Recorded {
    readonly type: string;
    readonly name: string;
    /** Secrets are unwrapped here; `secrets` says where they were. */
    readonly inputs: Readonly<Record<string, unknown>>;
    /** Paths of the inputs that are secret, such as `stdin` or `connection.privateKey`. */
    readonly secrets: readonly string[];
    /** Names of the resources that it waits for, by data or by `dependsOn`. */
    dependencies: readonly string[];
    /** Name of its parent, or the empty string. */
    parent: string;
    /** Names of parents that it had in earlier versions of the program, by which an existing stack knows it. */
    formerParents: readonly string[];
    /** Name of the explicit provider that makes it, or the empty string. */
    provider: string;
    /** Names of the error hooks that it is bound to. */
    errorHooks: readonly string[];
}

export interface MockOptions {
    /** Registers as `pulumi preview` does: outputs that only a provider knows stay unknown. */
    readonly preview?: boolean;
    /** What a provider or a controller fills in, for example a token Secret's `data`; merged over the inputs. Not asked in a preview. */
    readonly outputs?: Outputs;
    /** Name of the project that the program belongs to, if not this one. */
    readonly project?: string;
    /** Name of the stack, if it matters. */
    readonly stack?: string;
    /** Outputs of other stacks, by name; those that are credentials are secret. */
    readonly stacks?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    /** Names of those among them that keep all they say as a secret. */
    readonly secretive?: readonly string[];
    /** What a preview knows of a resource that was made before. */
    readonly previewOutputs?: Outputs;
}

type Outputs = (type: string, name: string, inputs: Readonly<Record<string, unknown>>) => Record<string, unknown>;

const CREDENTIALS = ["sourceCredentials", "watchedCredentials", "federationCredentials"];
const STACK_REFERENCE = "pulumi:pulumi:StackReference";

/** The registered resources of one mocked deployment, in no fixed order. */
export class Deployment {
    public readonly resources: Recorded[] = [];
    /** Names of other stacks that were read. */
    public readonly read: string[] = [];

    /** The one resource of this type and name. */
    public find(type: string, name: string): Recorded {
        const found = this.resources.filter((r) => r.type === type && r.name === name);
        const [only] = found;
        if (only === undefined || found.length > 1) {
            const known = this.resources.map((r) => `${r.type} ${r.name}`).join("\n  ");
            throw new Error(`expected one ${type} named ${name}, found ${found.length}; registered:\n  ${known}`);
        }
        return only;
    }

    public ofType(type: string): Recorded[] {
        return this.resources.filter((r) => r.type === type);
    }

    /** Waits until everything is registered; until then `resources` may be incomplete. */
    public async settled(): Promise<this> {
        await pulumi.runtime.disconnect();
        return this;
    }
}

/**
 * Starts a fresh mocked deployment for the running test and ends it with the test. Any provider call (an invoke or a
 * read) fails the test, since the program makes none.
 */
export async function startMocks(options: MockOptions = {}): Promise<Deployment> {
    const deployment = new Deployment();
    const preview = options.preview ?? false;
    await pulumi.runtime.setMocks(
        {
            newResource: ({ type, name, inputs, id }) => {
                if (type === STACK_REFERENCE) {
                    deployment.read.push(name);
                    const outputs = options.stacks?.[name];
                    if (outputs === undefined) throw new Error(`unknown stack ${name}`);
                    return {
                        id: name,
                        state: {
                            name,
                            outputs,
                            secretOutputNames: options.secretive?.includes(name) ? Object.keys(outputs) : CREDENTIALS,
                        },
                    };
                }
                if (id !== undefined && id !== "") throw new Error(`unexpected read of ${type} ${name}`);
                const secrets: string[] = [];
                const plain = reveal(inputs, "", secrets) as Record<string, unknown>;
                deployment.resources.push({
                    type,
                    name,
                    inputs: plain,
                    secrets,
                    dependencies: [],
                    parent: "",
                    formerParents: [],
                    provider: "",
                    errorHooks: [],
                });
                const outputs = preview
                    ? options.previewOutputs?.(type, name, plain)
                    : { stdout: "", stderr: "", ...options.outputs?.(type, name, plain) };
                return { id: preview ? undefined : `${name}-id`, state: { ...(inputs as object), ...outputs } };
            },
            call: ({ token }) => {
                throw new Error(`unexpected provider call ${token}`);
            },
        },
        options.project ?? "external-prometheus",
        options.stack ?? "test",
        preview,
        "organization",
    );
    watchRegistrations(deployment);
    refuseDuplicates();
    onTestFinished(() => pulumi.runtime.disconnect());
    return deployment;
}

/** Resolves an output, or rejects when it failed. */
export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
    return (output as unknown as { promise(): Promise<T> }).promise();
}

/** Whether the value is known, as `pulumi preview` would have it. */
export function isKnown(output: pulumi.Output<unknown>): Promise<boolean> {
    return (output as unknown as { isKnown: Promise<boolean> }).isKnown;
}

/** Errors in an `apply` reach Pulumi as unhandled rejections; here they reach the test. */
export function collectRejections(): unknown[] {
    const collected: unknown[] = [];
    const listeners = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection").on("unhandledRejection", (error) => collected.push(error));
    onTestFinished(() => {
        process.removeAllListeners("unhandledRejection");
        for (const listener of listeners) process.on("unhandledRejection", listener);
    });
    return collected;
}

interface RegisterRequest {
    getType(): string;
    getName(): string;
    getParent(): string;
    getProvider(): string;
    getAliasesList(): { getSpec(): { getParenturn(): string } | undefined }[];
    getDependenciesList(): string[];
    getHooks(): { getOnErrorList(): string[] } | undefined;
}
type Callback = (error: unknown, response: unknown) => void;
interface Monitor {
    registerResource(request: RegisterRequest, callback: Callback): Promise<void>;
    readResource(request: RegisterRequest, callback: Callback): Promise<void>;
    registerErrorHook?: (request: { getName(): string }, callback: Callback) => void;
}

/** Pulumi's mocks pass on neither dependencies nor hooks, and know no error hooks at all. */
function watchRegistrations(deployment: Deployment): void {
    const monitor = getMonitor() as unknown as Monitor;
    const register = monitor.registerResource.bind(monitor);
    monitor.registerResource = async (request, callback) => {
        await register(request, callback);
        const recorded = deployment.resources.find((r) => r.type === request.getType() && r.name === request.getName());
        if (recorded === undefined) return;
        recorded.parent = nameOf(request.getParent());
        recorded.formerParents = request.getAliasesList().map((alias) => nameOf(alias.getSpec()?.getParenturn() ?? ""));
        // A provider's reference is its URN, `::` and its id.
        recorded.provider = nameOf(request.getProvider().replace(/::[^:]*$/, ""));
        recorded.dependencies = request.getDependenciesList().map(nameOf);
        recorded.errorHooks = request.getHooks()?.getOnErrorList() ?? [];
    };
    monitor.registerErrorHook = (_request, callback) => {
        callback(null, {});
    };
}

/** As the engine does, and Pulumi's mocks do not. */
function refuseDuplicates(): void {
    const monitor = getMonitor() as unknown as Monitor;
    const known = new Set<string>();
    for (const method of ["registerResource", "readResource"] as const) {
        const register = monitor[method].bind(monitor);
        monitor[method] = async (request, callback) => {
            const parentType = request.getParent().split("::")[2] ?? "";
            const urn = `${parentType}$${request.getType()}::${request.getName()}`;
            if (known.has(urn)) {
                callback(new Error(`Duplicate resource URN '${urn}'`), undefined);
                return;
            }
            known.add(urn);
            await register(request, callback);
        };
    }
}

function nameOf(urn: string): string {
    return urn.split("::").at(-1) ?? "";
}

/** The key under which Pulumi wraps a secret on the wire. */
const SECRET = "4dabf18193072939515e22adb298388d";

/** Stands for an input that is unknown in a preview. */
export const UNKNOWN = Symbol("unknown");

function reveal(value: unknown, path: string, secrets: string[]): unknown {
    if (Array.isArray(value)) return value.map((item, i) => reveal(item, `${path}[${i}]`, secrets));
    if (value === null || typeof value !== "object") return value;
    if ("__pulumiUnknown" in value) return UNKNOWN;
    if (SECRET in value) {
        secrets.push(path);
        return reveal((value as { value?: unknown }).value, path, secrets);
    }
    const entries = Object.entries(value).map(([key, item]) => [
        key,
        reveal(item, path === "" ? key : `${path}.${key}`, secrets),
    ]);
    return Object.fromEntries(entries) as unknown;
}
