import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineDiff } from "../../operate/lineDiff";

const HEAD = /^@@ -(\d+),(\d+) \+(\d+),(\d+) @@/;

/** What `patch` would make of the lines; refuses a diff that does not fit. */
function patched(before: readonly string[], diff: readonly string[]): string[] {
    const after: string[] = [];
    let next = 0;
    for (let at = 0; at < diff.length;) {
        const [, oldStart, oldCount, newStart, newCount] = (HEAD.exec(diff[at] ?? "") ?? []).map(Number);
        const end = diff.findIndex((line, i) => i > at && HEAD.test(line));
        const hunk = diff.slice(at + 1, end < 0 ? diff.length : end);
        const [old, now] = ["+", "-"].map((other) =>
            hunk.filter((line) => !line.startsWith(other)).map((line) => line.slice(1)),
        );
        after.push(...before.slice(next, (oldStart ?? 0) - 1));
        expect([after.length + 1, now?.length]).toEqual([newStart, newCount]);
        expect(before.slice((oldStart ?? 0) - 1).slice(0, oldCount)).toEqual(old);
        after.push(...(now ?? []));
        next = (oldStart ?? 0) - 1 + (oldCount ?? 0);
        at = end < 0 ? diff.length : end;
    }
    return [...after, ...before.slice(next)];
}

function text(lines: readonly string[]): string {
    return lines.map((line) => `${line}\n`).join("");
}

describe("a diff by lines", () => {
    it("leads from the one text to the other, whatever they are", () => {
        const lines = fc.array(fc.constantFrom("a", "b", "c", "", "- job_name: x", "@ -1 @"), { maxLength: 40 });
        fc.assert(
            fc.property(lines, lines, (before, after) => {
                expect(patched(before, lineDiff(text(before), text(after)))).toEqual(after);
            }),
        );
    });

    it("says nothing of texts that are equal", () => {
        expect(lineDiff("a\nb\n", "a\nb\n")).toEqual([]);
    });

    it("has an inserted line with three around it, and the job that it is in behind the numbers", () => {
        const job = ["- job_name: lab/kubernetes-nodes", "  a", "  b", "  c", "  d", "  e"];
        const before = ["scrape_configs:", ...job, "- job_name: other", "  a"];
        const after = before.flatMap((line) => (line === "  d" ? ["  new", line] : [line]));
        expect(lineDiff(text(before), text(after))).toEqual([
            "@@ -3,6 +3,7 @@ - job_name: lab/kubernetes-nodes",
            "   a",
            "   b",
            "   c",
            "+  new",
            "   d",
            "   e",
            " - job_name: other",
        ]);
    });

    it("keeps what both have between two changes that are near each other, and leaves out what is far", () => {
        const middle = (count: number) => Array.from({ length: count }, (_, i) => String(i));
        expect(lineDiff(text(["a", ...middle(6), "b"]), text(["A", ...middle(6), "B"]))).toEqual([
            "@@ -1,8 +1,8 @@",
            ...["-a", "+A", " 0", " 1", " 2", " 3", " 4", " 5", "-b", "+B"],
        ]);
        expect(lineDiff(text(["a", ...middle(7), "b"]), text(["A", ...middle(7), "B"]))).toEqual([
            "@@ -1,4 +1,4 @@",
            ...["-a", "+A", " 0", " 1", " 2"],
            "@@ -6,4 +6,4 @@",
            ...[" 4", " 5", " 6", "-b", "+B"],
        ]);
    });

    it("has all lines of a new text, and of one that is gone", () => {
        expect(lineDiff("", "a\nb\n")).toEqual(["@@ -1,0 +1,2 @@", "+a", "+b"]);
        expect(lineDiff("a\nb\n", "")).toEqual(["@@ -1,2 +1,0 @@", "-a", "-b"]);
    });

    it("counts all of two long texts as new where comparing them would take too long", () => {
        const [before, after] = ["a", "b"].map((letter) => Array.from({ length: 5_000 }, (_, i) => `${letter}${i}`));
        const diff = lineDiff(text(["same", ...(before ?? [])]), text(["same", ...(after ?? [])]));
        expect(diff).toHaveLength(10_002);
        expect(patched(["same", ...(before ?? [])], diff)).toEqual(["same", ...(after ?? [])]);
    });
});
