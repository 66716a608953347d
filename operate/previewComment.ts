import { lineDiff } from "./lineDiff";
import type { Change, DocumentChange, Preview } from "./previewEvents";

export interface CommentOptions {
    readonly stack: string;
    /** Of the preview. */
    readonly exitCode: number;
    /** Where the whole of the preview can be read. */
    readonly log: string;
}

/** GitHub takes no comment of more than 65,536 characters. */
const LIMIT = 65_000;

/** What a part of the comment is made of: as many of its lines as there is room for, between two that belong together. */
interface Part {
    readonly open: string;
    readonly lines: readonly string[];
    readonly close: string;
}

/** A comment on a pull request, in Markdown. Its first line is the same for every preview of the stack. */
export function previewComment(preview: Preview, { stack, exitCode, log }: CommentOptions): string {
    const isFailed = exitCode !== 0;
    const title = isFailed
        ? `The preview of ${code(stack)} failed (exit code ${exitCode})`
        : `Preview of ${code(stack)}`;
    return fitted(
        [
            paragraph(`<!-- external-prometheus: preview of ${stack} -->`),
            paragraph(`### ${title}`),
            ...(isFailed ? failure(preview) : success(preview)),
        ],
        `[The log](${log}) has the whole preview.`,
    );
}

function failure({ errors, warnings }: Preview): Part[] {
    return [
        paragraph(
            errors.length === 0
                ? "It ended before it could look at the stack; the log says why. What would change is not known."
                : "What would change is not known.",
        ),
        ...quoted("text", errors),
        ...quoted("text", warnings),
    ];
}

function success({ changes, unchanged, outputs, warnings }: Preview): Part[] {
    const alarming = changes.filter(isAlarming);
    return [
        paragraph(summary(changes, unchanged)),
        list(alarming.map((change) => `- ${alarm(change)}`)),
        ...quoted("text", warnings),
        ...changes.filter(({ operation }) => operation !== "delete").flatMap(documentsOf),
        details(
            "What runs or changes",
            changes.filter((change) => !isAlarming(change)).map((change) => `- ${described(change)}`),
        ),
        ...outputs.flatMap((output) => documentDiff(`Output ${code(output.name)}`, output)),
    ];
}

/** In the order in which a reader must not miss them. */
const VERBS = ["delete", "replace", "create", "update"];

function summary(changes: readonly Change[], unchanged: number): string {
    if (changes.length === 0) {
        return `Nothing changes (${unchanged} resources).`;
    }
    const operations = [...VERBS, ...changes.map(({ operation }) => operation)];
    const counts = [...new Set(operations)].flatMap((operation) => {
        const ofThese = changes.filter((change) => change.operation === operation);
        const count = `${ofThese.length} to ${operation}`;
        return ofThese.length === 0 ? [] : [ofThese.some(isAlarming) ? `**${count}**` : count];
    });
    return `${[...counts, `${unchanged} unchanged`].join(", ")}.`;
}

function isAlarming({ operation }: Change): boolean {
    return operation === "replace" || operation.startsWith("delete");
}

/** The one step whose deletion does something on the VM. */
function isGate({ urn }: Change): boolean {
    return urn.includes("external-prometheus:index:Gate$command:remote:Command::");
}

function alarm(change: Change): string {
    const { operation, properties } = change;
    const what = `**${operation} ${named(change)}**`;
    if (isGate(change)) {
        const removed =
            "the installation on the VM is removed, with `vm.purgeData` what was recorded, too" +
            (operation === "replace" ? ", and everything is set up anew" : "");
        return `${what}: **${removed}**`;
    }
    return operation === "replace" && properties.length > 0 ? `${what}: ${properties.map(code).join(", ")}` : what;
}

function described(change: Change): string {
    const { operation, type, properties } = change;
    // The text of a script tells a reader nothing that its name does not.
    const more = type === "command:remote:Command" ? "runs" : properties.map(code).join(", ");
    return `${operation} ${named(change)}${more === "" || operation === "create" ? "" : `: ${more}`}`;
}

function named({ type, name }: Change): string {
    return `${code(name)} (${code(type)})`;
}

function documentsOf({ name: step, documents }: Change): Part[] {
    return documents.flatMap((document) => documentDiff(`${code(document.name)} of ${code(step)}`, document));
}

function documentDiff(title: string, { before, after }: DocumentChange): Part[] {
    const verb = before === undefined ? "new" : after === undefined ? "removed" : "changed";
    return [paragraph(`#### ${title}: ${verb}`), ...quoted("diff", lineDiff(before ?? "", after ?? ""))];
}

function paragraph(text: string): Part {
    return { open: "", lines: [text], close: "" };
}

function list(lines: readonly string[]): Part {
    return { open: "", lines, close: "" };
}

function details(title: string, lines: readonly string[]): Part {
    return { open: lines.length === 0 ? "" : `<details><summary>${title}</summary>\n\n`, lines, close: "\n</details>" };
}

/** Between fences that are longer than whatever in the text looks like one, so that nothing of it counts as Markdown. */
function quoted(language: string, lines: readonly string[]): Part[] {
    const shown = lines.flatMap((line) => line.trimEnd().split("\n")).map(visible);
    const fence = "`".repeat(Math.max(3, longestRun(shown.join("\n")) + 1));
    return shown.length === 0 ? [] : [{ open: `${fence}${language}\n`, lines: shown, close: fence }];
}

/** Text of somebody else's among that of this program. In code, nobody is mentioned and nothing is a link. */
function code(text: string): string {
    const mark = "`".repeat(longestRun(text) + 1);
    const space = text.startsWith("`") || text.endsWith("`") ? " " : "";
    return `${mark}${space}${visible(text)}${space}${mark}`;
}

function longestRun(text: string): number {
    return Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
}

/** What is not seen could make a text read otherwise than it is: it is written out. */
function visible(text: string): string {
    return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
        return character === "\t" ? character : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
    });
}

/** As much from the beginning as there is room for, without a fence or a list that is left open. */
function fitted(parts: readonly Part[], last: string): string {
    const cut = `**It is cut here: a comment has no room for more.** ${last}`;
    let text = "";
    for (const { open, lines, close } of parts.filter(({ lines }) => lines.length > 0)) {
        let room = LIMIT - cut.length - text.length - open.length - close.length - "\n\n".length;
        const fitting = lines.findIndex((line) => (room -= line.length + 1) < 0);
        const shown = fitting < 0 ? lines : lines.slice(0, fitting);
        if (shown.length > 0) {
            text += `${open}${shown.join("\n")}\n${close}${close === "" ? "" : "\n"}\n`;
        }
        if (fitting >= 0) {
            return `${text}${cut}\n`;
        }
    }
    return `${text}${last}\n`;
}
