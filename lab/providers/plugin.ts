// What a stand-in implements: the calls of pulumirpc.ResourceProvider with plain inputs and results.
import type { Properties, Value } from "./values";

/** Which resource a call is about. */
export interface ResourceRequest {
    readonly urn: string;
    /** The resource's name in the program. */
    readonly name: string;
    /** The type token, `<package>:<module>:<Type>`. */
    readonly type: string;
}

export interface CheckRequest extends ResourceRequest {
    /** The checked inputs of the last deployment; empty for a new resource. */
    readonly oldInputs: Properties;
    readonly inputs: Properties;
    /** Seed for names and ids that must be the same in preview and update. */
    readonly randomSeed: Uint8Array;
    /** How the user's configuration wants names to be made; absent: the plugin's own way. */
    readonly autonaming:
        { readonly mode: "propose" | "enforce" | "disable"; readonly proposedName: string } | undefined;
}

export interface CheckFailure {
    /** Path of the wrong property, or empty. */
    readonly property: string;
    readonly reason: string;
}

export interface CheckResult {
    readonly inputs: Properties;
    readonly failures?: readonly CheckFailure[];
}

export interface DiffRequest extends ResourceRequest {
    readonly id: string;
    readonly oldInputs: Properties;
    readonly oldState: Properties;
    readonly inputs: Properties;
    readonly ignoreChanges: readonly string[];
}

export interface PropertyDiff {
    readonly kind: "add" | "add-replace" | "delete" | "delete-replace" | "update" | "update-replace";
    /** Whether old inputs are compared with new inputs (true), or old state with new inputs (false). */
    readonly inputDiff: boolean;
}

export interface DiffResult {
    readonly changes: boolean;
    /** Properties whose change forces a replacement. */
    readonly replaces?: readonly string[];
    /** Properties that keep their value. */
    readonly stables?: readonly string[];
    /** Properties that changed. */
    readonly diffs?: readonly string[];
    /** Changes by property path; when given, the engine shows these. */
    readonly detailedDiff?: Readonly<Record<string, PropertyDiff>>;
    readonly deleteBeforeReplace?: boolean;
}

export interface CreateRequest extends ResourceRequest {
    readonly inputs: Properties;
    /** customTimeouts in seconds; 0 means none was given. */
    readonly timeout: number;
    readonly preview: boolean;
}

export interface CreateResult {
    readonly id: string;
    readonly state: Record<string, Value | undefined>;
}

export interface UpdateRequest extends CreateRequest {
    readonly id: string;
    readonly oldInputs: Properties;
    readonly oldState: Properties;
    readonly ignoreChanges: readonly string[];
}

export interface UpdateResult {
    readonly state: Record<string, Value | undefined>;
}

export interface DeleteRequest extends ResourceRequest {
    readonly id: string;
    readonly oldInputs: Properties;
    readonly oldState: Properties;
    readonly timeout: number;
}

export interface ReadRequest extends ResourceRequest {
    readonly id: string;
    /** Empty on an import or a `.get`. */
    readonly oldInputs: Properties;
    readonly oldState: Properties;
    readonly timeout: number;
}

export interface ReadResult {
    /** Empty when the resource is gone. */
    readonly id: string;
    readonly inputs: Record<string, Value | undefined>;
    readonly state: Record<string, Value | undefined>;
}

/** The engine as a plugin sees it. */
export interface Engine {
    /** Shows a message for a resource; `status` shows it in the progress column only and drops it when the step ends. */
    log(
        severity: "debug" | "info" | "warning" | "error",
        urn: string,
        message: string,
        options?: { status: boolean },
    ): Promise<void>;
    /** Aborted when the user cancels the operation. */
    readonly cancelled: AbortSignal;
}

/** A resource provider. A thrown error fails the step with its message; `InitializationFailed` records the resource as well. */
export interface Plugin {
    readonly name: string;
    /** Without a leading v. */
    readonly version: string;
    /** Default: the inputs as they are. */
    checkConfig?(request: CheckRequest, engine: Engine): Promise<CheckResult>;
    /** Default: no changes. */
    diffConfig?(request: DiffRequest, engine: Engine): Promise<DiffResult>;
    configure?(inputs: Properties, engine: Engine): Promise<void>;
    check(request: CheckRequest, engine: Engine): Promise<CheckResult>;
    diff(request: DiffRequest, engine: Engine): Promise<DiffResult>;
    create(request: CreateRequest, engine: Engine): Promise<CreateResult>;
    update(request: UpdateRequest, engine: Engine): Promise<UpdateResult>;
    delete(request: DeleteRequest, engine: Engine): Promise<void>;
    read(request: ReadRequest, engine: Engine): Promise<ReadResult>;
}

/** The object exists but did not become what was asked for: the engine records it and reports the reasons. */
export class InitializationFailed extends Error {
    constructor(
        message: string,
        readonly id: string,
        readonly state: Record<string, Value | undefined>,
        readonly inputs: Record<string, Value | undefined>,
        readonly reasons: readonly string[],
    ) {
        super(message);
    }
}
