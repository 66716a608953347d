import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as yaml from "js-yaml";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Finished, runProgram } from "../operate/process";
import { blockOf } from "./pages";

// How the comment of a preview gets to its place, by the scripts of the workflow and of the file for GitLab, as they stand there.

const ROOT = join(__dirname, "..");
const MARKER = "<!-- external-prometheus: preview of prod-eu -->";

let folder: string;

beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "external-prometheus-comments-"));
    for (const name of ["config", "host", "node_modules", "operate", "package.json", "tsconfig.json"]) {
        symlinkSync(join(ROOT, name), join(folder, name));
    }
});

afterEach(() => {
    rmSync(folder, { recursive: true });
});

it("looks as docs/ci.md shows it", () => {
    const shown = blockOf("docs/ci.md", "markdown");
    // As the lab's stack has it, with a part of the lines left out.
    let rest = readFileSync(join(ROOT, "test/lab/pullRequest.md"), "utf8").split("\n");
    for (const line of shown
        .trim()
        .split("\n")
        .filter((each) => each !== "…")) {
        expect(rest).toContain(line);
        rest = rest.slice(rest.indexOf(line) + 1);
    }
});

function program(name: string, script: string): void {
    writeFileSync(join(folder, name), `#!/bin/bash\n${script}\n`, { mode: 0o755 });
}

function run(script: string, environment: Readonly<Record<string, string>>): Promise<Finished> {
    const settings = Object.entries({
        PATH: [folder, dirname(process.execPath), "/usr/bin", "/bin"].join(":"),
        ...environment,
    });
    const bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script];
    const args = ["--chdir", folder, "--ignore-environment", ...settings.map((each) => each.join("=")), ...bash];
    return runProgram("env", args, { timeoutSeconds: 280 });
}

function written(name: string): string {
    return readFileSync(join(folder, name), "utf8");
}

describe("on GitHub", () => {
    interface Workflow {
        readonly jobs: { readonly preview: { readonly steps: readonly { name?: string; run?: string }[] } };
    }
    const { steps } = (yaml.load(readFileSync(join(ROOT, ".github/workflows/preview.yml"), "utf8")) as Workflow).jobs
        .preview;
    const script = steps.find(({ name }) => name === "Post the comment")?.run ?? "exit 9";

    it.each([
        ["is a new one where there is none", "", "--method POST repos/example/monitoring/issues/7/comments"],
        [
            "is written over the first of those before",
            "41\n42\n",
            "--method PATCH repos/example/monitoring/issues/comments/41",
        ],
    ])("it %s", async (_what, found, call) => {
        writeFileSync(join(folder, "comment.md"), `${MARKER}\nA line\n`);
        writeFileSync(join(folder, "found"), found);
        // The one that searches is given what to look for in its environment.
        program(
            "gh",
            'if [[ $2 == --paginate ]]; then echo "$MARKER" >sought; cat found; else echo "$*" >called; cat comment.md >sent; fi',
        );
        const environment = { RUNNER_TEMP: folder, GITHUB_REPOSITORY: "example/monitoring", PULL_REQUEST: "7" };
        const { code, stderr } = await run(script, environment);
        expect([code, stderr]).toEqual([0, ""]);
        expect(written("sought")).toBe(`${MARKER}\n`);
        expect(written("called")).toBe(`api --silent ${call} --field body=@${folder}/comment.md\n`);
    });
});

describe("on GitLab", () => {
    const { preview } = yaml.load(blockOf("docs/ci.md", "yaml")) as { preview: { script: string[] } };
    const NOTES = "https://gitlab.example.com/api/v4/projects/5/merge_requests/7/notes";

    it.each([
        ["is a new one where there is none", [], 0, `--request POST ${NOTES}`],
        [
            "is written over the one before",
            [
                { id: 40, body: "mine" },
                { id: 41, body: `${MARKER}\nx` },
            ],
            0,
            `--request PUT ${NOTES}/41`,
        ],
        ["is there if the preview fails, which fails the job", [], 255, `--request POST ${NOTES}`],
    ])("it %s", async (_what, notes, ended, call) => {
        writeFileSync(join(folder, "notes"), JSON.stringify(notes));
        const summary = {
            sequence: 1,
            timestamp: 1,
            summaryEvent: { resourceChanges: { same: 3 }, durationSeconds: 1 },
        };
        writeFileSync(join(folder, "told"), `{"debug":"CANARY"}\n${JSON.stringify(summary)}\n`);
        program("pulumi", `while [[ $1 != --event-log ]]; do shift; done; cat told >"$2"; exit ${String(ended)}`);
        program(
            "curl",
            'cat >>shown; if [[ " $* " == *" --request "* ]]; then echo "$*" >called; cat comment.md >sent; else cat notes; fi',
        );
        const { code, stdout, stderr } = await run(preview.script.join("\n"), {
            STACK: "prod-eu",
            CI_JOB_URL: "https://gitlab.example.com/jobs/9",
            CI_API_V4_URL: "https://gitlab.example.com/api/v4",
            CI_PROJECT_ID: "5",
            CI_MERGE_REQUEST_IID: "7",
            GITLAB_TOKEN: "CANARY-token",
        });
        expect([code, stderr]).toEqual([ended, ""]);
        expect(written("sent").split("\n")[0]).toBe(MARKER);
        expect(written("called")).toContain(`${call} --data-urlencode body@comment.md`);
        expect(written("shown")).toBe('header = "PRIVATE-TOKEN: CANARY-token"\n'.repeat(2));
        expect([stdout, written("called"), written("sent"), written("events")].join("")).not.toContain("CANARY");
    });
});
