// The inputs of command:remote:Command (pulumi-command v1.2.1: provider/pkg/provider/remote/command.go, connection.go,
// common/inputs.go) and what the framework under it does to them before anything runs (pulumi-go-provider v1.3.0: infer).
import type { CheckFailure, CheckResult } from "../plugin";
import { isObject, plain, type Properties, Secret, Unknown, type Value } from "../values";

/** Where and how to log in. */
export interface Login {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly privateKey?: string;
    readonly hostKey?: string;
    /** Failed dials after the first that are put up with; negative: no limit. */
    readonly dialErrorLimit: number;
    /** Seconds a TCP connection may take; 0: no limit. */
    readonly perDialTimeout: number;
}

export interface Connection extends Login {
    /** A machine on the way there. */
    readonly proxy?: Login;
}

/** What Create, Update and Delete need of the inputs. */
export interface CommandInputs {
    readonly connection: Connection;
    readonly create?: string;
    readonly update?: string;
    readonly delete?: string;
    readonly stdin?: string;
    readonly logging?: "stdout" | "stderr" | "stdoutAndStderr" | "none";
    readonly addPreviousOutputInEnv?: boolean;
}

type Kind = "string" | "number" | "boolean" | "array" | "object";

interface Property {
    readonly kind: Kind;
    readonly required?: true;
    readonly secret?: true;
    readonly default?: string | number;
    /** Known to the official plugin, refused by the stand-in. */
    readonly notImplemented?: true;
    readonly values?: readonly string[];
}

const loginProperties: Readonly<Record<string, Property>> = {
    host: { kind: "string", required: true },
    port: { kind: "number", default: 22 },
    user: { kind: "string", default: "root" },
    privateKey: { kind: "string", secret: true },
    hostKey: { kind: "string" },
    dialErrorLimit: { kind: "number", default: 10 },
    perDialTimeout: { kind: "number", default: 15 },
    password: { kind: "string", secret: true, notImplemented: true },
    privateKeyPassword: { kind: "string", secret: true, notImplemented: true },
    agentSocketPath: { kind: "string", notImplemented: true },
};

const connectionProperties: Readonly<Record<string, Property>> = { ...loginProperties, proxy: { kind: "object" } };

const commandProperties: Readonly<Record<string, Property>> = {
    connection: { kind: "object", required: true, secret: true },
    create: { kind: "string" },
    update: { kind: "string" },
    delete: { kind: "string" },
    stdin: { kind: "string" },
    triggers: { kind: "array" },
    addPreviousOutputInEnv: { kind: "boolean" },
    logging: { kind: "string", values: ["stdout", "stderr", "stdoutAndStderr", "none"] },
    environment: { kind: "object", notImplemented: true },
};

/** The names of the inputs; an output of the same name mirrors its input. */
export const inputNames: readonly string[] = Object.keys(commandProperties);

/** Refuses what is wrong, adds the defaults of the connection, and marks secret what holds credentials. */
export function checkInputs(inputs: Properties): CheckResult {
    const failures: CheckFailure[] = [];
    const checked = checkObject(inputs, commandProperties, "", failures);
    const connection = unwrapped(inputs["connection"]);
    if (isObject(connection)) {
        checked["connection"] = new Secret(checkConnection(connection, failures));
    }
    return { inputs: checked, failures };
}

function checkConnection(connection: Properties, failures: CheckFailure[]): Properties {
    const checked = checkObject(connection, connectionProperties, "connection.", failures);
    const proxy = unwrapped(connection["proxy"]);
    return isObject(proxy)
        ? { ...checked, proxy: checkObject(proxy, loginProperties, "connection.proxy.", failures) }
        : checked;
}

function checkObject(
    object: Properties,
    properties: Readonly<Record<string, Property>>,
    prefix: string,
    failures: CheckFailure[],
): Properties {
    const checked: Properties = {};
    for (const [name, value] of Object.entries(object)) {
        const property = properties[name];
        const reason = property === undefined ? `Unrecognized field '${name}'` : wrong(name, property, value);
        if (reason !== undefined) {
            failures.push({ property: prefix + name, reason });
        }
        checked[name] = property?.secret && !(value instanceof Secret) ? new Secret(value) : value;
    }
    for (const [name, property] of Object.entries(properties)) {
        if ((object[name] ?? null) === null) {
            if (property.required) {
                failures.push({ property: prefix + name, reason: `Missing required field '${name}'` });
            } else if (property.default !== undefined) {
                checked[name] = property.default;
            }
        }
    }
    return checked;
}

function wrong(name: string, property: Property, wrapped: Value): string | undefined {
    const value = unwrapped(wrapped);
    if (value === null || value instanceof Unknown) {
        return undefined;
    }
    if (property.notImplemented) {
        return `the lab's stand-in does not implement '${name}'; use the official plugin for it`;
    }
    const kind = Array.isArray(value) ? "array" : typeof value;
    if (kind !== property.kind) {
        return `Field '${name}' must be a '${property.kind}'; got '${kind}' instead`;
    }
    // The official plugin takes an unknown word for "none": neither stream is named by it.
    return property.values !== undefined && !property.values.includes(value as string)
        ? `Field '${name}' must be one of ${property.values.join(", ")}`
        : undefined;
}

function unwrapped(value: Value | undefined): Value {
    return value instanceof Secret ? unwrapped(value.value) : (value ?? null);
}

/** The inputs, or the state, as plain values; they were checked when they were written. */
export function commandInputs(properties: Properties): CommandInputs {
    return plain(properties) as unknown as CommandInputs;
}
