// Creating, updating, reading and deleting one object (await/await.go; provider.go, Create, Update, Read, Delete).
import { setTimeout as sleep } from "node:timers/promises";
import { isReason, NoMatchError, StatusError, type Client } from "./client";
import { NotReady, timeoutOf } from "./await";
import { createManager } from "./apply";
import { kindOf, skipsAwait } from "./kinds";
import { annotation, list, nameOf, namespaceOf, text, type Fields } from "./objects";

const createRetries = 5;

/** In a preview: the object cannot be tried out because its namespace is still to be made. */
export class NamespaceMissing extends Error {}

/** Creates an object, in a preview on trial. What may be created moments later (a namespace) is waited for. */
export async function createObject(client: Client, inputs: Fields, preview: boolean): Promise<Fields> {
    const query = { fieldManager: createManager, fieldValidation: "Strict" };
    for (let attempt = 0; ; attempt += 1) {
        try {
            return await client.call("POST", await client.path(kindOf(inputs), namespaceOf(inputs)), {
                query: preview ? { ...query, dryRun: "All" } : query,
                body: inputs,
            });
        } catch (error) {
            const missing = isReason(error, "NotFound");
            if (preview && missing && error.kind === "namespaces") {
                throw new NamespaceMissing(`namespace does not exist for "${nameOf(inputs)}"`, { cause: error });
            }
            if (!(missing || error instanceof NoMatchError) || attempt >= createRetries) {
                throw isReason(error, "AlreadyExists") ? explainExisting(error) : error;
            }
            await sleep(1000 * 2 ** attempt);
        }
    }
}

function explainExisting(error: StatusError): StatusError {
    const message =
        `${error.message}\n\nThe resource already exists in the cluster. Either it belongs to somebody else, ` +
        "or it was renamed in the program (give it an alias), or it is to be replaced under its own name " +
        "(set deleteBeforeReplace), or Pulumi is to take it over (`pulumi import`).";
    return new StatusError(error.code, error.reason, message, error.kind);
}

/** The object as it is in the cluster. */
export async function readObject(client: Client, like: Fields, name: string): Promise<Fields> {
    return client.call("GET", await client.path(kindOf(like), namespaceOf(like), name));
}

export interface Deletion {
    readonly client: Client;
    readonly inputs: Fields;
    /** The object as recorded. */
    readonly live: Fields;
    readonly name: string;
    readonly timeout: number;
    readonly cancelled: AbortSignal;
}

const skippable = new Set([
    "DaemonSet",
    "Deployment",
    "Job",
    "Namespace",
    "Pod",
    "ReplicationController",
    "StatefulSet",
]);

/** Deletes an object and waits until it is gone. One that is gone already, or whose kind is, is a success. */
export async function deleteObject({ client, inputs, live, name, timeout, cancelled }: Deletion): Promise<void> {
    const deadline = Date.now() + timeoutOf(inputs, timeout);
    let uid: string;
    let path: string;
    try {
        path = await client.path(kindOf(live), namespaceOf(live), name);
        const answer = await client.call("DELETE", path, { body: { propagationPolicy: propagation(inputs) } });
        uid = text(answer, "metadata", "uid") || text(answer, "details", "uid");
    } catch (error) {
        if (isReason(error, "NotFound") || error instanceof NoMatchError) {
            return;
        }
        throw error;
    }
    if (skipsAwait(inputs) && skippable.has(kindOf(inputs).kind)) {
        return;
    }
    let last = live;
    let reasons: string[] = [];
    while (Date.now() < deadline && !cancelled.aborted) {
        try {
            last = await client.call("GET", path);
            const finalizers = list(last, "metadata", "finalizers");
            reasons = finalizers.length === 0 ? [] : ["finalizers might be preventing deletion"];
            if (uid !== "" && text(last, "metadata", "uid") !== uid) {
                return;
            }
        } catch (error) {
            if (isReason(error, "NotFound")) {
                return;
            }
            reasons = [error instanceof Error ? error.message : String(error)];
        }
        await sleep(500);
    }
    throw new NotReady(
        cancelled.aborted ? "the operation was cancelled" : "timed out waiting for the condition",
        reasons,
        last,
    );
}

function propagation(inputs: Fields): string {
    switch (annotation(inputs, "pulumi.com/deletionPropagationPolicy").toLowerCase()) {
        case "orphan":
            return "Orphan";
        case "background":
            return "Background";
        default:
            return "Foreground";
    }
}
