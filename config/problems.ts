import { z } from "zod";
import { nearest } from "./nearest";
import { SECRET_PARAM } from "./secretNames";

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
    const problems = (result.error?.issues ?? []).filter(isNews(schema)).flatMap((issue) => {
        const at = keyAt(key, issue.path);
        const found = valueAt(value, issue.path);
        const expected = schemaAt(schema, issue.path);
        if (issue.code === "unrecognized_keys") {
            return issue.keys.map((unknown) => unknownKey(keyAt(at, [unknown]), unknown, knownKeys(expected)));
        }
        if (issue.code === "invalid_key") {
            const name = badName(at, issue.issues.map((inner) => inner.message).join("; "));
            // What stands under a name that is refused is not looked at by the schema.
            return [name, ...(expected === undefined ? [] : plainProblems(expected, at, found))];
        }
        return [issueProblem(expected, at, issue, found)];
    });
    return [...unseenNames(schema, key, value), ...problems];
}

/** Lets through the first issue of one value: what is text of a wrong form has many other faults that say nothing new. */
function isNews(schema: z.ZodType): (issue: z.core.$ZodIssue) => boolean {
    const seen = new Set<string>();
    return ({ path }) => {
        const key = keyAt("", path);
        const isFirst = !seen.has(key);
        seen.add(key);
        return isFirst || !isScalar(schemaAt(schema, path));
    };
}

/** A key that nothing reads. Its value is not shown, since it may be a secret under a mistyped name. */
export function unknownKey(key: string, name: string, known: readonly string[]): Problem {
    const near = nearest(name, known);
    const hint = near === undefined ? `known here: ${known.join(", ")}` : `did you mean '${near}'?`;
    return { key, message: `is no key of this program; ${hint}`, remedy: removal(key) };
}

const STACK_FILE = "the stack's Pulumi.<stack>.yaml";

/** How a key is taken away; a name that a shell would read as something else stays out of the command. */
export function removal(key: string): string {
    return isPlain(key) ? `pulumi config rm --path '${key}'` : `remove it from ${STACK_FILE}`;
}

function badName(key: string, message: string): Problem {
    return { key, message: `has a name that ${message}`, remedy: `rename it in ${STACK_FILE}` };
}

/** zod passes over an entry of this name in a map, with no word. */
function unseenNames(schema: z.ZodType, key: string, value: unknown): Problem[] {
    if (typeof value !== "object" || value === null) {
        return [];
    }
    return Object.entries(value).flatMap(([name, inner]) => {
        const part = schemaAt(schema, [name]);
        const at = keyAt(key, [name]);
        if (part === undefined) {
            return [];
        }
        return name === "__proto__" && unwrapped(schema) instanceof z.ZodRecord
            ? [badName(at, "is not allowed"), ...plainProblems(part, at, inner)]
            : unseenNames(part, at, inner);
    });
}

/**
 * The one text that a user sees, with every problem. In a project of another name a command has to say the namespace; which
 * stack is selected, nobody here knows.
 */
