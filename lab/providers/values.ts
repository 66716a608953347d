// How property values travel between the engine and a plugin: a protobuf Struct in which secrets, unknowns and assets are
// objects or strings with an agreed signature (sdk/go/common/resource/plugin/rpc.go, sdk/nodejs/runtime/rpc.ts).
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";

const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

const unknownSentinels = new Set([
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // boolean
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9", // string
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // array
    "030794c1-ac77-496b-92df-f27374a8bd58", // asset
    "e48ece36-62e2-4504-bad9-02848725956a", // archive
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
]);
const unknownString = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A value that is not known yet: it appears in previews only. */
export class Unknown {
    readonly unknown = true;
}

/** The one unknown value. */
export const unknown = new Unknown();

/** A value that the engine encrypts in state and hides on the screen. */
export class Secret {
    constructor(readonly value: Value) {}
}

/** A property value as the engine sent it, secrets and unknowns marked. */
export type Value = null | boolean | number | string | Unknown | Secret | Value[] | { [key: string]: Value };

/** The properties of a resource or of a provider. */
export type Properties = Record<string, Value>;

/** A property value without secret marks. */
export type Plain = null | boolean | number | string | Unknown | Plain[] | { [key: string]: Plain };

/** Whether a value is an object with keys of its own. */
export function isObject(value: Value | undefined): value is Record<string, Value> {
    return (
        typeof value === "object" &&
        value !== null &&
        !Array.isArray(value) &&
        !(value instanceof Secret) &&
        !(value instanceof Unknown)
    );
}

/** Reads the properties of a message; an absent Struct has none. */
export function decode(struct: Struct | undefined): Properties {
    return struct === undefined ? {} : decodeObject(struct.toJavaScript());
}

function decodeObject(object: Record<string, JavaScriptValue>): Properties {
    return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, decodeValue(value)]));
}

function decodeValue(value: JavaScriptValue): Value {
    if (typeof value === "string") {
        return unknownSentinels.has(value) ? unknown : value;
    }
    if (Array.isArray(value)) {
        return value.map(decodeValue);
    }
    if (typeof value !== "object" || value === null) {
        return value;
    }
    const object = value as Record<string, JavaScriptValue>;
    const signature = object[signatureKey];
    if (signature === undefined) {
        return decodeObject(object);
    }
    if (signature !== secretSignature) {
        throw new Error("assets, archives, resource references and output values are not implemented by this stand-in");
    }
    return new Secret(decodeValue(object["value"] ?? null));
}

/** Writes properties for the engine. `undefined` properties are left out. */
export function encode(properties: Record<string, Value | undefined>): Struct {
    return Struct.fromJavaScript(encodeObject(properties));
}

function encodeObject(properties: Record<string, Value | undefined>): Record<string, JavaScriptValue> {
    const encoded: Record<string, JavaScriptValue> = {};
    for (const [key, value] of Object.entries(properties)) {
        if (value !== undefined) {
            encoded[key] = encodeValue(value);
        }
    }
    return encoded;
}

function encodeValue(value: Value): JavaScriptValue {
    if (value instanceof Secret) {
        return { [signatureKey]: secretSignature, value: encodeValue(value.value) };
    }
    if (value instanceof Unknown) {
        return unknownString;
    }
    if (Array.isArray(value)) {
        return value.map(encodeValue);
    }
    return isObject(value) ? encodeObject(value) : value;
}

/** The value with every secret mark taken off, at any depth; unknowns stay. */
export function plain(value: Value): Plain {
    if (value instanceof Secret) {
        return plain(value.value);
    }
    if (Array.isArray(value)) {
        return value.map(plain);
    }
    return isObject(value) ? plainProperties(value) : value;
}

/** The properties with every secret mark taken off, at any depth; unknowns stay. */
export function plainProperties(properties: Properties): Record<string, Plain> {
    return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, plain(value)]));
}

/** Whether a value is secret, or holds a secret at any depth. */
export function hasSecret(value: Value): boolean {
    return value instanceof Secret || contains(value, hasSecret);
}

/** Whether a value is unknown, or holds an unknown at any depth, also inside a secret. */
export function hasUnknown(value: Value): boolean {
    return (
        value instanceof Unknown || (value instanceof Secret ? hasUnknown(value.value) : contains(value, hasUnknown))
    );
}

function contains(value: Value, predicate: (value: Value) => boolean): boolean {
    return Array.isArray(value) ? value.some(predicate) : isObject(value) && Object.values(value).some(predicate);
}

/** Marks secret in `value` whatever is secret at the same place in `like`. */
export function withSecretsOf(value: Value, like: Value | undefined): Value {
    if (like instanceof Secret) {
        return value instanceof Secret ? value : new Secret(value);
    }
    if (Array.isArray(value) && Array.isArray(like)) {
        return value.map((item, index) => withSecretsOf(item, like[index]));
    }
    if (isObject(value) && isObject(like)) {
        return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withSecretsOf(item, like[key])]));
    }
    return value;
}

/** Whether two values are the same, secret marks left aside; an unknown equals nothing but an unknown. */
export function equal(a: Value | undefined, b: Value | undefined): boolean {
    if (a instanceof Secret || b instanceof Secret) {
        return equal(a instanceof Secret ? a.value : a, b instanceof Secret ? b.value : b);
    }
    if (Array.isArray(a) && Array.isArray(b)) {
        return a.length === b.length && a.every((item, index) => equal(item, b[index]));
    }
    if (isObject(a) && isObject(b)) {
        const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
        return [...keys].every((key) => equal(a[key], b[key]));
    }
    return a === b;
}

/** Refuses what a stand-in does not implement: a property that was ignored would work here and not with the official plugin. */
export function refuseUnknownProperties(properties: Properties, known: readonly string[], where: string): void {
    const refused = Object.keys(properties).filter((key) => !known.includes(key));
    if (refused.length > 0) {
        throw new Error(
            `${where}: the lab's stand-in does not implement ${refused.join(", ")} ` +
                `(it implements ${known.join(", ")}); use the official plugin for it`,
        );
    }
}
