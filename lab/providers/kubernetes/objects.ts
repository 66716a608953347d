import { Unknown, isObject, type Plain } from "../values";

/** A Kubernetes object, or a part of one, as the API server sends it or as a program wants it. */
export type Fields = Record<string, Plain>;

/** Whether a value is an object with fields of its own. */
export function isFields(value: Plain | undefined): value is Fields {
    return isObject(value);
}

/** The value at a path of field names; undefined where there is none. */
export function field(object: Plain | undefined, ...path: readonly string[]): Plain | undefined {
    let value = object;
    for (const key of path) {
        value = isFields(value) ? value[key] : undefined;
    }
    return value;
}

/** The text at a path; empty where there is none, or where it is not known yet. */
export function text(object: Plain | undefined, ...path: readonly string[]): string {
    const value = field(object, ...path);
    return typeof value === "string" ? value : "";
}

/** The number at a path; undefined where there is none. */
export function number(object: Plain | undefined, ...path: readonly string[]): number | undefined {
    const value = field(object, ...path);
    return typeof value === "number" ? value : undefined;
}

/** The list of objects at a path; empty where there is none. */
export function list(object: Plain | undefined, ...path: readonly string[]): Fields[] {
    const value = field(object, ...path);
    return Array.isArray(value) ? value.filter(isFields) : [];
}

/** `metadata.name`, or empty. */
export function nameOf(object: Fields): string {
    return text(object, "metadata", "name");
}

/** `metadata.namespace`, or empty. */
export function namespaceOf(object: Fields): string {
    return text(object, "metadata", "namespace");
}

/** The value of an annotation, or empty. */
export function annotation(object: Fields, key: string): string {
    return text(object, "metadata", "annotations", key);
}

/** The id of an object in Pulumi's state: `namespace/name`, or the name alone for what lives in no namespace. */
export function idOf(object: Fields): string {
    const namespace = namespaceOf(object);
    return namespace === "" ? nameOf(object) : `${namespace}/${nameOf(object)}`;
}

/** Takes an id apart. */
export function parseId(id: string): { namespace: string; name: string } {
    const [first = "", second] = id.split("/");
    return second === undefined ? { namespace: "", name: first } : { namespace: first, name: second };
}

/** The object with one field set; what is on the way is made where it is missing, and left alone where it is not known yet. */
export function withField(object: Fields, path: readonly [string, ...string[]], value: Plain): Fields {
    const [key, next, ...rest] = path;
    if (next === undefined) {
        return { ...object, [key]: value };
    }
    const inner = object[key];
    if (inner instanceof Unknown) {
        return object;
    }
    return { ...object, [key]: withField(isFields(inner) ? inner : {}, [next, ...rest], value) };
}

/** The object without one field. */
export function withoutField(object: Fields, path: readonly [string, ...string[]]): Fields {
    const [key, next, ...rest] = path;
    const inner = object[key];
    if (next !== undefined) {
        return isFields(inner) ? { ...object, [key]: withoutField(inner, [next, ...rest]) } : object;
    }
    return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
}

/** Whether an object is owned by another, by its owner references. */
export function isOwnedBy(object: Fields, owner: Fields): boolean {
    const uid = text(owner, "metadata", "uid");
    return uid !== "" && list(object, "metadata", "ownerReferences").some((reference) => reference["uid"] === uid);
}
