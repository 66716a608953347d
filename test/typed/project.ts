import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import * as yaml from "js-yaml";
import { runProgram } from "../../operate/process";
import { change, exampleKeys, type Keys, KUBECONFIG, PRIVATE_KEY } from "../config/environment";
import type { Section } from "./sections";
import { FILES, filledIn, type Situation, SITUATIONS } from "./standIns";
import { deployment } from "./state";

const ROOT = join(__dirname, "../..");
const PROJECT = "external-prometheus";

/** Programs that are run as they are. */
const PROGRAMS = ["base64", "bash", "cat", "cksum", "cp", "cut", "jq", "rm"];
/** Programs whose place a stand-in takes; a page that calls any other fails. */
const TAKEN =
    "curl git htpasswd journalctl kubectl make node npm pulumi sleep ssh-keyscan vitest " +
    "lab/break lab/heal lab/kubectl lab/machine/spare.sh lab/pulumi lab/release/more.sh lab/vm";

/** What the stand-in does itself, and what therefore needs a project of its own. */
const TOUCHES = /pulumi (cancel|config|login|stack|state)|[<>]|\bcp\b/;

/** What became of the commands of a section. */
export interface Typed {
    /** The script that failed, with all that was said. */
    readonly failure?: string;
    /** Commands that were run here. */
    readonly run: readonly string[];
    /** Commands that were only written down, quoted for a shell. */
    readonly later: readonly string[];
    /** What stacks are told in their files that they were not told before. */
    readonly told: readonly Told[];
}

export interface Told {
    readonly stack: string;
    readonly configuration: Configuration;
    /** Whether it is so after the last command; else it would have been deployed before. */
    readonly isLast: boolean;
}

/** By key, as `pulumi config --json` has it, secrets shown. */
export type Configuration = Readonly<Record<string, { readonly value: string; readonly secret: boolean }>>;

/** A project, a home and a backend of files, in a folder of their own. */
export class Project {
    private constructor(
        private readonly folder: string,
        private readonly tools: string,
        private readonly passphrase = "old",
    ) {}

    /**
     * One that others are copies of, all of them in one folder: with the example's stack, those of the production shape, and that
     * of another program.
     */
    static async make(parent: string): Promise<Project> {
        const made = new Project(join(parent, "template"), join(parent, "bin"));
        for (const path of ["project", "home", "state"]) mkdirSync(join(made.folder, path), { recursive: true });
        mkdirSync(made.tools);
        for (const program of PROGRAMS) symlinkSync(found(program), join(made.tools, program));
        for (const program of TAKEN.split(" ")) {
            const path = program.startsWith("lab/") ? made.path(program) : join(made.tools, program);
            mkdirSync(dirname(path), { recursive: true });
            symlinkSync(join(__dirname, "standIn.sh"), path);
        }
        for (const [path, text] of Object.entries(FILES)) made.write(path.replace(/^~/, "../home"), text);
        cpSync(join(ROOT, "Pulumi.yaml"), made.path("Pulumi.yaml"));
        cpSync(join(ROOT, "examples"), made.path("examples"), { recursive: true });
        // The first makes the backend.
        await made.pulumi("stack", "init", "dev", "--no-select", "--cwd", "program");
        const key = ["--secret", `vmPrivateKey=${PRIVATE_KEY}`];
        const kubeconfig = ["--secret", `kubeconfigs.staging=${KUBECONFIG}`];
        await Promise.all([
            made.makeStack("dev", ...key, ...kubeconfig),
            made.makeStack("prod-eu"),
            made.makeStack("prod-us"),
            made.makeStack("prod-monitor-a", ...key),
        ]);
        made.write("prod-monitor-a.json", await made.pulumi("stack", "export", "--stack", "prod-monitor-a"));
        return made;
    }

