import { z } from "zod";
import { nearest } from "./nearest";

/** Something wrong with the stack's configuration. */
export interface Problem {
    /** Below the namespace, with its path, such as `vm.port`. */
    readonly key: string;
    /** What is wrong, as it follows the key; holds no secret. */
    readonly message: string;
    /** How to set it right, command or sentence. */
    readonly remedy: string;
}

type Path = readonly PropertyKey[];

/** Checks a value that is not secret; every issue becomes one problem that shows the value. */
export function plainProblems(schema: z.ZodType, key: string, value: unknown): Problem[] {
    const result = schema.safeParse(value);
    return (result.error?.issues ?? []).flatMap((issue) => {
        const at = keyAt(key, issue.path);
        if (issue.code === "unrecognized_keys") {
            const known = knownKeys(schemaAt(schema, issue.path));
            return issue.keys.map((unknown) => unknownKey(keyAt(at, [unknown]), unknown, known));
        }
        if (issue.code === "invalid_key") {
            const message = issue.issues.map((inner) => inner.message).join("; ");
            return [{ key: at, message: `has a name that ${nameOf(message)}`, remedy: `rename it in ${STACK_FILE}` }];
        }
        return [issueProblem(schema, at, issue, valueAt(value, issue.path))];
    });
}

/** A key that nothing reads. Its value is not shown, since it may be a secret under a mistyped name. */
export function unknownKey(key: string, name: string, known: readonly string[]): Problem {
    const near = nearest(name, known);
    const hint = near === undefined ? `known here: ${known.join(", ")}` : `did you mean '${near}'?`;
    return { key, message: `is no key of this program; ${hint}`, remedy: `pulumi config rm --path '${key}'` };
}

const STACK_FILE = "the stack's Pulumi.<stack>.yaml";

/** The one text that a user sees, with every problem. */
export function renderProblems(namespace: string, problems: readonly Problem[]): string {
    const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
    const lines = problems.map(({ key, message, remedy }) => `\n✖ ${namespace}:${key} ${message}\n    → ${remedy}\n`);
    return `The stack's configuration has ${count} (every key: docs/configuration.md).\n${lines.join("")}`;
}

function issueProblem(schema: z.ZodType, key: string, issue: z.core.$ZodIssue, value: unknown): Problem {
    const expected = schemaAt(schema, issue.path);
    const remedy = isScalar(expected)
        ? `pulumi config set --path '${key}' ${isText(key) ? "< FILE" : "VALUE"}`
        : `set it in ${STACK_FILE}`;
    if (value === undefined) {
        const meaning = expected?.description === undefined ? "" : `: ${expected.description}`;
        return { key, message: issue.code === "custom" ? issue.message : `is missing${meaning}`, remedy };
    }
    return { key, message: `${allowed(issue)}, got ${shown(value)}`, remedy };
}

/** What is allowed, or what is wrong, in words that follow the key. */
function allowed(issue: z.core.$ZodIssue): string {
    if (issue.code === "invalid_type" && issue.message.startsWith("Invalid input")) {
        return `must be ${article(issue.expected)}`;
    }
    if (issue.code === "invalid_value") {
        return `must be ${issue.values.map(String).join(" or ")}`;
    }
    if (issue.code === "too_small") {
        return issue.origin === "array" ? "must not be empty" : `must be at least ${issue.minimum}`;
    }
    return issue.code === "too_big" ? `must be at most ${issue.maximum}` : issue.message;
}

function article(type: string): string {
    const words: Record<string, string> = {
        int: "a whole number",
        record: "an object",
        array: "a list",
        boolean: "true or false",
    };
    return words[type] ?? `${/^[aeiou]/.test(type) ? "an" : "a"} ${type}`;
}

function nameOf(message: string): string {
    return /^(must|is) /.test(message) ? message : "is not allowed";
}

/** A file's whole text is set from the file, since the shell would lose its line ends. */
function isText(key: string): boolean {
    return key.endsWith(".caCertificate");
}

function shown(value: unknown): string {
    // A key that was set to the wrong file, or a URL with a password in it.
    if (typeof value === "string" && /PRIVATE KEY|:\/\/[^/]*@/.test(value)) {
        return "a value that is not shown, since it looks like a secret";
    }
    const text = typeof value === "string" ? `'${value}'` : JSON.stringify(value);
    const line = text.replaceAll("\n", "\\n");
    return line.length > 80 ? `${line.slice(0, 77)}…` : line;
}

/** A key below another, in the notation of `pulumi config set --path`. */
export function keyAt(key: string, path: Path): string {
    return path.reduce<string>(
        (at, part) => (typeof part === "number" ? `${at}[${part}]` : `${at}.${String(part)}`),
        key,
    );
}

function valueAt(value: unknown, path: Path): unknown {
    return path.reduce<unknown>((at, part) => {
        return typeof at === "object" && at !== null && Object.hasOwn(at, part)
            ? at[part as keyof typeof at]
            : undefined;
    }, value);
}

/** The schema of a part, with the description that stands nearest to it. */
function schemaAt(schema: z.ZodType, path: Path): z.ZodType | undefined {
    return path.reduce<z.ZodType | undefined>((at, part) => {
        const inner = at && unwrapped(at);
        if (inner instanceof z.ZodObject) {
            return inner.shape[String(part)] as z.ZodType | undefined;
        }
        if (inner instanceof z.ZodRecord) {
            return inner.valueType as z.ZodType;
        }
        return inner instanceof z.ZodArray ? (inner.element as z.ZodType) : undefined;
    }, schema);
}

function unwrapped(schema: z.ZodType): z.ZodType {
    return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault
        ? unwrapped(schema.unwrap() as z.ZodType)
        : schema;
}

function isScalar(schema: z.ZodType | undefined): boolean {
    const inner = schema && unwrapped(schema);
    return !(inner instanceof z.ZodObject || inner instanceof z.ZodRecord || inner instanceof z.ZodArray);
}

function knownKeys(schema: z.ZodType | undefined): string[] {
    const inner = schema && unwrapped(schema);
    return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}