export function renderProblems(
    namespace: string,
    problems: readonly Problem[],
    { project, stack }: Record<"project" | "stack", string>,
): string {
    const command = (remedy: string) =>
        project === namespace
            ? remedy
            : remedy.replaceAll(/(pulumi config (?:set|rm) (?:--\w+ )*'?)(?=\w)/g, `$1${namespace}:`);
    const lines = problems.map(
        (problem) => `\n✖ ${namespace}:${told(problem)}\n    → ${visible(command(problem.remedy))}\n`,
    );
    return (
        `The configuration of the stack '${stack}' has ${counted(problems)} (every key: docs/configuration.md). ` +
        `Where another stack is selected, the commands below need --stack ${stack}.\n${lines.join("")}`
    );
}

/** The same for a program that gives the values itself, which no command of the CLI would change. */
export function renderGivenProblems(problems: readonly Problem[]): string {
    const lines = problems.map((problem) => `\n✖ ${told(problem)}\n`);
    return `What parseConfig was given has ${counted(problems)} (every key: docs/configuration.md).\n${lines.join("")}`;
}

function counted({ length }: readonly Problem[]): string {
    return length === 1 ? "a problem" : `${length} problems`;
}

function told({ key, message }: Problem): string {
    return `${visible(key)} ${visible(message)}`;
}

/** A value that begins with dashes would be taken for one of Pulumi's own flags. */
const IS_FLAG = /Flags\[\d+\]$/;

/** Where somebody may have put the secret that belongs to it. */
const UNSEEN = /\.(authorization(\.type)?|username)$/;

function isOfSecretParam(key: string): boolean {
    return SECRET_PARAM.test(/\.params\.([\w.-]+)/.exec(key)?.[1] ?? "");
}

function issueProblem(expected: z.ZodType | undefined, key: string, issue: z.core.$ZodIssue, value: unknown): Problem {
    const remedy =
        isScalar(expected) && isPlain(key) && !IS_FLAG.test(key)
            ? `pulumi config set --path '${key}' ${isText(key) ? "< FILE" : "VALUE"}`
            : `set it in ${STACK_FILE}`;
    if (issue.code === "custom" && issue.params?.["remove"] === true) {
        // Which value it is does not matter.
        return { key, message: issue.message, remedy: removal(key) };
    }
    if (value === undefined) {
        const meaning = expected?.description === undefined ? "" : `: ${expected.description}`;
        return { key, message: issue.code === "custom" ? issue.message : `is missing${meaning}`, remedy };
    }
    const isUnseen = (issue.code === "custom" && issue.params?.["unseen"] === true) || isOfSecretParam(key);
    const got = UNSEEN.test(key) ? "" : `, got ${isUnseen ? NOT_SHOWN : shown(value)}`;
    return { key, message: allowed(issue) + got, remedy };
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
        return issue.minimum === 1 && issue.origin !== "number"
            ? "must not be empty"
            : `must be at least ${issue.minimum}`;
    }
    const unit = issue.code === "too_big" && issue.origin === "string" ? " characters long" : "";
    return issue.code === "too_big" ? `must be at most ${issue.maximum}${unit}` : issue.message;
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

/** A file's whole text is set from the file, since the shell would lose its line ends. */
function isText(key: string): boolean {
    return /certificate$/i.test(key) && !/\.requires/.test(key);
}

/** A key that was set to the wrong file, a URL with a password in it, a token (a JSON Web Token, or one with its name). */
const SECRET_LIKE =
    /PRIVATE KEY|:\/\/[^]*@|^'[^\s:/]+:\S+@|eyJ[\w-]{10,}\.[\w-]|(token|passw(or)?d|secret|key-data|credentials?|authorization)\W{0,3}[:=]/i;

const NOT_SHOWN = "a value that is not shown, since it looks like a secret";

/** A value as a message may show it: short, and not at all where it looks like a secret. */
export function shown(value: unknown): string {
    const text = typeof value === "string" ? `'${value}'` : JSON.stringify(value);
    return SECRET_LIKE.test(text) ? NOT_SHOWN : line(text);
}

function line(text: string): string {
    const whole = visible(text);
    return whole.length > 80 ? `${whole.slice(0, 77)}…` : whole;
}

/** On one line, and without what moves a terminal's cursor or turns the direction of its text. */
function visible(text: string): string {
    return text
        .replaceAll("\n", "\\n")
        .replaceAll(
            /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
            (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ""}}`,
        );
}

/** A key below another, in the notation of `pulumi config set --path`. */
export function keyAt(key: string, path: Path): string {
    return path.reduce<string>((at, part) => {
        const plain = typeof part !== "number" && /^[\w-]{1,80}$/.test(String(part));
        return plain ? `${at}.${String(part)}` : `${at}[${line(JSON.stringify(part))}]`;
    }, key);
}

/** Whether a key can stand in a command as it is. */
export function isPlain(key: string): boolean {
    return /^[\w.[\]-]+$/.test(key);
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
            return Object.hasOwn(inner.shape, part) ? (inner.shape[String(part)] as z.ZodType) : undefined;
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
