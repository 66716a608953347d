// The engine's side of pulumirpc.ResourceProvider, for tests that hold a plugin to the official one's behaviour.
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { decode, encode, plainProperties, type Properties } from "../../providers/values";
import { EngineStub, type LogMessage } from "./engine";

const versions = { command: "1.2.1", kubernetes: "4.32.0", tls: "5.5.1" };

/** What state holds of a resource. */
export interface Recorded {
    readonly id: string;
    readonly inputs: Properties;
    readonly state: Properties;
}

export interface Checked {
    readonly inputs: Properties;
    readonly failures: readonly { property: string; reason: string }[];
}

export interface Difference {
    readonly changes: boolean;
    readonly replaces: readonly string[];
    readonly deleteBeforeReplace: boolean;
    /** Kind of change by property path, as `add`, `update-replace`, … */
    readonly detailed: Readonly<Record<string, string>>;
}

/** A failed call; `partial` is what the engine records of a resource that exists but did not become ready. */
export class CallError extends Error {
    constructor(
        message: string,
        readonly partial: { id: string; state: Properties; reasons: readonly string[] } | undefined,
    ) {
        super(message);
    }
}

export interface Options {
    readonly preview?: boolean;
    /** customTimeouts, in seconds. */
    readonly timeout?: number;
}

/** The URN of a resource of a stack `test`. */
export function urn(type: string, name: string): string {
    return `urn:pulumi:test::contract::${type}::${name}`;
}

/** A running plugin, the official one or the lab's stand-in. */
export class PluginProcess {
    private client!: ResourceProviderClient;
    private child!: ChildProcess;
    private readonly engine = new EngineStub();

    private constructor(
        private readonly name: string,
        readonly standIn: boolean,
    ) {}

    /** What the plugin told the engine, oldest first. */
    get logs(): readonly LogMessage[] {
        return this.engine.logs;
    }

    /** Starts the installed plugin; `environment` is added to this process's, `undefined` takes a variable away. */
    static async start(
        name: keyof typeof versions,
        environment: NodeJS.ProcessEnv = {},
        configuration: Properties = {},
    ): Promise<PluginProcess> {
        const directory = join(process.env["CONTRACT_PLUGINS"] ?? "", `resource-${name}-v${versions[name]}`);
        const executable = join(directory, `pulumi-resource-${name}`);
        const plugin = new PluginProcess(name, readFileSync(executable).subarray(0, 2).toString() === "#!");
        const address = await plugin.engine.start();
        plugin.child = spawn(executable, [address], {
            env: { ...process.env, SSH_AUTH_SOCK: undefined, EXTERNAL_PROMETHEUS_LAB: "contract", ...environment },
            stdio: ["ignore", "pipe", "inherit"],
        });
        const port = await firstLine(plugin.child);
        plugin.client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
        await plugin.configure(configuration);
        return plugin;
    }

    stop(): void {
        this.client.close();
        this.child.kill("SIGKILL");
        this.engine.stop();
    }

    async configure(configuration: Properties): Promise<void> {
        const request = new rpc.ConfigureRequest()
            .setArgs(encode(configuration))
            .setAcceptsecrets(true)
            .setSendsOldInputs(true)
            .setSendsOldInputsToDelete(true);
        // The same once more in the older form, which some official plugins read instead.
        for (const [key, value] of Object.entries(plainProperties(configuration))) {
            if (typeof value === "string") {
                request.getVariablesMap().set(`${this.name}:config:${key}`, value);
            }
        }
        await this.call<rpc.ConfigureResponse>((done) => this.client.configure(request, done));
    }

    /** Tells the plugin that the user wants to stop. */
    async cancel(): Promise<void> {
        await this.call<Empty>((done) => this.client.cancel(new Empty(), done));
    }

    async checkConfig(inputs: Properties, oldInputs: Properties = {}): Promise<Checked> {
        const request = checkRequest(urn("pulumi:providers:test", "provider"), inputs, oldInputs);
        return checked(await this.call<rpc.CheckResponse>((done) => this.client.checkConfig(request, done)));
    }

    async diffConfig(oldInputs: Properties, inputs: Properties): Promise<Difference> {
        const old = { id: "provider", inputs: oldInputs, state: oldInputs };
        const request = diffRequest(urn("pulumi:providers:test", "provider"), old, inputs);
        return difference(await this.call<rpc.DiffResponse>((done) => this.client.diffConfig(request, done)));
    }

    async check(resource: string, inputs: Properties, oldInputs: Properties = {}): Promise<Checked> {
        const request = checkRequest(resource, inputs, oldInputs);
        return checked(await this.call<rpc.CheckResponse>((done) => this.client.check(request, done)));
    }

    async diff(resource: string, old: Recorded, inputs: Properties): Promise<Difference> {
        const request = diffRequest(resource, old, inputs);
        return difference(await this.call<rpc.DiffResponse>((done) => this.client.diff(request, done)));
    }

