// What changes, and what of it replaces the object (provider.go Diff and convertPatchToDiff, diff.go).
import type { DiffResult, PropertyDiff } from "../plugin";
import { Unknown, equal, type Plain } from "../values";
import { forceNewFields, type GroupVersionKind } from "./kinds";
import { isAutonamed, isNamed } from "./naming";
import { normalizeInputs, shapedLike } from "./normalize";
import { isFields, nameOf, namespaceOf, withField, withoutField, type Fields } from "./objects";
import type { Checkpoint } from "./checkpoint";

type Path = readonly (string | number)[];
type Kind = "add" | "delete" | "update";

interface Change {
    readonly path: Path;
    readonly kind: Kind;
    readonly value: Plain | undefined;
}

/** Compares the recorded live object, as far as the old inputs shaped it, with the new inputs. */
export function diffObject(kind: GroupVersionKind, namespaced: boolean, old: Checkpoint, wanted: Fields): DiffResult {
    const inputs = canonicalNamespace(normalizeInputs(wanted), namespaced);
    const shaped = canonicalNamespace(shapedLike(old.live, normalizeInputs(old.inputs)), namespaced);
    const before =
        nameOf(inputs) === ""
            ? shaped
            : withField(withoutField(shaped, ["metadata", "resourceVersion"]), ["metadata", "name"], nameOf(old.live));

    const patterns = forceNewFields(kind).map((pattern) => pattern.slice(1).split("."));
    const detailedDiff: Record<string, PropertyDiff> = {};
    const replaces: string[] = [];
    for (const change of changes([], before, inputs)) {
        const path = propertyPath(change.path);
        const replace = patterns.some((pattern) => touches(change, pattern));
        if (replace || (change.kind === "delete" && path === "metadata")) {
            replaces.push(path);
        }
        detailedDiff[path] = {
            kind: replace ? `${change.kind}-replace` : change.kind,
            inputDiff: change.kind === "delete",
        };
    }

    // The new object cannot stand beside the old one under the same name.
    const deleteBeforeReplace =
        replaces.length > 0 &&
        isNamed(inputs) &&
        !isAutonamed(inputs) &&
        nameOf(inputs) === nameOf(old.live) &&
        namespaceOf(inputs) === namespaceOf(old.live);
    return { changes: Object.keys(detailedDiff).length > 0, replaces, detailedDiff, deleteBeforeReplace };
}

function canonicalNamespace(object: Fields, namespaced: boolean): Fields {
    if (!namespaced) {
        return withoutField(object, ["metadata", "namespace"]);
    }
    const metadata = object["metadata"];
    const given = isFields(metadata) ? metadata["namespace"] : undefined;
    return given === undefined || given === "" ? withField(object, ["metadata", "namespace"], "default") : object;
}

function* changes(path: Path, before: Plain | undefined, after: Plain | undefined): Generator<Change> {
    if (after === undefined) {
        yield { path, kind: "delete", value: undefined };
    } else if (before === undefined) {
        yield { path, kind: "add", value: after };
    } else if (after instanceof Unknown) {
        yield { path, kind: "update", value: after };
    } else if (isFields(before) && isFields(after)) {
        for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
            yield* changesUnlessEqual([...path, key], before[key], after[key]);
        }
    } else if (Array.isArray(before) && Array.isArray(after)) {
        for (let index = 0; index < Math.max(before.length, after.length); index += 1) {
            yield* changesUnlessEqual([...path, index], before[index], after[index]);
        }
    } else {
        yield { path, kind: "update", value: after };
    }
}

function* changesUnlessEqual(path: Path, before: Plain | undefined, after: Plain | undefined): Generator<Change> {
    if (!equal(before, after)) {
        yield* changes(path, before, after);
    }
}

/** Whether a change is at or below a field, or brings a value that has the field. */
function touches({ path, value }: Change, pattern: readonly string[]): boolean {
    if (!pattern.slice(0, path.length).every((key, index) => key === path[index])) {
        return false;
    }
    let inner: Plain | undefined = value;
    for (const key of pattern.slice(path.length)) {
        inner = isFields(inner) ? inner[key] : undefined;
        if (inner === undefined) {
            return false;
        }
    }
    return true;
}

/** A property path in Pulumi's writing. */
export function propertyPath(path: Path): string {
    let result = "";
    for (const part of path) {
        if (typeof part === "number") {
            result += `[${part}]`;
        } else if (/[."[\]]/.test(part)) {
            result += `["${part.replaceAll('"', '\\"')}"]`;
        } else {
            result += result === "" ? part : `.${part}`;
        }
    }
    return result;
}
