// Inputs and live objects in one form, so that what means the same compares as the same (clients/unstructured.go, util.go).
import { Unknown, hasUnknown, type Plain } from "../values";
import { kindOf } from "./kinds";
import { isFields, withoutField, type Fields } from "./objects";
import { canonicalQuantity } from "./quantity";

const readOnly = [
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
];

/** The inputs in the form in which the API server will give them back. */
export function normalizeInputs(inputs: Fields): Fields {
    const known = hasUnknown(inputs) ? inputs : normalizeKnown(inputs);
    return readOnly.reduce((object, key) => withoutField(object, ["metadata", key]), known);
}

function normalizeKnown(inputs: Fields): Fields {
    const kind = kindOf(inputs);
    const normalized = normalizeFields(inputs);
    return kind.group === "" && kind.kind === "Secret" ? normalizeSecret(normalized) : normalized;
}

/** `stringData` becomes `data`, as the API server does it; base64 gets its one canonical form. */
function normalizeSecret(secret: Fields): Fields {
    const data = isFields(secret["data"]) ? secret["data"] : undefined;
    const stringData = isFields(secret["stringData"]) ? secret["stringData"] : {};
    const encoded = Object.entries(stringData).map(([key, value]): [string, Plain] => [
        key,
        typeof value === "string" ? Buffer.from(value, "utf8").toString("base64") : value,
    ]);
    if (encoded.length > 0) {
        return { ...withoutField(secret, ["stringData"]), data: { ...data, ...Object.fromEntries(encoded) } };
    }
    return data === undefined ? secret : { ...secret, data: mapValues(data, canonicalBase64) };
}

function canonicalBase64(value: Plain): Plain {
    return typeof value === "string" ? Buffer.from(value, "base64").toString("base64") : value;
}

function normalizeFields(object: Fields): Fields {
    const kept = Object.entries(object).filter(([, value]) => value !== null);
    return Object.fromEntries(kept.map(([key, value]) => [key, normalizeValue(key, value)]));
}

function normalizeValue(key: string, value: Plain): Plain {
    if (Array.isArray(value)) {
        return value.map((item) => normalizeValue("", item));
    }
    if (key === "resources" && isFields(value)) {
        return mapValues(value, (amounts) => (isFields(amounts) ? mapValues(amounts, canonicalQuantity) : amounts));
    }
    if (key === "sizeLimit") {
        return canonicalQuantity(value);
    }
    return isFields(value) ? normalizeFields(value) : value;
}

function mapValues(object: Fields, change: (value: Plain) => Plain): Fields {
    return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}

/**
 * The live object cut down to the fields that the inputs name: all else is the cluster's business and no difference.
 * A field that the inputs set to its zero value and that the API server left out for it counts as being there.
 */
export function shapedLike(live: Fields, inputs: Fields): Fields {
    const shaped: Fields = {};
    for (const [key, wanted] of Object.entries(inputs)) {
        const value = live[key];
        if (value !== undefined) {
            shaped[key] = shapedValue(value, wanted);
        } else if (isZero(wanted)) {
            shaped[key] = wanted;
        }
    }
    return shaped;
}

function shapedValue(live: Plain, inputs: Plain): Plain {
    if (isFields(live) && isFields(inputs)) {
        return shapedLike(live, inputs);
    }
    if (Array.isArray(live) && Array.isArray(inputs)) {
        return live.slice(0, inputs.length).map((item, index) => shapedValue(item, inputs[index] ?? item));
    }
    return live;
}

function isZero(value: Plain): boolean {
    if (value instanceof Unknown) {
        return false;
    }
    if (typeof value === "object" && value !== null) {
        return Object.keys(value).length === 0;
    }
    return value === "" || value === 0 || value === false || value === null;
}
