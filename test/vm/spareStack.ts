import { type ChildProcess, spawn } from "node:child_process";
import {
    copyFileSync,
    existsSync,
    mkdtempSync,
    readFileSync,
    rmSync,
    statSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import * as yaml from "js-yaml";
import type { Finished } from "../../operate/process";
import { runProgram } from "../../operate/process";
import { handle, PATIENCE_SECONDS, PROJECT, type Run, succeed } from "../lab/lab";
import type { SpareVm } from "./spareVm";

const NAMESPACE = "external-prometheus:";
const STATES = "/var/lib/external-prometheus-lab/pulumi-state/.pulumi/stacks/external-prometheus";
const TARBALL = join(PROJECT, "lab/release/tarball.sh");

/** Commands that read the stack's configuration, each from the file that it is given. */
const CONFIGURED = ["config", "destroy", "preview", "refresh", "up"];
const UNATTENDED = ["--yes", "--skip-preview", "--non-interactive", "--color=never"];

interface StackFile {
    readonly encryptionsalt: string;
    readonly config: Record<string, unknown>;
}

/** A stack of the program, deployed by the lab's engine, that has nothing but a VM side on a spare VM. */
export class SpareStack {
    private constructor(
        public readonly name: string,
        /** Holds the stack's configuration file; the checkout does not. */
        private readonly directory: string,
        /** What the next command reads, by key without namespace; a secret is wrapped as `encrypt` does. */
        public readonly configuration: Record<string, unknown>,
        /** Of the Pulumi program that it deploys. */
        private readonly program: string,
    ) {}

    /**
     * A new stack of that name, which forgets what an earlier one of the name has deployed.
     * @param program Another program than the project's, by the path of its file.
     */
    static async create(vm: SpareVm, name: string, program?: string): Promise<SpareStack> {
        const directory = mkdtempSync(join(tmpdir(), "external-prometheus-stack-"));
        const stack = new SpareStack(name, directory, {}, program === undefined ? PROJECT : directory);
        copyFileSync(join(PROJECT, "Pulumi.yaml"), join(directory, "Pulumi.yaml"));
        await stack.forget();
        if (program !== undefined) {
            symlinkSync(join(PROJECT, "node_modules"), join(directory, "node_modules"));
            copyFileSync(join(PROJECT, "tsconfig.json"), join(directory, "tsconfig.json"));
            writeFileSync(join(directory, "package.json"), JSON.stringify({ main: "index.js" }));
            writeFileSync(join(directory, "index.js"), `module.exports = require(${JSON.stringify(program)});\n`);
        }
        const init = ["--cwd", directory, "stack", "init", name, "--no-select", "--non-interactive"];
        await succeed(`pulumi stack init ${name}`, handle("pulumi", init));
        const tarball = (await succeed(TARBALL, runProgram(TARBALL, [], { timeoutSeconds: PATIENCE_SECONDS }))).trim();
        Object.assign(stack.configuration, {
            vm: { host: vm.address, hostKey: vm.hostKey },
            vmPrivateKey: await stack.encrypt(vm.privateKey()),
            prometheus: {
                url: `http://10.98.0.1:8080/${basename(tarball)}`,
                sha256: readFileSync(`${tarball}.sha256`, "utf8").split(" ")[0],
                scrapeInterval: "1s",
            },
            scrapeJobs: {},
        });
        return stack;
    }

    /** The text as a value that the configuration may hold. */
    async encrypt(text: string): Promise<{ secure: string }> {
        // Encrypted under a key of its own, so that what the configuration holds at the time stays out of it.
        const set = ["config", "set", "--secret", "encrypted", "--stack", this.name, "--config-file", this.file];
        await succeed("pulumi config set --secret", handle("pulumi", set, { stdin: text }));
        const { config } = this.read();
        return config[`${NAMESPACE}encrypted`] as { secure: string };
    }

    up(...args: string[]): Promise<Finished> {
        return this.run(["up", ...UNATTENDED, ...args]);
    }

    async mustUp(...args: string[]): Promise<string> {
        return succeed(`pulumi up of ${this.name}`, this.up(...args));
    }

    preview(...args: string[]): Promise<Finished> {
        return this.run(["preview", "--non-interactive", "--color=never", ...args]);
    }

    destroy(...args: string[]): Promise<Finished> {
        return this.run(["destroy", ...UNATTENDED, ...args]);
    }

    /** Any command of Pulumi's on this stack. */
    run(args: readonly string[], run?: Run): Promise<Finished> {
        return handle("pulumi", this.command(args), run);
    }

    /** In a process group of its own; nobody reads what it says. The provider plugins are in groups of their own again. */
    spawn(command: "up" | "destroy"): ChildProcess {
        return spawn(join(PROJECT, "lab/pulumi"), this.command([command, ...UNATTENDED]), {
            detached: true,
            stdio: "ignore",
        });
    }

    /** What a person does after an engine was killed, before the next `up`. */
    async recover(): Promise<void> {
        // The backend of files writes a state at once, but what it notes beside it not: a kill can leave that empty, which it
        // then refuses as `failed to load checkpoint: EOF`. It does without.
        const notes = `${this.stateFile}.attrs`;
        if (existsSync(notes) && statSync(notes).size === 0) {
            rmSync(notes);
        }
        await succeed("pulumi cancel", this.run(["cancel", "--yes", "--non-interactive"]));
        await succeed("pulumi refresh", this.run(["refresh", "--clear-pending-creates", ...UNATTENDED]));
    }

    async outputs(): Promise<Record<string, unknown>> {
        const text = await succeed("pulumi stack output", this.run(["stack", "output", "--json"]));
        return JSON.parse(text) as Record<string, unknown>;
    }

    /** The state, secrets encrypted, as Pulumi would hand it to another backend. */
    export(): Promise<string> {
        return succeed("pulumi stack export", this.run(["stack", "export"]));
    }

    /** Puts such a state in the place of the stack's own. */
    async import(state: string): Promise<void> {
        const run = ["stack", "import", "--stack", this.name];
        await succeed("pulumi stack import", handle("pulumi", run, { stdin: state }));
    }

    /**
     * A program that is `pulumi` for this stack, as it is configured now: what the environment variable PULUMI names for
     * the commands of operate/.
     */
    cli(): string {
        this.write();
        const path = join(this.directory, "pulumi");
        const pulumi = `${join(PROJECT, "lab/pulumi")} --cwd ${this.program}`;
        const configured = CONFIGURED.join(" | ");
        const text = `case $1 in ${configured}) set -- "$@" --config-file ${this.file} ;; esac\nexec ${pulumi} "$@"\n`;
        writeFileSync(path, `#!/bin/sh\n${text}`, { mode: 0o700 });
        return path;
    }

    /** Leaves nothing of the stack; what it has deployed stays on the VM. */
    async remove(): Promise<void> {
        await this.forget();
        rmSync(this.directory, { recursive: true });
    }

    private async forget(): Promise<void> {
        // Not by `stack ls`, which fails while the stack of another test is being removed.
        const { code, stderr } = await this.run(["cancel", "--yes", "--non-interactive"]);
        if (code === 0 || !stderr.includes("no stack named")) {
            const rm = ["stack", "rm", "--force", "--yes", "--preserve-config", "--non-interactive"];
            await succeed(`pulumi stack rm ${this.name}`, this.run(rm));
        }
    }

    /** What the backend of files keeps of it. */
    get stateFile(): string {
        return join(STATES, `${this.name}.json`);
    }

    private get file(): string {
        return join(this.directory, `Pulumi.${this.name}.yaml`);
    }

    private read(): StackFile {
        return yaml.load(readFileSync(this.file, "utf8")) as StackFile;
    }

    /** The whole command line, with the configuration as it is now in the file. */
    private command(args: readonly string[]): string[] {
        const stack = ["--cwd", this.program, "--stack", this.name];
        if (!CONFIGURED.includes(args[0] ?? "")) {
            return [...args, ...stack];
        }
        this.write();
        return [...args, ...stack, "--config-file", this.file];
    }

    private write(): void {
        const { encryptionsalt } = this.read();
        const config = Object.fromEntries(
            Object.entries(this.configuration).map(([key, value]) => [`${NAMESPACE}${key}`, value]),
        );
        writeFileSync(this.file, yaml.dump({ encryptionsalt, config }), { mode: 0o600 });
    }
}
