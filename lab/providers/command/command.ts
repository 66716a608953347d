// The stand-in for pulumi-command v1.2.1: command:remote:Command (provider/pkg/provider/remote/commandController.go, and
// infer/resource.go of pulumi-go-provider v1.3.0 for what the framework adds).
import { randomBytes } from "node:crypto";
import { detailedDiff } from "../detailedDiff";
import type { Engine, Plugin, PropertyDiff, ResourceRequest } from "../plugin";
import { equal, hasUnknown, type Properties, unknown, type Value } from "../values";
import { checkInputs, commandInputs, inputNames } from "./inputs";
import { type Outputs, run } from "./run";

/** Refuses the package's other resources. */
function onlyRemoteCommand({ type }: ResourceRequest): void {
    if (type !== "command:remote:Command") {
        throw new Error(`the lab's stand-in for command implements command:remote:Command, not ${type}`);
    }
}

/** Cancelled by the user, or when the resource's customTimeouts, in seconds, have passed. */
function deadline(engine: Engine, timeout: number): AbortSignal {
    return timeout > 0 ? AbortSignal.any([engine.cancelled, AbortSignal.timeout(timeout * 1000)]) : engine.cancelled;
}

function outputs(state: Properties): Outputs {
    const text = (value: Value | undefined): string => (typeof value === "string" ? value : "");
    const { stdout, stderr } = commandInputs(state) as unknown as { stdout?: Value; stderr?: Value };
    return { stdout: text(stdout), stderr: text(stderr) };
}

/** In the framework's eyes every input may change every output; an input that is new changes none. */
function changes(inputs: Properties, oldState: Properties): boolean {
    return inputNames.some((name) => {
        const input = inputs[name];
        const old = oldState[name];
        return (input !== undefined && hasUnknown(input)) || (old !== undefined && !equal(input ?? null, old));
    });
}

function ignoring(inputs: Properties, ignoreChanges: readonly string[], oldState: Properties): Properties {
    const kept = ignoreChanges.flatMap((name) => {
        const old = oldState[name];
        return old === undefined ? [] : [[name, old] as const];
    });
    return { ...inputs, ...Object.fromEntries(kept) };
}

export const command: Plugin = {
    name: "command",
    version: "1.2.1",

    check(request) {
        onlyRemoteCommand(request);
        return Promise.resolve(checkInputs(request.inputs));
    },

    diff({ oldInputs, oldState, inputs, ignoreChanges }) {
        const found = detailedDiff(oldInputs, ignoring(inputs, ignoreChanges, oldState));
        // Only the property as a whole is marked to replace; its elements are by the Node SDK, which lists triggers[*].
        const triggers = found["triggers"];
        const replaced: Record<string, PropertyDiff> =
            triggers === undefined
                ? {}
                : { triggers: { ...triggers, kind: `${triggers.kind}-replace` as PropertyDiff["kind"] } };
        return Promise.resolve({
            changes: Object.keys(found).length > 0,
            detailedDiff: { ...found, ...replaced },
        });
    },

    async create({ urn, name, inputs, preview, timeout }, engine) {
        const id = name + randomBytes(4).toString("hex");
        if (preview) {
            return { id, state: { ...inputs, stdout: unknown, stderr: unknown } };
        }
        const plain = commandInputs(inputs);
        const nothing = { stdout: "", stderr: "" };
        const result =
            plain.create === undefined
                ? nothing
                : await run(plain.create, plain, nothing, urn, engine, deadline(engine, timeout));
        return { id, state: { ...inputs, ...result } };
    },

    async update(request, engine) {
        const { urn, oldState, preview, timeout } = request;
        const inputs = ignoring(request.inputs, request.ignoreChanges, oldState);
        const previous = outputs(oldState);
        if (preview) {
            const stale = changes(inputs, oldState);
            const result = stale ? { stdout: unknown, stderr: unknown } : previous;
            return { state: { ...inputs, ...result } };
        }
        const plain = commandInputs(inputs);
        const text = plain.update ?? plain.create;
        const result =
            text === undefined ? previous : await run(text, plain, previous, urn, engine, deadline(engine, timeout));
        return { state: { ...inputs, ...result } };
    },

    async delete({ urn, oldState, timeout }, engine) {
        const plain = commandInputs(oldState);
        if (plain.delete !== undefined) {
            await run(plain.delete, plain, outputs(oldState), urn, engine, deadline(engine, timeout));
        }
    },

    read({ id, oldInputs, oldState }) {
        // Nothing on the machine is looked at: what changed there stays unseen.
        return Promise.resolve({ id, inputs: oldInputs, state: oldState });
    },
};
