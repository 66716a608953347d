import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Finished, runProgram } from "../../operate/process";

const PREVIEWS = join(__dirname, "previews");
const LOG = "https://example.com/runs/1";

function comment(events: string, ...args: string[]): Promise<Finished> {
    const entry = join(__dirname, "../../operate/comment.ts");
    return runProgram(process.execPath, ["--import", "tsx", entry, ...args], { stdin: events, timeoutSeconds: 280 });
}

/** What was kept of the engine's events in previews of the lab's stack, and how each ended. */
const KEPT = readdirSync(PREVIEWS).filter((name) => name.endsWith(".events"));

describe.each(KEPT)("the comment on %s", (file) => {
    it("tells what a reviewer must know", async () => {
        const exitCode = file.startsWith("failed-") ? "1" : "0";
        const { code, stdout, stderr } = await comment(
            readFileSync(join(PREVIEWS, file), "utf8"),
            "lab",
            exitCode,
            LOG,
        );
        expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
        await expect(stdout).toMatchFileSnapshot(join(PREVIEWS, file.replace(".events", ".md")));
    });
});

it("has no comment on a preview that is not kept", () => {
    const comments = readdirSync(PREVIEWS).filter((name) => name.endsWith(".md"));
    expect(comments.map((name) => name.replace(".md", ".events")).sort()).toEqual([...KEPT].sort());
});

const SUMMARY = JSON.stringify({ summaryEvent: { resourceChanges: {} } });
const STEP = { op: "create", urn: "urn:pulumi:lab::a::b::c", type: "b", old: null, new: null };

describe("without every event there is no comment", () => {
    it.each([
        ["none at all", ""],
        ["no last one", JSON.stringify({ resourcePreEvent: { metadata: STEP } })],
        ["one cut", `${SUMMARY}\n{"resourcePreEvent":{"metad`],
        ["one of another form", `${SUMMARY}\n{"resourcePreEvent":{"metadata":{}}}`],
    ])("%s", async (_, events) => {
        const { code, stdout, stderr } = await comment(events, "lab", "0", LOG);
        expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
        expect(stderr).toContain("there is not every event");
    });
});

it.each([[[]], [["lab"]], [["lab", "0"]], [["lab", "x", LOG]], [["lab", "0", LOG, "more"]]])(
    "says how it is called: %j",
    async (args) => {
        const { code, stdout, stderr } = await comment("", ...args);
        expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
        expect(stderr).toMatch(/^usage: comment\.ts <stack> /);
    },
);

it("says that nothing is known where the preview ended before it had told anything", async () => {
    const { code, stdout } = await comment("", "lab", "255", LOG);
    expect(code).toBe(0);
    expect(stdout).toContain("### The preview of `lab` failed (exit code 255)\n\nIt ended before it could look");
});
