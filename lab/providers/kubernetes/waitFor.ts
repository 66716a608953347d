// The annotation pulumi.com/waitFor (metadata/overrides.go, jsonpath/jsonpath.go, await/condition).
import type { Plain } from "../values";
import { annotation, isFields, list, number, text, type Fields } from "./objects";

/** A condition on a live object. */
export type Condition = (object: Fields) => boolean;

/** What the object's annotation waits for; undefined without one. All of several conditions must hold. */
export function waitForCondition(inputs: Fields): Condition | undefined {
    const value = annotation(inputs, "pulumi.com/waitFor");
    if (value === "") {
        return undefined;
    }
    const conditions = expressions(value).map(parseExpression);
    if (conditions.length === 0) {
        throw new Error("pulumi.com/waitFor: at least one condition must be specified");
    }
    return (object) => conditions.every((condition) => condition(object));
}

function expressions(value: string): string[] {
    try {
        const parsed: unknown = JSON.parse(value);
        if (Array.isArray(parsed) && parsed.every((item) => typeof item === "string")) {
            return parsed;
        }
    } catch {
        // Not a list: one expression.
    }
    return [value];
}

function parseExpression(expression: string): Condition {
    if (expression.startsWith("jsonpath=")) {
        return jsonPathCondition(expression.slice("jsonpath=".length));
    }
    if (expression.startsWith("condition=")) {
        const [type = "", status = "True"] = expression.slice("condition=".length).split(/=(.*)/s);
        return (object) => hasCondition(object, type, status);
    }
    throw new Error(`pulumi.com/waitFor: expected a "jsonpath=" or "condition=" prefix, got "${expression}"`);
}

function hasCondition(object: Fields, type: string, status: string): boolean {
    const found = list(object, "status", "conditions").find((condition) => same(text(condition, "type"), type));
    if (found === undefined) {
        return false;
    }
    const observed = number(found, "observedGeneration") ?? number(object, "status", "observedGeneration");
    return !isStale(object, observed) && same(text(found, "status"), status);
}

function same(a: string, b: string): boolean {
    return a.toLowerCase() === b.toLowerCase();
}

function isStale(object: Fields, observed: number | undefined): boolean {
    const generation = number(object, "metadata", "generation");
    return generation !== undefined && observed !== undefined && observed < generation;
}

function jsonPathCondition(expression: string): Condition {
    const match = /^\{\s*([^{}]*?)\s*\}(?:=(.*))?$/s.exec(expression);
    if (match === null) {
        throw new Error(
            `pulumi.com/waitFor: format should be jsonpath={.path}=value or jsonpath={.path}, got "${expression}"`,
        );
    }
    const [, path = "", wanted] = match;
    if (wanted === "") {
        throw new Error(`pulumi.com/waitFor: {${path}}= requires a value`);
    }
    const keys = parsePath(path);
    return (object) => {
        const value = isStale(object, number(object, "status", "observedGeneration"))
            ? undefined
            : select(object, keys);
        if (value === undefined || wanted === undefined) {
            return value !== undefined;
        }
        if (typeof value === "object" && value !== null) {
            throw new Error(`"{${path}}" has a non-primitive value`);
        }
        return String(value) === wanted;
    };
}

/** The keys of a path of names and indices, such as `.status.loadBalancer.ingress[0].ip` or `.data['ca.crt']`. */
function parsePath(path: string): (string | number)[] {
    const keys: (string | number)[] = [];
    const step = /\.([A-Za-z_][\w-]*)|\['([^']*)'\]|\["([^"]*)"\]|\[(\d+)\]/y;
    step.lastIndex = path.startsWith("$") ? 1 : 0;
    while (step.lastIndex < path.length) {
        const match = step.exec(path);
        if (match === null) {
            throw new Error(
                `pulumi.com/waitFor: of JSONPath the lab's stand-in implements names and indices only, got "${path}"`,
            );
        }
        const [, name, single, double, index] = match;
        keys.push(index === undefined ? (name ?? single ?? double ?? "") : Number(index));
    }
    return keys;
}

function select(object: Fields, keys: readonly (string | number)[]): Plain | undefined {
    let value: Plain | undefined = object;
    for (const key of keys) {
        if (typeof key === "number") {
            value = Array.isArray(value) ? value[key] : undefined;
        } else {
            value = isFields(value) ? value[key] : undefined;
        }
    }
    return value;
}
