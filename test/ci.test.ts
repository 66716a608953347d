import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as yaml from "js-yaml";
import { describe, expect, it } from "vitest";
import { milliseconds } from "../config/source";
import { VmConfig } from "../config/vm";
import { PROGRAM_NAMES } from "../host/programs";
import { HOST_SCRIPTS, hostScript, scriptVariables } from "../host/render";
import { blockOf } from "./pages";

const ROOT = join(__dirname, "..");
const WORKFLOWS = join(ROOT, ".github/workflows");

interface Step {
    readonly uses?: string;
    readonly with?: Readonly<Record<string, unknown>>;
    readonly run?: string;
}

interface Job {
    readonly if?: string;
    readonly needs?: string | readonly string[];
    readonly uses?: string;
    readonly permissions?: Readonly<Record<string, string>>;
    readonly concurrency?: Readonly<Record<string, unknown>>;
    readonly strategy?: { readonly "max-parallel"?: number };
    readonly "timeout-minutes"?: number;
    readonly steps?: readonly Step[];
}

interface Workflow {
    readonly on: Readonly<Record<string, unknown>>;
    readonly permissions: Readonly<Record<string, string>>;
    readonly jobs: Readonly<Record<string, Job>>;
}

function read(path: string): string {
    return readFileSync(join(ROOT, path), "utf8");
}

const FILES = readdirSync(WORKFLOWS).map((name) => `.github/workflows/${name}`);
const SETUP = ".github/actions/setup/action.yml";
const workflows = FILES.map((path) => ({ path, text: read(path), workflow: yaml.load(read(path)) as Workflow }));
const jobs = workflows.flatMap(({ path, workflow }) => {
    return Object.entries(workflow.jobs).map(([name, job]) => ({ name: `${path}: ${name}`, job, workflow }));
});
const steps = jobs.flatMap(({ job }) => job.steps ?? []);

describe("every workflow", () => {
    it("runs what is somebody else's at a commit, with its version, and everywhere at the same one", () => {
        const used = [...FILES, SETUP].flatMap((path) =>
            [...read(path).matchAll(/uses: (.*)$/gm)].map(([, uses]) => uses),
        );
        const others = [...new Set(used)].filter((uses) => uses?.startsWith("./") === false);
        expect(others.filter((uses) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(uses ?? ""))).toEqual([]);
        expect(others.map((uses) => uses?.split("@")[0]).sort()).toEqual([
            "actions/checkout",
            "actions/setup-node",
            "pulumi/actions",
        ]);
    });

    it("has no right but to read, save the one that writes comments", () => {
        for (const { workflow } of workflows) expect([{ contents: "read" }, {}]).toContainEqual(workflow.permissions);
        const more = jobs.filter(({ job }) => job.permissions !== undefined);
        expect(more.map(({ name, job }) => [name, job.permissions])).toEqual([
            [".github/workflows/preview.yml: preview", { contents: "read", "pull-requests": "write" }],
        ]);
    });

    it("ends by itself, and leaves no credentials beside what it has checked out", () => {
        const endless = jobs.filter(({ job }) => job.uses === undefined && job["timeout-minutes"] === undefined);
        expect(endless.map(({ name }) => name)).toEqual([]);
        const checkouts = steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"));
        expect(checkouts.length).toBeGreaterThan(0);
        for (const checkout of checkouts) expect(checkout.with).toEqual({ "persist-credentials": false });
    });

    it("puts nothing that others may choose into a script, only into its environment", () => {
        expect(steps.filter(({ run }) => run?.includes("${{"))).toEqual([]);
    });
});

it("installs the CLI of the version that the program is written for", () => {
    const { devDependencies } = JSON.parse(read("package.json")) as { devDependencies: Record<string, string> };
    const version = devDependencies["@pulumi/pulumi"] ?? "none";
    const node = read(".nvmrc").trim();
    expect(read(SETUP)).toContain(`pulumi-version: ${version}\n`);
    expect(read("docs/ci.md")).toContain(`image: pulumi/pulumi-nodejs-${node}:${version}\n`);
});

it("gives no secret to the pull request of a fork", () => {
    const forPullRequests = workflows.filter(({ workflow }) => "pull_request" in workflow.on);
    const withSecrets = forPullRequests.filter(({ text }) => text.includes("secrets."));
    expect(withSecrets.map(({ path }) => path)).toEqual([".github/workflows/preview.yml"]);
    const { stacks, ...others } = withSecrets[0]?.workflow.jobs ?? {};
    expect(stacks?.if).toBe("github.event.pull_request.head.repo.full_name == github.repository");
    for (const job of Object.values(others)) expect(job.needs).toBe("stacks");
    expect(workflows.filter(({ workflow }) => "pull_request_target" in workflow.on)).toEqual([]);
});