    /** Types what stands in a section, in a copy of this project where that leaves a trace. */
    async type({ at, scripts }: Section): Promise<Typed> {
        const situation = SITUATIONS[at] ?? {};
        const whole = scripts.join("\n");
        const name = at.replaceAll(/\W/g, "-");
        const own = TOUCHES.test(whole) ? await this.copy(name, situation, whole) : this;
        const deployed = join(dirname(this.folder), `${name}.deployed`);
        const log = join(deployed, "log");
        rmSync(deployed, { recursive: true, force: true });
        mkdirSync(deployed);
        for (const file of [log, join(deployed, "since")]) writeFileSync(file, "");
        // One that is selected by a command is noted by Pulumi itself.
        const selected = SELECTS.test(whole) ? {} : { PULUMI_STACK: "dev" };
        const settings = { TYPED_LOG: log, TYPED_DEPLOYED: deployed, ...selected };
        const before = [...own.stackFiles().values()];
        let failure: string | undefined;
        for (const script of scripts) {
            const { code, stdout, stderr } = await own.bash(filledIn(script), settings, situation.at);
            if (code !== 0) failure ??= `${script}\n${stdout}${stderr}`;
        }
        const lines = readFileSync(log, "utf8").split("\n");
        const of = (kind: string) => lines.flatMap((line) => (line.startsWith(kind) ? [line.slice(kind.length)] : []));
        const after = new Project(own.folder, own.tools, situation.passphrase);
        return {
            ...(failure === undefined ? { told: await after.told(deployed, before) } : { failure, told: [] }),
            run: of("run: "),
            later: of("later: "),
        };
    }

    /** What files of this project say, and those that were copied when something was deployed, but for some texts. */
    private told(deployed: string, known: readonly string[]): Promise<Told[]> {
        const last = this.stackFiles();
        const files = [
            ...[...last].map(([stack, text]) => ({ stack, text, file: this.path(`Pulumi.${stack}.yaml`) })),
            ...readdirSync(deployed).flatMap((name) => {
                const [, stack] = /Pulumi\.(.+)\.yaml$/.exec(name) ?? [];
                const file = join(deployed, name);
                // A stack that was renamed since is there under its new name.
                return stack === undefined || !last.has(stack)
                    ? []
                    : [{ stack, text: readFileSync(file, "utf8"), file }];
            }),
        ];
        const isNews = ({ text }: { text: string }, i: number) =>
            !known.includes(text) && files.findIndex((other) => other.text === text) === i;
        const news = files.filter(isNews).map(async ({ stack, text, file }) => {
            const shown = await this.pulumi(
                "config",
                "--stack",
                stack,
                "--config-file",
                file,
                "--show-secrets",
                "--json",
            );
            return { stack, configuration: JSON.parse(shown) as Configuration, isLast: last.get(stack) === text };
        });
        return Promise.all(news);
    }

    private async copy(
        name: string,
        { dev = {}, unwritten = [], outputs }: Situation,
        script: string,
    ): Promise<Project> {
        const copy = new Project(join(dirname(this.folder), name), this.tools);
        rmSync(copy.folder, { recursive: true, force: true });
        cpSync(this.folder, copy.folder, { recursive: true, verbatimSymlinks: true });
        if (Object.keys(dev).length > 0) {
            const keys = exampleKeys();
            for (const [path, value] of Object.entries(dev)) change(keys, path, value);
            copy.configure("dev", keys);
        }
        if (outputs !== undefined) {
            const state = deployment("grafana-of-external-prometheus", "grafana", outputs);
            copy.write("examples/grafana/deployed.json", JSON.stringify(state));
        }
        const renamed = [...script.matchAll(/stack rename --stack \S+ (\S+)/g)].map(([, stack = ""]) => stack);
        for (const stack of [...unwritten, ...renamed]) rmSync(copy.path(`Pulumi.${stack}.yaml`), { force: true });
        if (unwritten.includes("dev")) {
            copy.write("Pulumi.dev.yaml", yaml.dump({ config: qualified(exampleKeys()) }));
        }
        const initialised = [...script.matchAll(/stack init (\S+)/g)].map(([, stack = ""]) => stack);
        for (const stack of [...initialised, ...renamed]) rmSync(copy.stateFile(stack), { force: true });
        if (SELECTS.test(script) && !initialised.includes("dev")) await copy.pulumi("stack", "select", "dev");
        return copy;
    }

