// How objects get their names (metadata/naming.go) and keep the label that says who manages them (metadata/labels.go).
import { createHash, randomBytes } from "node:crypto";
import type { CheckRequest } from "../plugin";
import { Unknown } from "../values";
import { annotation, field, nameOf, text, withField, type Fields } from "./objects";

const autonamed = "pulumi.com/autonamed";
const managedBy = ["metadata", "labels", "app.kubernetes.io/managed-by"] as const;

/** A prefix and eight hexadecimal digits: the same ones for the same seed, others each time without a seed. */
export function uniqueName(prefix: string, seed: Uint8Array): string {
    const random = seed.length === 0 ? randomBytes(4) : createHash("sha256").update(seed).digest().subarray(0, 4);
    return prefix + random.toString("hex");
}

/** Whether an object has a name of its own, known or not yet known. */
export function isNamed(object: Fields): boolean {
    return nameOf(object) !== "" || field(object, "metadata", "name") instanceof Unknown;
}

/** Whether the plugin made the object's name. */
export function isAutonamed(object: Fields): boolean {
    return annotation(object, autonamed) === "true";
}

/** The object with the name that the plugin gives to it, unless it has one. */
export function named(object: Fields, old: Fields | undefined, request: CheckRequest): Fields {
    const generateName = field(object, "metadata", "generateName");
    if (isNamed(object)) {
        return object;
    }
    if (generateName !== undefined && generateName !== "") {
        throw new Error("the `.metadata.generateName` field is not supported in Server-Side Apply mode");
    }
    if (old !== undefined) {
        return isAutonamed(old) ? withName(object, nameOf(old)) : object;
    }
    switch (request.autonaming?.mode) {
        case "disable":
            throw new Error("autonaming is disabled, resource requires the .metadata.name field to be set");
        case "enforce":
        case "propose":
            return withName(object, request.autonaming.proposedName);
        case undefined:
            return withName(object, uniqueName(`${request.name}-`, request.randomSeed));
    }
}

function withName(object: Fields, name: string): Fields {
    return withField(withField(object, ["metadata", "name"], name), ["metadata", "annotations", autonamed], "true");
}

/** The object with the label `app.kubernetes.io/managed-by: pulumi` if it had it before: once set, the plugin keeps it. */
export function keepingManagedBy(object: Fields, old: Fields): Fields {
    return text(old, ...managedBy) === "pulumi" ? withField(object, [...managedBy], "pulumi") : object;
}
