// Server-side apply (await/await.go, ssaUpdate; ssa/actions.go).
import { equal, isObject, type Plain } from "../values";
import { StatusError, isReason, type Client } from "./client";
import { apiVersionOf, kindOf } from "./kinds";
import { annotation, isFields, list, nameOf, namespaceOf, text, type Fields } from "./objects";

/** The manager that owns the fields of an object that was created and not yet updated. */
export const createManager = "pulumi-kubernetes";

// What earlier managers own is taken over at the first update.
const takenOver = [
    ["kubectl", "Apply"],
    ["kubectl", "Update"],
    ["before-first-apply", "Update"],
    ["pulumi-kubernetes", "Update"],
    ["pulumi-kubernetes.exe", "Update"],
    ["pulumi-resource-kubernetes", "Update"],
] as const;

export interface Apply {
    readonly client: Client;
    readonly inputs: Fields;
    readonly live: Fields;
    readonly manager: string;
    readonly preview: boolean;
}

/** Applies the inputs; a preview has the server compute the result and store nothing. */
export async function apply({ client, inputs, live, manager, preview }: Apply): Promise<Fields> {
    const path = await client.path(kindOf(inputs), namespaceOf(inputs), nameOf(live));
    if (!preview) {
        await takeOver(client, path, live, manager);
    }
    const force = forces(inputs, live, preview);
    const query = { fieldManager: manager, force: String(force) };
    try {
        return await client.call("PATCH", path, {
            query: preview ? { ...query, dryRun: "All" } : query,
            contentType: "application/apply-patch+yaml",
            body: inputs,
        });
    } catch (error) {
        throw isReason(error, "Conflict") ? explainConflict(error, manager) : error;
    }
}

/** Gives up the fields that a manager of ours owned under an earlier name. */
export async function relinquish(client: Client, object: Fields, manager: string): Promise<void> {
    const kind = kindOf(object);
    const { name, namespace } = { name: nameOf(object), namespace: namespaceOf(object) };
    await client.call("PATCH", await client.path(kind, namespace, name), {
        query: { fieldManager: manager },
        contentType: "application/apply-patch+yaml",
        body: {
            apiVersion: apiVersionOf(kind),
            kind: kind.kind,
            metadata: namespace === "" ? { name } : { name, namespace },
        },
    });
}

/** Whether other managers' fields are overwritten. */
function forces(inputs: Fields, live: Fields, preview: boolean): boolean {
    if (annotation(inputs, "pulumi.com/patchForce") === "true") {
        return true;
    }
    const managers = list(live, "metadata", "managedFields");
    // A preview does not take over the creator's fields and would conflict with them.
    const created = managers.some(({ manager, operation }) => manager === createManager && operation === "Update");
    return managers.length === 0 || (preview && created);
}

function explainConflict(error: StatusError, manager: string): Error {
    return new Error(
        "server-side apply field conflict detected: another manager owns a field that is to be changed; set the annotation " +
            'pulumi.com/patchForce: "true" to take it over, or leave the field out\n' +
            `The resource managed by field manager "${manager}" had an apply conflict: ${error.message}`,
        { cause: error },
    );
}

async function takeOver(client: Client, path: string, live: Fields, manager: string): Promise<void> {
    const before = list(live, "metadata", "managedFields");
    const after = takeOverFields(before, manager);
    if (!equal(before, after)) {
        await client.call("PATCH", path, {
            contentType: "application/json-patch+json",
            body: [
                { op: "replace", path: "/metadata/managedFields", value: after },
                { op: "replace", path: "/metadata/resourceVersion", value: text(live, "metadata", "resourceVersion") },
            ],
        });
    }
}

/** The managed fields with those of earlier managers given to `manager`. */
export function takeOverFields(entries: readonly Fields[], manager: string): Fields[] {
    const isOurs = (entry: Fields): boolean => entry["manager"] === manager && entry["operation"] === "Apply";
    const isTaken = (entry: Fields): boolean =>
        !isOurs(entry) &&
        text(entry, "subresource") === "" &&
        takenOver.some(([name, operation]) => entry["manager"] === name && entry["operation"] === operation);
    const taken = entries.filter(isTaken);
    const [first] = taken;
    if (first === undefined) {
        return [...entries];
    }
    const own = entries.find(isOurs);
    const fields = [...(own === undefined ? [] : [own]), ...taken].map((entry) => entry["fieldsV1"] ?? {});
    const merged = { ...(own ?? first), manager, operation: "Apply", fieldsV1: fields.reduce<Plain>(union, {}) };
    return [...entries.filter((entry) => !isTaken(entry) && !isOurs(entry)), merged];
}

function union(a: Plain, b: Plain): Plain {
    if (!isFields(a) || !isFields(b)) {
        return isObject(a) ? a : b;
    }
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return Object.fromEntries([...keys].map((key) => [key, union(a[key] ?? {}, b[key] ?? {})]));
}