    private async makeStack(stack: string, ...secrets: readonly string[]): Promise<void> {
        await this.pulumi("stack", "init", stack, "--no-select");
        this.configure(stack, stack === "dev" ? exampleKeys() : exampleOf(stack));
        if (secrets.length > 0) await this.pulumi("config", "set-all", "--stack", stack, "--path", ...secrets);
        this.write(`${stack}.json`, JSON.stringify(deployment(PROJECT, stack)));
        await this.pulumi("stack", "import", "--stack", stack, "--file", `${stack}.json`);
    }

    /** Sets keys that are not secret, beside what Pulumi itself has written. */
    private configure(stack: string, keys: Keys): void {
        const file = this.path(`Pulumi.${stack}.yaml`);
        const { encryptionsalt, config = {} } = yaml.load(readFileSync(file, "utf8")) as Record<string, Keys>;
        writeFileSync(file, yaml.dump({ encryptionsalt, config: { ...config, ...qualified(keys) } }));
    }

    /** The text of each stack's file, of those that there are for Pulumi. */
    private stackFiles(): Map<string, string> {
        const names = readdirSync(this.path(".")).flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []);
        const stacks = names.filter((name) => existsSync(this.stateFile(name)));
        return new Map(stacks.map((name) => [name, readFileSync(this.path(`Pulumi.${name}.yaml`), "utf8")]));
    }

    private stateFile(stack: string): string {
        return join(this.folder, `state/.pulumi/stacks/${PROJECT}/${stack}.json`);
    }

    private bash(script: string, more: Readonly<Record<string, string>>, at = "."): ReturnType<typeof runProgram> {
        const settings = Object.entries({ ...this.environment(), ...more }).map(([name, value]) => `${name}=${value}`);
        const bash = ["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c", script];
        const args = ["--chdir", this.path(at), "--ignore-environment", ...settings, ...bash];
        return runProgram("env", args, { timeoutSeconds: 280 });
    }

    private async pulumi(...args: readonly string[]): Promise<string> {
        const env = this.environment();
        const options = { cwd: this.path("."), env };
        return (await promisify(execFile)(env.TYPED_PULUMI, [...args, "--non-interactive"], options)).stdout;
    }

    private environment() {
        return {
            PATH: this.tools,
            LC_ALL: "C.UTF-8",
            HOME: join(this.folder, "home"),
            PULUMI_HOME: join(this.folder, "home/.pulumi"),
            PULUMI_BACKEND_URL: `file://${join(this.folder, "state")}`,
            PULUMI_CONFIG_PASSPHRASE: this.passphrase,
            PULUMI_SKIP_UPDATE_CHECK: "true",
            TYPED_PULUMI: found("pulumi"),
            TYPED_HTPASSWD: found("htpasswd"),
        };
    }

    private path(path: string): string {
        return join(this.folder, "project", path);
    }

    private write(path: string, text: string): void {
        mkdirSync(dirname(this.path(path)), { recursive: true });
        writeFileSync(this.path(path), text);
    }
}

/** Whether a script has another stack than `dev` selected, or has it selected itself. */
const SELECTS = /stack init (?!.*--no-select)|stack select/;

function found(program: string): string {
    const paths = (process.env["PATH"] ?? "").split(":").map((folder) => join(folder, program));
    const path = paths.find((each) => existsSync(each));
    if (path === undefined) throw new Error(`${program} is not installed`);
    return path;
}

function exampleOf(stack: string): Keys {
    const text = readFileSync(join(ROOT, `examples/production/Pulumi.${stack}.yaml`), "utf8");
    const { config = {} } = yaml.load(text) as { config?: Keys };
    return Object.fromEntries(Object.entries(config).map(([key, value]) => [key.replace(`${PROJECT}:`, ""), value]));
}

function qualified(keys: Keys): Keys {
    return Object.fromEntries(Object.entries(keys).map(([key, value]) => [`${PROJECT}:${key}`, value]));
}