it("deploys to one environment one at a time, and ends none that runs", () => {
    const deploying = jobs.filter(({ job }) => job.steps?.some(({ run }) => run?.includes("pulumi up")));
    expect(deploying.map(({ name, job }) => [name, job.concurrency])).toEqual([
        [".github/workflows/up.yml: up", { group: "deploy-${{ inputs.stack }}", "cancel-in-progress": false }],
    ]);
});

it("deploys VMs one after the other, of which two may be a pair", () => {
    const vms = jobs.filter(({ name }) => name.endsWith("deploy.yml: vms"));
    expect(vms.map(({ job }) => job.strategy?.["max-parallel"])).toEqual([1]);
});

describe("a deployment", () => {
    const { steps: all = [] } = jobs.find(({ name }) => name.endsWith("up.yml: up"))?.job ?? {};
    const place = (text: string) => all.findIndex(({ run }) => run?.includes(text));
    const script = all[place("is not deployed")]?.run ?? "exit 9";

    function run(newest: string): { code: number | null; text: string } {
        const folder = mkdtempSync(join(tmpdir(), "external-prometheus-"));
        writeFileSync(join(folder, "curl"), `#!/bin/sh\ncat >"${folder}/stdin"\nprintf %s ${newest}\n`, {
            mode: 0o755,
        });
        const { status, stdout, stderr } = spawnSync("bash", ["--norc", "-e", "-o", "pipefail", "-c", script], {
            encoding: "utf8",
            env: {
                PATH: `${folder}:${process.env["PATH"] ?? ""}`,
                GH_TOKEN: "CANARY",
                GITHUB_REF_NAME: "main",
                GITHUB_SHA: "a".repeat(40),
            },
        });
        expect(readFileSync(join(folder, "stdin"), "utf8")).toBe('header = "Authorization: Bearer CANARY"\n');
        rmSync(folder, { recursive: true });
        return { code: status, text: stdout + stderr };
    }

    it("is of the newest commit of its branch, and of no other", () => {
        expect(run("a".repeat(40))).toEqual({ code: 0, text: "" });
        const late = run("b".repeat(40));
        expect(late.code).toBe(1);
        expect(late.text).toContain(`::error::main is at ${"b".repeat(40)} by now`);
        expect(place("is not deployed")).toBeGreaterThan(0);
        expect(place("is not deployed")).toBeLessThan(place("pulumi up"));
    });

    it("is of a stack that keeps the rules for all of them", () => {
        expect(place("vitest run test/policy.test.ts")).toBeGreaterThan(0);
        expect(place("vitest run test/policy.test.ts")).toBeLessThan(place("pulumi up"));
    });
});

it("waits for a deployment as long as all of its steps may take together, one after the other", () => {
    const limit = (name: (typeof HOST_SCRIPTS)[number]) =>
        Number(scriptVariables(hostScript(name, "root", {}))["limit"]);
    // A gate that is replaced removes first what was there; each companion has a release and a service.
    const companions = PROGRAM_NAMES.length - 1;
    const steps = HOST_SCRIPTS.map(limit).reduce((sum, seconds) => sum + seconds);
    const most = steps + companions * (limit("release") + limit("service"));
    const boot = milliseconds(VmConfig.shape.bootTimeout.parse(undefined)) / 1000;
    const [deploying] = jobs.filter(({ job }) => job.steps?.some(({ run }) => run?.includes("pulumi up")));
    const [, gitLab] = /^\.deploy:\n(?: .*\n)*? {4}timeout: (\d+)m\b/m.exec(read("docs/ci.md")) ?? [];
    expect(most).toBeGreaterThan(4 * 3600);
    for (const minutes of [deploying?.job["timeout-minutes"], Number(gitLab)]) {
        expect(minutes).toBeGreaterThan((most + boot) / 60);
    }
});

