import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runProgram } from "../../operate/process";
import { pages } from "../pages";
import {
    allUp,
    expectedJobs,
    handle,
    type Job,
    PATIENCE_SECONDS,
    PROJECT,
    pulumi,
    scrapesSince,
    succeed,
    up,
} from "./lab";
import { labState } from "./state";

// The lab's stack has both sides. The commands of the page, as they stand there, make two stacks of it.

const PAGE = "docs/production.md";
const FILE = join(PROJECT, "Pulumi.lab.yaml");
/** What the page calls the stack of the cluster, here. */
const MOVED = "moved";
const SOURCE = (stack: string) =>
    `urn:pulumi:${stack}::external-prometheus::external-prometheus:index:ClusterSource::lab`;

const directory = mkdtempSync(join(tmpdir(), "external-prometheus-move-"));
let file: string;
let before: { vm: string; cluster: string };
let jobs: Job[];
let since: number;
/** What each command printed. */
const printed = new Map<string, string>();

/** The page's commands from the comment of that number to that of another, with the lab's names. */
function commands(from: string, to: string): string[] {
    const blocks = pages().find(({ path }) => path === PAGE)?.blocks ?? [];
    const text = blocks.map(({ text }) => text).find((text) => text.includes("pulumi state move")) ?? "";
    return text
        .slice(text.indexOf(`# ${from}.`), text.indexOf(`# ${to}.`) + 1 || undefined)
        .replaceAll("\\\n", " ")
        .replaceAll("prod-eu", MOVED)
        .replaceAll("staging", "lab")
        .replaceAll(/(--\w+ |pulumi:)dev\b/g, "$1lab")
        .split("\n")
        .filter((line) => line.startsWith("pulumi "));
}

async function execute(lines: readonly string[]): Promise<void> {
    for (const line of lines) {
        // Who sits at a terminal is asked, and answers with yes.
        const pulumi = `pulumi() { PULUMI_SKIP_CONFIRMATIONS=true '${PROJECT}/lab/pulumi' "$@" --color=never; }`;
        const text = `cd ${directory} && ${pulumi} && ${line}`;
        const run = runProgram("bash", ["-c", text], { timeoutSeconds: PATIENCE_SECONDS });
        const { code, stdout, stderr } = await run;
        expect(code, `${line}\n${stdout}${stderr}`).toBe(0);
        printed.set(line.replaceAll(/ +/g, " "), stdout);
    }
}

/** Makes the state what a program has left that had the provider as a child of the cluster's side. */
async function makeOlder(): Promise<void> {
    const state = await pulumi("stack", "export", "--stack", "lab");
    const older = JSON.parse(
        state.replaceAll(
            "::pulumi:providers:kubernetes::lab",
            "::external-prometheus:index:ClusterSource$pulumi:providers:kubernetes::lab",
        ),
    ) as { deployment: { resources: { type: string; parent: string }[] } };
    const providers = older.deployment.resources.filter(({ type }) => type === "pulumi:providers:kubernetes");
    expect(providers).toHaveLength(1);
    for (const provider of providers) {
        provider.parent = SOURCE("lab");
    }
    const run = handle("pulumi", ["stack", "import", "--stack", "lab"], { stdin: JSON.stringify(older) });
    await succeed("pulumi stack import", run);
}

beforeAll(async () => {
    file = readFileSync(FILE, "utf8");
    jobs = await expectedJobs();
    await allUp(jobs);
    since = Date.now();
});

afterAll(async () => {
    writeFileSync(FILE, file, { mode: 0o644 });
    if (existsSync(join(PROJECT, `Pulumi.${MOVED}.yaml`))) {
        // Where the cluster's side is not in it any more, this says so and changes nothing.
        await handle("pulumi", ["state", "move", "--yes", "--source", MOVED, "--dest", "lab", SOURCE(MOVED)]);
        await pulumi("stack", "rm", "--force", "--yes", "--non-interactive", "--stack", MOVED);
    }
    rmSync(directory, { recursive: true });
    await up();
});

describe("a stack with both sides", () => {
    it("gives its cluster's side to another stack, in which nothing is made", async () => {
        await makeOlder();
        await execute(commands("0", "1"));
        expect(printed.get("pulumi up --stack lab")).toMatch(/Resources:\n +\d+ unchanged\n/);
        before = await labState("uid");
        await execute(commands("1", "4"));
        expect(printed.get(`pulumi up --stack ${MOVED}`)).toMatch(/Resources:\n +\d+ unchanged\n/);
        expect(printed.get(`pulumi preview --stack ${MOVED}`)).toMatch(/Resources:\n +\d+ unchanged\n/);
    });

    it("goes on with that stack's outputs, without the provider and with nothing else changed", async () => {
        await execute(commands("4", "6"));
        expect(printed.get("pulumi preview --stack lab")).toMatch(/Resources:\n +- 1 to delete\n +\d+ unchanged\n/);
        const shown = printed.get("pulumi up --stack lab") ?? "";
        expect(shown).toMatch(/Resources:\n +- 1 deleted\n +\d+ unchanged\n/);
        expect(shown).toMatch(/^ - +pulumi:providers:kubernetes /m);
        const resources = await pulumi("stack", "--show-urns", "--non-interactive");
        expect(resources).toMatch(/URN: urn:pulumi:lab::/);
        expect(resources).not.toMatch(/URN: .*kubernetes/);
    });

    it("has touched nothing: neither in the cluster nor on the VM, which scraped all the while", async () => {
        expect(await labState("uid")).toEqual(before);
        const { taken, failed } = await scrapesSince(since, 'up{cluster="lab"}');
        expect(taken).toBeGreaterThan(jobs.length);
        expect(failed).toBe(0);
        expect(await expectedJobs()).toEqual(jobs);
        for (const stack of [MOVED, "lab"]) {
            await up("--expect-no-changes", "--stack", stack);
        }
    });

    it("gets it back the same way", async () => {
        writeFileSync(FILE, file);
        await pulumi("state", "move", "--yes", "--source", MOVED, "--dest", "lab", SOURCE(MOVED));
        await up("--expect-no-changes");
        expect(await labState("uid")).toEqual(before);
    });
});
