type Sign = " " | "-" | "+";

interface Edit {
    readonly sign: Sign;
    readonly line: string;
}

const CONTEXT = 3;

/** Comparing takes an entry for each pair of lines between the first and the last change; beyond that, all of them count as new. */
const PAIRS = 10_000_000;

/** What a reader looks for above a change: the job, the rule or the group that it is in. */
const SECTION = /^\s*- (?:job_name|alert|record|name): .*$/;

/**
 * What makes one text of the other, by lines in the unified format, three of them around each change and the job or rule
 * that it is in behind `@@`. Nothing where they are equal.
 */
export function lineDiff(before: string, after: string): string[] {
    const edits = edited(lines(before), lines(after));
    const isShown = edits.map((_, at) => {
        return edits.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(({ sign }) => sign !== " ");
    });
    let diff: string[] = [];
    const line = { old: 1, now: 1 };
    let section = "";
    for (let at = 0; at < edits.length;) {
        const next = isShown.indexOf(!isShown[at], at);
        const run = edits.slice(at, next < 0 ? edits.length : next);
        const [old, now] = [run.filter(({ sign }) => sign !== "+"), run.filter(({ sign }) => sign !== "-")];
        if (isShown[at] === true) {
            const head = `@@ -${line.old},${old.length} +${line.now},${now.length} @@${section}`;
            diff = [...diff, head, ...run.map((edit) => edit.sign + edit.line)];
        }
        section = now.reduce((above, edit) => (SECTION.test(edit.line) ? ` ${edit.line.trim()}` : above), section);
        line.old += old.length;
        line.now += now.length;
        at += run.length;
    }
    return diff;
}

function lines(text: string): string[] {
    return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

function edits(sign: Sign, lines: readonly string[]): Edit[] {
    return lines.map((line) => ({ sign, line }));
}

function edited(old: readonly string[], now: readonly string[]): Edit[] {
    const shorter = Math.min(old.length, now.length);
    let start = 0;
    while (start < shorter && old[start] === now[start]) {
        start++;
    }
    let end = 0;
    while (end < shorter - start && old[old.length - 1 - end] === now[now.length - 1 - end]) {
        end++;
    }
    return [
        ...edits(" ", old.slice(0, start)),
        ...between(old.slice(start, old.length - end), now.slice(start, now.length - end)),
        ...edits(" ", old.slice(old.length - end)),
    ];
}

/** By the longest sequence of lines that both have. */
function between(old: readonly string[], now: readonly string[]): Edit[] {
    if (old.length * now.length > PAIRS) {
        return [...edits("-", old), ...edits("+", now)];
    }
    const width = now.length + 1;
    // How long that sequence is of what is left from line i of the one and line j of the other on.
    const longest = new Uint32Array((old.length + 1) * width);
    const left = (i: number, j: number) => longest[i * width + j] ?? 0;
    for (let i = old.length - 1; i >= 0; i--) {
        for (let j = now.length - 1; j >= 0; j--) {
            longest[i * width + j] =
                old[i] === now[j] ? left(i + 1, j + 1) + 1 : Math.max(left(i + 1, j), left(i, j + 1));
        }
    }
    const found: Edit[] = [];
    let [i, j] = [0, 0];
    while (i < old.length && j < now.length) {
        const [removed = "", added = ""] = [old[i], now[j]];
        if (removed === added) {
            found.push({ sign: " ", line: removed });
            i++;
            j++;
        } else if (left(i + 1, j) >= left(i, j + 1)) {
            found.push({ sign: "-", line: removed });
            i++;
        } else {
            found.push({ sign: "+", line: added });
            j++;
        }
    }
    return [...found, ...edits("-", old.slice(i)), ...edits("+", now.slice(j))];
}