    async create(resource: string, inputs: Properties, options: Options = {}): Promise<Recorded> {
        const request = new rpc.CreateRequest()
            .setUrn(resource)
            .setProperties(encode(inputs))
            .setPreview(options.preview ?? false)
            .setTimeout(options.timeout ?? 0);
        const response = await this.call<rpc.CreateResponse>((done) => this.client.create(request, done));
        return { id: response.getId(), inputs, state: decode(response.getProperties()) };
    }

    async update(resource: string, old: Recorded, inputs: Properties, options: Options = {}): Promise<Recorded> {
        const request = new rpc.UpdateRequest()
            .setUrn(resource)
            .setId(old.id)
            .setOldInputs(encode(old.inputs))
            .setOlds(encode(old.state))
            .setNews(encode(inputs))
            .setPreview(options.preview ?? false)
            .setTimeout(options.timeout ?? 0);
        const response = await this.call<rpc.UpdateResponse>((done) => this.client.update(request, done));
        return { id: old.id, inputs, state: decode(response.getProperties()) };
    }

    async delete(resource: string, old: Recorded, options: Options = {}): Promise<void> {
        const request = new rpc.DeleteRequest()
            .setUrn(resource)
            .setId(old.id)
            .setOldInputs(encode(old.inputs))
            .setProperties(encode(old.state))
            .setTimeout(options.timeout ?? 0);
        await this.call<Empty>((done) => this.client.delete(request, done));
    }

    /** An empty id: the resource is gone. */
    async read(resource: string, old: Recorded): Promise<Recorded> {
        const request = new rpc.ReadRequest()
            .setUrn(resource)
            .setId(old.id)
            .setInputs(encode(old.inputs))
            .setProperties(encode(old.state));
        const response = await this.call<rpc.ReadResponse>((done) => this.client.read(request, done));
        return {
            id: response.getId(),
            inputs: decode(response.getInputs()),
            state: decode(response.getProperties()),
        };
    }

    /** Check, then create: what `up` does for a new resource. */
    async deploy(resource: string, inputs: Properties, options: Options = {}): Promise<Recorded> {
        return this.create(resource, (await this.checkedInputs(resource, inputs)).inputs, options);
    }

    private async checkedInputs(resource: string, inputs: Properties): Promise<Checked> {
        const result = await this.check(resource, inputs);
        if (result.failures.length > 0) {
            throw new Error(`check failed: ${JSON.stringify(result.failures)}`);
        }
        return result;
    }

    private call<Response>(
        start: (done: (error: grpc.ServiceError | null, response: Response) => void) => grpc.ClientUnaryCall,
    ): Promise<Response> {
        return new Promise((resolve, reject) => {
            start((error, response) => {
                if (error === null) {
                    resolve(response);
                } else {
                    reject(new CallError(error.details, partial(error)));
                }
            });
        });
    }
}

function firstLine(child: ChildProcess): Promise<string> {
    return new Promise((resolve, reject) => {
        let text = "";
        child.stdout?.on("data", (data: Buffer) => {
            text += data.toString();
            if (text.includes("\n")) {
                resolve(text.slice(0, text.indexOf("\n")));
            }
        });
        child.once("error", reject);
        child.once("exit", (code) => {
            reject(new Error(`the plugin ended with ${String(code)} before it printed its port`));
        });
    });
}

function partial(error: grpc.ServiceError): CallError["partial"] {
    const [packed] = error.metadata.get("grpc-status-details-bin");
    const detail = packed === undefined ? undefined : Status.deserializeBinary(packed as Buffer).getDetailsList()[0];
    if (!detail?.getTypeUrl().endsWith("pulumirpc.ErrorResourceInitFailed")) {
        return undefined;
    }
    const failure = rpc.ErrorResourceInitFailed.deserializeBinary(detail.getValue_asU8());
    return { id: failure.getId(), state: decode(failure.getProperties()), reasons: failure.getReasonsList() };
}

function checkRequest(resource: string, inputs: Properties, oldInputs: Properties): rpc.CheckRequest {
    return new rpc.CheckRequest()
        .setUrn(resource)
        .setNews(encode(inputs))
        .setOlds(encode(oldInputs))
        .setRandomseed(new Uint8Array(32).fill(7));
}

function checked(response: rpc.CheckResponse): Checked {
    return {
        inputs: decode(response.getInputs()),
        failures: response
            .getFailuresList()
            .map((failure) => ({ property: failure.getProperty(), reason: failure.getReason() })),
    };
}

function diffRequest(resource: string, old: Recorded, inputs: Properties): rpc.DiffRequest {
    return new rpc.DiffRequest()
        .setUrn(resource)
        .setId(old.id)
        .setOldInputs(encode(old.inputs))
        .setOlds(encode(old.state))
        .setNews(encode(inputs));
}

const kinds = ["add", "add-replace", "delete", "delete-replace", "update", "update-replace"];

function difference(response: rpc.DiffResponse): Difference {
    const detailed: Record<string, string> = {};
    response.getDetaileddiffMap().forEach((diff, path) => {
        detailed[path] = kinds[diff.getKind()] ?? "";
    });
    return {
        changes: response.getChanges() === rpc.DiffResponse.DiffChanges.DIFF_SOME,
        replaces: response.getReplacesList(),
        deleteBeforeReplace: response.getDeletebeforereplace(),
        detailed,
    };
}