describe("the checks", () => {
    /** What GitHub's runners do not have, or only for root. */
    const LACKING =
        /(spawn|spawnSync|execFile|execFileSync|runProgram)\(\s*"(promtool|prometheus|nginx|unshare|mknod)"/;
    /** Are left out for another reason: the owner of a file is changed. */
    const FOR_ROOT = ["test/operate/driftScript.test.ts"];

    /** Whether a module, or what it imports, starts a program that is lacking. */
    function needsMore(path: string, seen = new Set<string>()): boolean {
        if (seen.has(path)) return false;
        seen.add(path);
        const text = read(path);
        const imported = [...text.matchAll(/ from "(\.[^"]+)"/g)]
            .map(([, from = ""]) => join(path, "..", `${from}.ts`))
            .filter((each) => each.startsWith("test/") && existsSync(join(ROOT, each)));
        return LACKING.test(text) || imported.some((each) => needsMore(each, seen));
    }

    it("leave out the unit tests that need what is not there, and no others", () => {
        const excluded = [...read(".github/workflows/checks.yml").matchAll(/--exclude (\S+)/g)].map(
            ([, path]) => path ?? "",
        );
        const tests = readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" })
            .filter((path) => path.endsWith(".test.ts") && !/^(lab|vm|faults|soak)\//.test(path))
            .map((path) => `test/${path}`);
        expect(excluded).toEqual([...tests.filter((path) => needsMore(path)), ...FOR_ROOT].sort());
    });
});

it("does by hand, or when it is time, one task of the two", () => {
    const NONE: Workflow = { on: {}, permissions: {}, jobs: {} };
    const { on, jobs: all } = workflows.find(({ path }) => path.endsWith("scheduled.yml"))?.workflow ?? NONE;
    const { schedule, workflow_dispatch: byHand } = on as unknown as {
        schedule: { cron: string }[];
        workflow_dispatch: { inputs: { task: { options: string[] } } };
    };
    const tasks = byHand.inputs.task.options;
    expect(schedule).toHaveLength(tasks.length);
    expect([all["stacks"]?.if, all["renewal"]?.if]).toEqual(
        tasks.map((task, i) => `github.event.schedule == '${schedule[i]?.cron ?? ""}' || inputs.task == '${task}'`),
    );
});

describe("the file for GitLab", () => {
    const {
        stages,
        default: defaults,
        ...entries
    } = yaml.load(blockOf("docs/ci.md", "yaml")) as Record<string, GitLabJob> & {
        stages: string[];
        default: object;
    };
    const all = new Map(Object.entries(entries));

    interface GitLabJob {
        readonly extends?: string;
        readonly stage?: string;
        readonly rules?: readonly object[];
        readonly script?: readonly string[];
        readonly variables?: Readonly<Record<string, string>>;
        readonly environment?: string;
        readonly resource_group?: string;
        readonly parallel?: { readonly matrix: readonly { readonly STACK: readonly string[] }[] };
    }

    /** With what it has from the one that it extends. */
    function whole(job: GitLabJob): GitLabJob {
        const base = job.extends === undefined ? undefined : all.get(job.extends);
        return base === undefined ? job : { ...whole(base), ...job };
    }

    const jobs = [...all].filter(([name]) => !name.startsWith(".")).map(([name, job]) => ({ name, ...whole(job) }));

    it("has jobs with a stage that there is, rules and a script", () => {
        expect(Object.keys(defaults)).toEqual(["image", "before_script"]);
        for (const { name, stage, rules, script } of jobs) {
            expect(stages, name).toContain(stage);
            expect(rules, name).not.toEqual([]);
            expect(script, name).not.toEqual([]);
        }
        expect(new Set(jobs.map(({ stage }) => stage))).toEqual(new Set(stages));
    });

    it("deploys to one environment one at a time, clusters first", () => {
        const deploying = jobs.filter(({ script }) => script?.some((line) => line.includes("pulumi up")));
        expect(deploying.length).toBeGreaterThan(1);
        for (const { name, variables, environment, resource_group } of deploying) {
            expect([variables, environment]).toEqual([{ STACK: name }, name]);
            expect(resource_group, name).toMatch(/^deploy-/);
        }
        // Two of them may be a pair.
        const vms = deploying.filter(({ stage }) => stage === "vms");
        expect(new Set(vms.map(({ resource_group }) => resource_group)).size).toBe(1);
        expect(stages.indexOf("clusters")).toBeLessThan(stages.indexOf("vms"));
    });

    it("has each stack of the production shape", () => {
        const stacks = readdirSync(join(ROOT, "examples/production"))
            .flatMap((name) => /^Pulumi\.(.*)\.yaml$/.exec(name)?.[1] ?? [])
            .sort();
        const matrix = (job: string) => [...(jobs.find(({ name }) => name === job)?.parallel?.matrix[0]?.STACK ?? [])];
        expect(jobs.flatMap(({ environment }) => environment ?? []).sort()).toEqual(stacks);
        expect(matrix("preview").sort()).toEqual(stacks);
        expect(matrix("drift").sort()).toEqual(jobs.filter(({ stage }) => stage === "vms").map(({ name }) => name));
    });

    it("shows no secret to the merge request of a fork, and holds each stack to the rules before it is deployed", () => {
        const toAll = jobs.filter(({ rules }) => JSON.stringify(rules).includes('\\"merge_request_event\\""}'));
        expect(toAll.map(({ name, variables }) => [name, variables])).toEqual([["checks", undefined]]);
        for (const { script = [] } of jobs.filter(({ environment }) => environment !== undefined)) {
            expect(script[0]).toBe("npx vitest run test/policy.test.ts");
        }
    });

    it("previews as the workflow for GitHub does", () => {
        const preview = jobs.find(({ name }) => name === "preview");
        const own = /pulumi preview (--stack .*\\\n.*?--event-log)/;
        const flags = (script: string) => own.exec(script)?.[1]?.replaceAll(/\\?\s+/g, " ");
        expect(flags(preview?.script?.join("\n") ?? "")).toBe(flags(read(".github/workflows/preview.yml")));
        expect(flags(read(".github/workflows/preview.yml"))).toContain("--diff --show-full-output --non-interactive");
    });
});
