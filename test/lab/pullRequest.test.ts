import { execFileSync } from "node:child_process";
import {
    chmodSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as yaml from "js-yaml";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Finished, runProgram } from "../../operate/process";
import { canaries, contentOf, foundIn, planted } from "./canaries";
import { withConfiguration } from "./configuration";
import { PATIENCE_SECONDS, PROJECT } from "./lab";

interface Step {
    readonly name?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly run?: string;
}

interface Workflow {
    readonly jobs: {
        readonly preview: { readonly env: Readonly<Record<string, string>>; readonly steps: readonly Step[] };
    };
}

const SERVER = "https://example.com";
/** What the workflow's expressions come to; the lab's own `pulumi` has its backend and its passphrase. */
const VALUES: Readonly<Record<string, string>> = {
    "matrix.stack": "lab",
    "secrets.PULUMI_ACCESS_TOKEN": "",
    "secrets.PULUMI_BACKEND_URL": "",
    "secrets.PULUMI_CONFIG_PASSPHRASE": "",
    "github.server_url": SERVER,
    "github.repository": "example/monitoring",
    "github.run_id": "1",
    "github.token": "the runner's own",
    "github.event.pull_request.number": "7",
};

const RULES = `groups:
    - name: team
      rules:
          - alert: ServiceDown
            expr: up{job="a-new-service"} == 0 # not @everyone's business
            for: 5m
`;

/** Takes a program's place, and writes down how it was called and what of. */
const GH = `#!/bin/bash
printf '%s\\n' "$@" >>"$RUNNER_TEMP/gh-arguments"
for argument; do
    if [[ $argument == body=@* ]]; then cp "\${argument#body=@}" "$RUNNER_TEMP/posted"; fi
done
`;

const folder = mkdtempSync(join(tmpdir(), "external-prometheus-pull-request-"));
/** Checked out as a runner does it, from a branch with a scrape job and a rule more. */
const branch = join(folder, "checkout");
const temporary = join(folder, "runner");
const programs = join(folder, "programs");
const home = join(folder, "home");

beforeAll(async () => {
    for (const path of [branch, temporary, programs, home]) mkdirSync(path);
    const files = execFileSync("git", ["-c", `safe.directory=${PROJECT}`, "ls-files", "-z"], { cwd: PROJECT });
    const present = files
        .toString()
        .split("\0")
        .filter((path) => path !== "" && existsSync(join(PROJECT, path)));
    execFileSync("cp", ["--parents", "--no-dereference", "--target-directory", branch, ...present], { cwd: PROJECT });
    for (const path of ["node_modules", "lab/node_modules"]) symlinkSync(join(PROJECT, path), join(branch, path));
    writeFileSync(join(branch, "rules/team.yml"), RULES);
    await withConfiguration(
        (configuration) => {
            configuration["scrapeJobs"] = {
                ...configuration["scrapeJobs"],
                "a-new-service": { targets: ["192.0.2.1:9100"], labels: { site: "elsewhere" } },
            };
            Object.assign(configuration["prometheus"] ?? {}, { ruleFiles: ["rules/team.yml"] });
        },
        (configFile) => {
            writeFileSync(join(branch, "Pulumi.lab.yaml"), readFileSync(configFile), { mode: 0o600 });
            return Promise.resolve();
        },
    );
    for (const [name, text] of Object.entries({ pulumi: `#!/bin/bash\nexec ${branch}/lab/pulumi "$@"\n`, gh: GH })) {
        writeFileSync(join(programs, name), text);
        chmodSync(join(programs, name), 0o755);
    }
});

afterAll(() => {
    rmSync(folder, { recursive: true });
});

function evaluated(env: Readonly<Record<string, string>> = {}, outputs: Readonly<Record<string, string>>) {
    const values = { ...VALUES, ...outputs };
    return Object.fromEntries(
        Object.entries(env).map(([name, text]) => [
            name,
            text.replaceAll(/\$\{\{ (.*?) \}\}/g, (_, expression: string) => {
                const value = values[expression];
                if (value === undefined) {
                    throw new Error(`the workflow has an expression that this test does not know: ${expression}`);
                }
                return value;
            }),
        ]),
    );
}

/** Runs the steps of the job that are scripts, in their order, each as the runner does; nothing else is in their environment. */
async function runWorkflow(): Promise<Finished[]> {
    const text = readFileSync(join(branch, ".github/workflows/preview.yml"), "utf8");
    const { env, steps } = (yaml.load(text) as Workflow).jobs.preview;
    const output = join(temporary, "output");
    writeFileSync(output, "");
    const finished: Finished[] = [];
    for (const step of steps.filter(({ run }) => run !== undefined)) {
        const [, code] = /^code=(\d+)$/m.exec(readFileSync(output, "utf8")) ?? [];
        const environment = {
            PATH: [programs, dirname(process.execPath), "/usr/bin", "/bin"].join(":"),
            HOME: home,
            RUNNER_TEMP: temporary,
            GITHUB_OUTPUT: output,
            GITHUB_REPOSITORY: "example/monitoring",
            ...evaluated({ ...env, ...step.env }, code === undefined ? {} : { "steps.preview.outputs.code": code }),
        };
        const settings = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
        const bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.run ?? ""];
        const args = ["--chdir", branch, "--ignore-environment", ...settings, ...bash];
        finished.push(await runProgram("env", args, { timeoutSeconds: PATIENCE_SECONDS }));
    }
    return finished;
}

it("a pull request gets one comment, made by the workflow's own commands, and no secret is in it or left behind", async () => {
    const finished = await runWorkflow();
    const said = finished.map(({ stdout, stderr }) => stdout + stderr).join("");
    expect(
        finished.map(({ code }) => code),
        said,
    ).toEqual([0, 0, 0]);

    const posted = readFileSync(join(temporary, "posted"), "utf8");
    await expect(posted).toMatchFileSnapshot(join(__dirname, "pullRequest.md"));
    const called = readFileSync(join(temporary, "gh-arguments"), "utf8");
    expect(called).toContain("--method\nPOST\nrepos/example/monitoring/issues/7/comments\n");

    const sought = [...(await canaries()), planted("what is found")];
    const everything = [said, contentOf(temporary), contentOf(home), planted("what is found").text].join("\n");
    expect(foundIn(everything, sought)).toEqual(["what is found"]);
});
