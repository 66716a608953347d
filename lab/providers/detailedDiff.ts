import type { PropertyDiff } from "./plugin";
import { equal, isObject, Secret, type Value } from "./values";

/**
 * Differences by property path, as the engine's own `ObjectDiff` finds them (sdk/go/common/resource/properties_diff.go):
 * a secret is compared as a whole, and a value that became secret has changed.
 */
export function detailedDiff(
    olds: Record<string, Value>,
    news: Record<string, Value>,
    inputDiff = false,
): Record<string, PropertyDiff> {
    const found: Record<string, PropertyDiff> = {};
    diffObjects("", olds, news, (path, kind) => {
        found[path] = { kind, inputDiff };
    });
    return found;
}

type Report = (path: string, kind: "add" | "delete" | "update") => void;

function diffObjects(prefix: string, olds: Record<string, Value>, news: Record<string, Value>, report: Report): void {
    for (const key of new Set([...Object.keys(olds), ...Object.keys(news)])) {
        diffValues(child(prefix, key), olds[key], news[key], report);
    }
}

function diffValues(path: string, old: Value | undefined, now: Value | undefined, report: Report): void {
    if (Array.isArray(old) && Array.isArray(now)) {
        for (let index = 0; index < Math.max(old.length, now.length); index++) {
            diffValues(`${path}[${index}]`, old[index], now[index], report);
        }
    } else if (isObject(old) && isObject(now)) {
        diffObjects(path, old, now, report);
    } else if (isAbsent(old) || isAbsent(now)) {
        if (!isAbsent(old) || !isAbsent(now)) {
            report(path, isAbsent(old) ? "add" : "delete");
        }
    } else if (old instanceof Secret !== now instanceof Secret || !equal(old, now)) {
        report(path, "update");
    }
}

function isAbsent(value: Value | undefined): boolean {
    return value === undefined || value === null;
}

function child(prefix: string, key: string): string {
    if (!/^[A-Za-z_$][\w$]*$/.test(key)) {
        return `${prefix}[${JSON.stringify(key)}]`;
    }
    return prefix === "" ? key : `${prefix}.${key}`;
}
