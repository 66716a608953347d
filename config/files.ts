import * as yaml from "js-yaml";
import { FRAME } from "../host/bundle";
import { isObject } from "./scalars";
import type { Problem } from "./problems";

/** A file of the user's own that goes to the VM as a part of the configuration. */
export interface UserFile {
    /** The last part of its path in the project. */
    readonly name: string;
    readonly content: string;
}

/** A user's file as it is checked. */
export interface NamedFile extends UserFile {
    /** The key that names it, such as `prometheus.ruleFiles[0]`. */
    readonly key: string;
    /** Below the project's directory. */
    readonly path: string;
}

/**
 * Every scalar stays the text that it is, so that a file which is rendered again says to Prometheus what it said before:
 * whether `yes` or `2026-01-01` is text depends on the field, which only Prometheus knows.
 */
export const TEXT_SCHEMA = yaml.FAILSAFE_SCHEMA.withTags(yaml.nullCoreTag, yaml.mergeTag);

export function parseYaml(content: string): unknown {
    return yaml.load(content, { schema: TEXT_SCHEMA });
}

/** What is wrong with the files of rules, as far as it needs no promtool. */
export function ruleFileProblems(files: readonly NamedFile[]): Problem[] {
    return [...sameNames(files), ...files.flatMap((file) => problemsIn(file, rulesIssues))];
}

function rulesIssues(document: unknown): Issue[] {
    const groups = isObject(document) ? document["groups"] : undefined;
    const remedy = "see https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/";
    if (!Array.isArray(groups) || groups.length === 0) {
        return [{ message: "holds no list of `groups`", remedy }];
    }
    return groups.flatMap((group: unknown, index): Issue[] =>
        isObject(group) && Array.isArray(group["rules"])
            ? []
            : [{ message: `holds no list of \`rules\` in groups[${index}]`, remedy }],
    );
}

/** What is wrong within a file, in words that follow its name. */
export interface Issue {
    readonly message: string;
    readonly remedy: string;
}

/** What is wrong with one file: first what any text may have, then, where it is YAML, what its kind may have. */
export function problemsIn(file: NamedFile, check: (document: unknown) => Issue[]): Problem[] {
    return issuesIn(file.content, check).map(({ message, remedy }) => ({
        key: file.key,
        message: `names ${file.path}, which ${message}`,
        remedy,
    }));
}

function issuesIn(content: string, check: (document: unknown) => Issue[]): Issue[] {
    const lines = content.split("\n").flatMap((line, index) => lineIssues(line, index + 1));
    let document: unknown;
    try {
        document = parseYaml(content);
    } catch (error) {
        // Only the first line: the others quote the file.
        const [reason] = String(error instanceof Error ? error.message : error).split("\n");
        return [...lines, { message: `is no YAML: ${reason ?? ""}`, remedy: "make it one document of YAML" }];
    }
    return [...lines, ...check(document)];
}

/** What no line of such a file may hold, nor any text that it stands for. */
export const SECRET_TEXT = /-----BEGIN [A-Z ]*PRIVATE KEY-----|[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@]*@/i;

function lineIssues(line: string, number: number): Issue[] {
    if (FRAME.test(line)) {
        return [
            {
                message: `has in line ${number} the form '==> … <==', which separates files on their way to the VM`,
                remedy: "write the line in another way",
            },
        ];
    }
    // Previews show these files, and Prometheus shows what it has loaded to whoever asks.
    return SECRET_TEXT.test(line)
        ? [
              {
                  message: `holds a private key or a URL with a password in line ${number}`,
                  remedy: "keep it in a file on the VM that a *_file field names",
              },
          ]
        : [];
}

/** A value anywhere in a document. */
export interface Entry {
    /** In the notation of JavaScript. */
    readonly path: string;
    /** The field that it is in or, in a list, that the list is in. */
    readonly key: string;
    readonly value: unknown;
}

const MOST_VALUES = 200_000;

/** Every value of a document, whatever is in it; undefined where there is no end to them, since an alias may be endless. */
export function entries(document: unknown): Entry[] | undefined {
    const found: Entry[] = [];
    const open: Entry[] = [{ path: "", key: "", value: document }];
    for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
        found.push(entry);
        if (found.length > MOST_VALUES) {
            return undefined;
        }
        open.push(...within(entry).reverse());
    }
    return found.slice(1);
}

function within({ path, key, value }: Entry): Entry[] {
    if (Array.isArray(value)) {
        return value.map((item: unknown, index) => ({ path: `${path}[${index}]`, key, value: item }));
    }
    return isObject(value)
        ? Object.entries(value).map(([name, item]) => ({ path: below(path, name), key: name, value: item }))
        : [];
}

function below(path: string, name: string): string {
    const plain = /^\w+$/.test(name);
    return path === "" && plain ? name : plain ? `${path}.${name}` : `${path}[${JSON.stringify(name.slice(0, 40))}]`;
}

/** On the VM all lie in one folder. */
export function sameNames(files: readonly NamedFile[]): Problem[] {
    return files.flatMap(({ key, name, path }, index) => {
        const other = files.slice(0, index).find((earlier) => earlier.name === name);
        return other === undefined
            ? []
            : [
                  {
                      key,
                      message: `names ${path}, which is called ${name} as ${other.path} is: on the VM they are in one folder`,
                      remedy: "rename one of them",
                  },
              ];
    });
}
