// What Pulumi's state holds of an object: the live object, and beside it the inputs that made it (provider.go, checkpointObject).
import { Secret, hasSecret, isObject, plainProperties, type Properties, type Value } from "../values";
import { annotation, isFields, withoutField, type Fields } from "./objects";
import { uniqueName } from "./naming";

/** Marks secret in `outputs` what is secret in `inputs`, and the contents of a Secret always. */
export function withSecrets(outputs: Fields, inputs: Properties): Properties {
    if (outputs["kind"] === "Secret") {
        const contents = ["data", "stringData"].filter((key) => outputs[key] !== undefined);
        const marked = contents.map((key): [string, Value] => [key, new Secret(outputs[key] ?? null)]);
        return { ...outputs, ...Object.fromEntries(marked) };
    }
    return Object.fromEntries(
        Object.entries(outputs).map(([key, output]): [string, Value] => {
            const input = inputs[key];
            if (input === undefined || !hasSecret(input)) {
                return [key, output];
            }
            // Lists are secret as a whole: the API server may reorder them.
            return [key, isFields(output) && isObject(input) ? withSecrets(output, input) : new Secret(output)];
        }),
    );
}

export interface Checkpoint {
    readonly inputs: Fields;
    readonly live: Fields;
    /** The apiVersion with which the object was created. */
    readonly initialApiVersion: string;
    /** The manager of the fields that are applied; empty when the state names none. */
    readonly fieldManager: string;
}

/** The state to record; `marked` are the inputs with their secrets marked. */
export function toState({ inputs, live, initialApiVersion, fieldManager }: Checkpoint, marked: Properties): Properties {
    return {
        ...withSecrets(live, marked),
        __inputs: withSecrets(inputs, marked),
        __initialApiVersion: initialApiVersion,
        __fieldManager: fieldManager,
    };
}

/** Reads a recorded state. */
export function fromState(state: Properties): Checkpoint {
    const { __inputs, __initialApiVersion, __fieldManager, ...live } = plainProperties(state);
    const inputs = isFields(__inputs) ? __inputs : {};
    const apiVersion = __initialApiVersion ?? inputs["apiVersion"];
    return {
        inputs,
        live,
        initialApiVersion: typeof apiVersion === "string" ? apiVersion : "",
        fieldManager: typeof __fieldManager === "string" ? __fieldManager : "",
    };
}

/** The manager under which fields are applied: the annotation's, else the recorded one, else a new one. */
export function fieldManagerFor(inputs: Fields, recorded: string): string {
    return (
        annotation(inputs, "pulumi.com/patchFieldManager") ||
        recorded ||
        uniqueName("pulumi-kubernetes-", new Uint8Array())
    );
}

const notInputs: readonly (readonly [string, ...string[]])[] = [
    ["metadata", "creationTimestamp"],
    ["metadata", "generation"],
    ["metadata", "managedFields"],
    ["metadata", "resourceVersion"],
    ["metadata", "uid"],
    ["metadata", "annotations", "deployment.kubernetes.io/revision"],
    ["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"],
    ["status"],
];

/** Inputs that would make an object that was found in the cluster. */
export function inputsFromLive(live: Fields): Fields {
    return notInputs.reduce(withoutField, live);
}
