import { z } from "zod";
import { type BundleFile, unbundle } from "../host/bundle";

/** What a deployment would do with one resource. */
export interface Change {
    readonly operation: string;
    readonly urn: string;
    readonly type: string;
    readonly name: string;
    /** What of it changes, as far as the engine tells. */
    readonly properties: readonly string[];
    readonly documents: readonly DocumentChange[];
}

/** A text that a person reads, before and after; undefined where there is none. */
export interface DocumentChange {
    readonly name: string;
    readonly before: string | undefined;
    readonly after: string | undefined;
}

/** What the engine has told while it previewed a stack. */
export interface Preview {
    readonly changes: readonly Change[];
    readonly unchanged: number;
    /** Outputs of the stack, as JSON. */
    readonly outputs: readonly DocumentChange[];
    readonly errors: readonly string[];
    readonly warnings: readonly string[];
    /** Whether it has told everything. */
    readonly isWhole: boolean;
}

const State = z.object({
    /** Set on what a plugin makes; a component is only a name for several of these. */
    custom: z.boolean().default(false),
    inputs: z.record(z.string(), z.unknown()),
    outputs: z.record(z.string(), z.unknown()),
});

const Step = z.object({
    op: z.string(),
    urn: z.string(),
    type: z.string(),
    old: State.nullable(),
    new: State.nullable(),
    diffs: z.array(z.string()).nullish(),
    detailedDiff: z.record(z.string(), z.unknown()).nullish(),
});
type Step = z.infer<typeof Step>;

const Event = z.object({
    resourcePreEvent: z.object({ metadata: Step }).optional(),
    resOutputsEvent: z.object({ metadata: Step }).optional(),
    diagnosticEvent: z.object({ severity: z.string(), prefix: z.string().default(""), message: z.string() }).optional(),
    summaryEvent: z.object({ resourceChanges: z.record(z.string(), z.number()) }).optional(),
});
type Event = z.infer<typeof Event>;

/** Of a replacement the engine tells three steps: the one that says so is enough. */
const PARTS = ["create-replacement", "delete-replaced"];
/** `discard` is of what was only read, as another stack is. */
const QUIET = ["same", "read", "refresh", "discard"];

/** Stands in events for what is known only when it is deployed. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Stands in events around what is secret; they hold nothing of that itself. */
const SECRET = "4dabf18193072939515e22adb298388d";

/**
 * Reads the engine's events, one a line. Not what the CLI prints for people: that does not tell which file a line belongs
 * to, and takes `<{%` in a file for a colour of its own, behind which the rest of the line is not seen.
 */
export function readEvents(text: string): Preview {
    const read = text
        .split("\n")
        .filter((line) => line !== "")
        .map(readEvent);
    const events = read.filter((event) => event !== undefined);
    const steps = events.flatMap(({ resourcePreEvent }) => resourcePreEvent?.metadata ?? []);
    const stack = events.flatMap(({ resOutputsEvent }) => resOutputsEvent?.metadata ?? []).filter(isStack);
    const summary = events.find(({ summaryEvent }) => summaryEvent !== undefined)?.summaryEvent;
    const said = (severity: string) =>
        events.flatMap(({ diagnosticEvent: event }) => {
            return event?.severity === severity ? [withoutColours(event.prefix + event.message)] : [];
        });
    return {
        changes: changes(steps),
        unchanged: summary?.resourceChanges["same"] ?? 0,
        outputs: outputs(stack.at(-1)),
        errors: said("error"),
        warnings: said("warning"),
        isWhole: events.length === read.length && summary !== undefined,
    };
}

/** A line that was cut when the engine was ended is no event. */
function readEvent(line: string): Event | undefined {
    try {
        return Event.safeParse(JSON.parse(line)).data;
    } catch {
        return undefined;
    }
}

function changes(steps: readonly Step[]): Change[] {
    const replaced = new Set(steps.filter(({ op }) => op === "replace").map(({ urn }) => urn));
    return steps
        .filter(({ op, urn }) => !QUIET.includes(op) && !(PARTS.includes(op) && replaced.has(urn)))
        .filter(({ old, new: now }) => (now ?? old)?.custom === true)
        .map((step) => ({
            operation: step.op,
            urn: step.urn,
            type: step.type,
            name: step.urn.split("::").slice(3).join("::"),
            properties: step.detailedDiff ? Object.keys(step.detailedDiff) : (step.diffs ?? []),
            documents: documents(step),
        }));
}

/** The files that a step on the VM is given; nothing where they are secret or not known yet. */
function documents({ op, old, new: now }: Step): DocumentChange[] {
    const before = op === "create" ? [] : files(old?.inputs["stdin"]);
    const after = op === "delete" ? [] : files(now?.inputs["stdin"]);
    if (before === undefined || after === undefined) {
        return [];
    }
    return [...new Set([...before, ...after].map(({ path }) => path))]
        .map((name) => {
            const [old, now] = [before, after].map((files) => files.find(({ path }) => path === name));
            const isMoreThanText = old !== undefined && now !== undefined && old.mode !== now.mode;
            return { name, before: text(old, isMoreThanText), after: text(now, isMoreThanText) };
        })
        .filter((change) => change.before !== change.after);
}

function files(stdin: unknown): readonly BundleFile[] | undefined {
    try {
        return typeof stdin === "string" ? unbundle(stdin) : undefined;
    } catch {
        return undefined;
    }
}

function text(file: BundleFile | undefined, withMode: boolean): string | undefined {
    return file && (withMode ? `mode ${file.mode}\n${file.content}` : file.content);
}

function isStack({ type }: Step): boolean {
    return type === "pulumi:pulumi:Stack";
}

/** Each output of the stack that is known to change. */
function outputs(step: Step | undefined): DocumentChange[] {
    const [before, after] = [step?.old?.outputs ?? {}, step?.new?.outputs ?? {}];
    return [...new Set([...Object.keys(before), ...Object.keys(after)])]
        .sort()
        .filter((name) => after[name] !== UNKNOWN)
        .map((name) => ({ name, before: json(before[name]), after: json(after[name]) }))
        .filter((change) => change.before !== change.after);
}

function json(value: unknown): string | undefined {
    return value === undefined ? undefined : JSON.stringify(value, shown, 4);
}

function shown(_: string, value: unknown): unknown {
    if (value === UNKNOWN) {
        return "[unknown]";
    }
    return typeof value === "object" && value !== null && SECRET in value ? "[secret]" : value;
}

/** The engine marks colours in its own words. */
function withoutColours(text: string): string {
    return text.replaceAll(/<\{%[^%]*%\}>/g, "");
}
