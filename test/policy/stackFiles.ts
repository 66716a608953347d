import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import * as yaml from "js-yaml";
import { keyAt } from "../../config/problems";
import { isEmptied, isObject } from "../../config/scalars";
import type { Keys } from "../config/environment";
import { standIns } from "./standIns";

const ROOT = join(__dirname, "../..");
const STACK_FILE = /^Pulumi\.(.+)\.ya?ml$/;
const NAMESPACE = "external-prometheus:";

/**
 * Every stack's file beside Pulumi.yaml, and those of the examples, relative to the project; but not where another project has a
 * Pulumi.yaml of its own.
 */
export function stackFiles(project = ROOT): string[] {
    const examples = existsSync(join(project, "examples"))
        ? readdirSync(join(project, "examples"), { recursive: true, encoding: "utf8" })
              .map((path) => join("examples", path))
              .filter((path) => !path.includes("node_modules"))
              .filter((path) => !existsSync(join(project, dirname(path), "Pulumi.yaml")))
        : [];
    return [...readdirSync(project), ...examples].filter((path) => STACK_FILE.test(basename(path))).sort();
}

/** The name of the stack that has that file. */
export function stackOf(path: string): string {
    return STACK_FILE.exec(basename(path))?.[1] ?? "";
}

/** The file of another stack of this project, if it lies beside this one. */
export function fileOfStack(stack: string, beside: string): string | undefined {
    const [, name] = /^(?:[\w.-]+\/external-prometheus\/)?([\w.-]+)$/.exec(stack) ?? [];
    const path = join(dirname(beside), `Pulumi.${name ?? ""}.yaml`);
    return name !== undefined && existsSync(join(ROOT, path)) ? path : undefined;
}

/** A stack's configuration without the namespace, a stand-in in the place of each of its secrets. */
export interface StackKeys {
    readonly plain: Keys;
    readonly secret: Keys;
    /** Where something stands in clear: within a key that is secret as a whole since a part of it is, or of another namespace. */
    readonly inClear: readonly string[];
}

/** Keys of ours that stand beside `config`, where Pulumi does not read them and says nothing. */
export function strayKeys(text: string): string[] {
    const file = yaml.load(text);
    return isObject(file) ? Object.keys(file).filter((key) => key.startsWith(NAMESPACE)) : [];
}

/** What a stack's file says, together with stand-ins for the secrets that it wants and may not have yet. */
export function readStackFile(path: string): StackKeys {
    const file = yaml.load(readFileSync(join(ROOT, path), "utf8"));
    return stackKeys(isObject(file) && isObject(file["config"]) ? file["config"] : {});
}

/** The same of a file's `config`. What is secret and stands in clear as a whole stays so, for the program to refuse. */
export function stackKeys(config: Keys): StackKeys {
    const own = Object.entries(config)
        .filter(([key]) => key.startsWith(NAMESPACE))
        .map(([key, value]) => [key.slice(NAMESPACE.length), value] as const);
    const plain = Object.fromEntries(own.filter(([, value]) => !holdsSecret(value)));
    const kept = Object.fromEntries(own.filter(([, value]) => holdsSecret(value)));
    const wanted = Object.entries(standIns(plain)).filter(
        ([key]) => !Object.hasOwn(plain, key) || isEmptied(plain[key]),
    );
    return {
        plain,
        // What is kept under a name that nothing asks for stays there, for the program to tell of it.
        secret: merged(withoutCiphers(kept) as Keys, Object.fromEntries(wanted)),
        inClear: [
            ...Object.entries(kept).flatMap(([key, value]) => clearPaths(value, key)),
            ...Object.entries(config)
                .filter(([key]) => !key.startsWith(NAMESPACE))
                .flatMap(([key, value]) => foreignPaths(value, key, key)),
        ],
    };
}

/** As Pulumi writes what it has encrypted. */
function isCipher(value: unknown): boolean {
    return isObject(value) && Object.keys(value).join() === "secure" && typeof value["secure"] === "string";
}

function holdsSecret(value: unknown): boolean {
    return isCipher(value) || (isObject(value) && Object.values(value).some(holdsSecret));
}

function clearPaths(value: unknown, path: string): string[] {
    if (isCipher(value)) return [];
    return isObject(value)
        ? Object.entries(value).flatMap(([key, inner]) => clearPaths(inner, keyAt(path, [key])))
        : [path];
}

/** What keys are called that hold a secret, whoever reads them. */
const SECRET_NAME = /(passw(or)?d|secret|token|credentials?|(secret|access|private|api)_?key)$/i;

function foreignPaths(value: unknown, path: string, name: string): string[] {
    if (isCipher(value)) return [];
    if (isObject(value)) {
        return Object.entries(value).flatMap(([key, inner]) =>
            Array.isArray(value)
                ? foreignPaths(inner, keyAt(path, [Number(key)]), name)
                : foreignPaths(inner, keyAt(path, [key]), key),
        );
    }
    // A kubeconfig may be the path of one.
    const isKubeconfig = /kubeconfig$/i.test(name) && /[\n{]/.test(String(value));
    return SECRET_NAME.test(name) || isKubeconfig ? [path] : [];
}

function withoutCiphers(value: unknown): unknown {
    if (isCipher(value)) return "a secret";
    if (Array.isArray(value)) return value.map(withoutCiphers);
    return isObject(value)
        ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutCiphers(inner)]))
        : value;
}

/** The one with all of the other beside it, or in its place. */
export function merged(below: Keys, above: Keys): Keys {
    const entries = Object.entries(above).map(([key, value]): [string, unknown] => {
        const other = below[key];
        return [key, isObject(other) && isObject(value) ? merged(other, value) : value];
    });
    return { ...below, ...Object.fromEntries(entries) };
}
