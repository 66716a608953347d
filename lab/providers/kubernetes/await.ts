// Waiting until an object is ready or gone (await/await.go, awaiters.go, service.go).
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "./client";
import { kindOf, skipsAwait } from "./kinds";
import { annotation, isFields, list, nameOf, namespaceOf, number, type Fields } from "./objects";
import { endpointsOf, isService, serviceState, serviceWatch } from "./services";
import { waitForCondition } from "./waitFor";
import { deploymentReadiness, statefulSetReadiness, type Readiness } from "./workloads";

/** The object is in the cluster but not in the state that was waited for. */
export class NotReady extends Error {
    constructor(
        message: string,
        readonly reasons: readonly string[],
        /** As last seen; undefined if it was not seen since it was written. */
        readonly object: Fields | undefined,
    ) {
        super(message);
    }
}

export interface Wait {
    readonly client: Client;
    readonly inputs: Fields;
    /** The object as the API server returned it when it was written. */
    readonly object: Fields;
    /** The live object before it was changed; undefined for a new one. */
    readonly previous?: Fields;
    /** `customTimeouts` in seconds; 0 for none. */
    readonly timeout: number;
    readonly cancelled: AbortSignal;
}

const interval = 500;
const secretTimeout = 5_000;

/** Milliseconds: `customTimeouts`, else the annotation pulumi.com/timeoutSeconds, else ten minutes. */
export function timeoutOf(inputs: Fields, customTimeout: number): number {
    const annotated = annotation(inputs, "pulumi.com/timeoutSeconds");
    if (customTimeout !== 0) {
        return customTimeout * 1000;
    }
    return /^\d+$/.test(annotated) ? Number(annotated) * 1000 : 600_000;
}

/** Returns the object once it is ready. A condition of the user's own takes the place of what the kind is waited for by default. */
export async function awaitReady(wait: Wait): Promise<Fields> {
    if (skipsAwait(wait.inputs)) {
        return wait.object;
    }
    const condition = waitForCondition(wait.inputs);
    if (condition !== undefined) {
        const check = (object: Fields): Promise<Readiness> =>
            Promise.resolve({ ready: condition(object), reasons: [] });
        return poll(wait, check, () => "timed out waiting for the condition");
    }
    const timedOut = (object: Fields): string => `'${nameOf(object)}' timed out waiting to be Ready`;
    if (isTokenSecret(wait.object)) {
        return awaitTokenSecret(wait);
    }
    if (isService(wait.object)) {
        const watch = serviceWatch(wait.client);
        return poll(wait, watch.check, timedOut, watch.goodEnough);
    }
    const check = workloadCheck(wait.client, wait.object, wait.previous);
    return check === undefined ? wait.object : poll(wait, check, timedOut);
}

/** Whether an object that was read is ready, for kinds that are looked at when they are read; reasons are empty if it is. */
export async function readReadiness(client: Client, inputs: Fields, object: Fields): Promise<readonly string[]> {
    if (skipsAwait(inputs)) {
        return [];
    }
    if (isService(object)) {
        const { balanced, pending, reasons } = serviceState(object, await endpointsOf(client, object));
        return balanced && !pending ? [] : reasons;
    }
    return (await workloadCheck(client, object, undefined)?.(object))?.reasons ?? [];
}

type Check = (object: Fields) => Promise<Readiness>;

function workloadCheck(client: Client, written: Fields, previous: Fields | undefined): Check | undefined {
    const kind = kindOf(written);
    const items = async (group: string, other: string): Promise<Fields[]> => {
        const path = await client.path({ group, version: "v1", kind: other }, namespaceOf(written));
        return list(await client.call("GET", path), "items");
    };
    if (kind.group === "apps" && kind.kind === "Deployment") {
        return async (object) =>
            deploymentReadiness(object, await items("apps", "ReplicaSet"), await items("", "Pod"), previous);
    }
    if (kind.group === "apps" && kind.kind === "StatefulSet") {
        return async (object) => statefulSetReadiness(object, await items("", "Pod"));
    }
    return undefined;
}

/** Looks at the object until it is ready. A failed look is no end: the API server may be back in time. */
async function poll(
    wait: Wait,
    check: Check,
    timedOut: (object: Fields) => string,
    goodEnough: () => boolean = () => false,
): Promise<Fields> {
    const deadline = Date.now() + timeoutOf(wait.inputs, wait.timeout);
    const generation = number(wait.object, "metadata", "generation") ?? 0;
    let last = wait.object;
    let reasons: readonly string[] = [];
    for (;;) {
        try {
            last = await live(wait.client, wait.object);
            const readiness = await check(last);
            reasons = readiness.reasons;
            if (readiness.ready && (number(last, "metadata", "generation") ?? 0) >= generation) {
                return last;
            }
        } catch (error) {
            reasons = [error instanceof Error ? error.message : String(error)];
        }
        if (Date.now() >= deadline) {
            if (goodEnough()) {
                return last;
            }
            throw new NotReady(timedOut(last), reasons, last);
        }
        await pause(wait.cancelled, last, Math.min(interval, deadline - Date.now()));
    }
}

async function pause(cancelled: AbortSignal, object: Fields | undefined, milliseconds: number): Promise<void> {
    try {
        await sleep(milliseconds, undefined, { signal: cancelled });
    } catch {
        throw new NotReady(`Resource operation was cancelled for "${object ? nameOf(object) : ""}"`, [], object);
    }
}

async function live(client: Client, object: Fields): Promise<Fields> {
    return client.call("GET", await client.path(kindOf(object), namespaceOf(object), nameOf(object)));
}

function isTokenSecret(object: Fields): boolean {
    return object["kind"] === "Secret" && object["type"] === "kubernetes.io/service-account-token";
}

/** Five seconds for any data at all, whatever timeout was asked for, and no second try: the token controller deletes a Secret without ServiceAccount. */
async function awaitTokenSecret({ client, object, cancelled }: Wait): Promise<Fields> {
    const deadline = Date.now() + secretTimeout;
    let last: Fields | undefined;
    for (;;) {
        try {
            last = await live(client, object);
        } catch (error) {
            throw new NotReady(error instanceof Error ? error.message : String(error), [], last);
        }
        if (isFields(last["data"]) && Object.keys(last["data"]).length > 0) {
            return last;
        }
        if (Date.now() >= deadline) {
            throw new NotReady(`Timeout occurred polling for '${nameOf(object)}'`, [], last);
        }
        await pause(cancelled, last, interval);
    }
}
