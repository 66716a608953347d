import { z } from "zod";
import { change, completeKeys, INSTEAD, type Keys, pathNames } from "./environment";
import { type Field, fields } from "./fields";
import { isSecret } from "./refusal";

/** A place of the complete configuration that holds text. */
export interface TextPlace {
    readonly field: Field;
    /** Where it is in the complete configuration; the name of an entry is where the entry is. */
    readonly path: string;
    readonly isName: boolean;
    /** What is there. */
    readonly harmless: string;
}

/** All of them; one that the schema gets is found by itself. */
export function textPlaces(): TextPlace[] {
    const kinds = [z.ZodString, z.ZodTemplateLiteral, z.ZodEnum, z.ZodLiteral];
    return fields()
        .filter(({ path, schema }) => kinds.some((kind) => schema instanceof kind) && !INSTEAD.includes(path))
        .map((field) => {
            const isName = field.path.startsWith("name of ");
            const path = concrete(isName ? `${field.path.slice("name of ".length)}.<name>` : field.path);
            const harmless = isName ? (pathNames(path).at(-1) ?? "") : String(valueAt(path));
            return { field, path, isName, harmless };
        });
}

/** The last path that leads to a value, since not every entry has all that an entry may have. */
function concrete(place: string): string {
    const [start = "", ...parts] = place.replaceAll("[]", "[0]").split(".<name>");
    const paths = parts.reduce(
        (befores, part) =>
            befores.flatMap((before) => Object.keys(valueAt(before) ?? {}).map((name) => `${before}.${name}${part}`)),
        [start],
    );
    return paths.findLast((path) => valueAt(path) !== undefined) ?? "";
}

function valueAt(path: string): unknown {
    const { plain, secret } = completeKeys();
    return pathNames(path).reduce<unknown>((at, name) => (at as Keys | undefined)?.[name], { ...plain, ...secret });
}

/** The complete configuration with other texts in some places, whose kubeconfig has the context that is asked for. */
export function withTexts(texts: ReadonlyMap<TextPlace, string>): { plain: Keys; secret: Keys } {
    const { plain, secret } = completeKeys();
    // A part of the federated jobs would leave the texts of the others out.
    delete (plain["prometheus"] as Keys)["shard"];
    const keys = (path: string) => (isSecret(path) ? secret : plain);
    const values = [...texts].filter(([{ isName }]) => !isName);
    for (const [{ path }, text] of values) {
        change(keys(path), path, text);
        if (path === "clusters.staging.context") {
            change(secret, "kubeconfigs.staging", kubeconfigOf(text));
        }
    }
    // What is further in is renamed first, while its path still holds.
    const names = [...texts].filter(([{ isName }]) => isName).sort(([a], [b]) => b.path.length - a.path.length);
    for (const [{ path }, text] of names) {
        rename(keys(path), path, text);
        const [, cluster] = /^clusters\.([\w-]+)$/.exec(path) ?? [];
        if (cluster !== undefined) {
            ["kubeconfigs", "endpointPasswords", "endpointPrivateKeys"]
                .filter((key) => Object.hasOwn(secret[key] as object, cluster))
                .forEach((key) => {
                    rename(secret, `${key}.${cluster}`, text);
                });
        }
        if (/^(scrapeJobs|alertmanagers|remoteWrite)\.[\w-]+$/.test(path)) {
            rename(secret, `httpSecrets.${path}`, text);
        }
        if (path === "front.users.alice") {
            rename(secret, "frontPasswordHashes.alice", text);
        }
    }
    return { plain, secret };
}

function rename(keys: Keys, path: string, name: string): void {
    const parent = path.slice(0, path.lastIndexOf("."));
    const value = pathNames(path).reduce<unknown>((at, part) => (at as Keys)[part], keys);
    change(keys, path, undefined);
    change(keys, `${parent}[${JSON.stringify(name)}]`, value);
}

function kubeconfigOf(context: string): string {
    const text = JSON.stringify({ clusters: [{ name: "a" }], contexts: [{ name: context }] });
    // What YAML does not take as it stands.
    return text.replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
