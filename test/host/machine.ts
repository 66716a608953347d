import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    readlinkSync,
    realpathSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { bundle, type BundleFile } from "../../host/bundle";
import { type HostScript, hostScript } from "../../host/render";
import { ProcessStandIn } from "./processStandIn";
import { PrometheusStandIn } from "./prometheusStandIn";

export const OWNER = "organization/external-prometheus/test";
const MACHINE_ID = "0123456789abcdef0123456789abcdef";

export interface Ran {
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
}

/** A folder that stands for the root of a VM, with what the scripts ask of systemd and of Prometheus played by the test. */
export class Machine {
    public readonly root = mkdtempSync(join(tmpdir(), "external-prometheus-"));
    public readonly prometheus = new PrometheusStandIn(this.root);
    /** What the gate printed. */
    public vm = "";
    /** More of the environment that the steps run in. */
    public environment: Readonly<Record<string, string>> = {};

    private constructor(private readonly server: Server) {
        server.on("request", new ProcessStandIn(this.root, this.prometheus).answer);
    }

    /** A blank machine, gone when the running test is over. */
    public static async blank(): Promise<Machine> {
        const machine = new Machine(createServer());
        await new Promise<void>((resolve) => machine.server.listen(0, "127.0.0.1", resolve));
        onTestFinished(() => {
            machine.server.close();
            rmSync(machine.root, { recursive: true });
        });
        for (const folder of ["run/systemd/system", "etc/systemd/system", "usr/local", "proc"]) {
            mkdirSync(machine.path(folder), { recursive: true });
        }
        machine.write("etc/os-release", "ID=debian\n");
        machine.write("etc/machine-id", `${MACHINE_ID}\n`);
        return machine;
    }

    /** One that the gate has let through and that has a release; `run` does the steps that follow. */
    public static async prepared(): Promise<Machine> {
        const machine = await Machine.blank();
        await machine.succeed("gate");
        await machine.succeed("release", machine.release("3.13.2"));
        return machine;
    }

    public get address(): string {
        return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    }

    public path(relative: string): string {
        return join(this.root, relative);
    }

    public read(relative: string): string {
        return readFileSync(this.path(relative), "utf8");
    }

    public write(relative: string, text: string): void {
        writeFileSync(this.path(relative), text);
    }

    /** What systemd was asked to do, once for each time. */
    public systemctl(): string[] {
        try {
            return this.read("systemctl.log").trimEnd().split("\n");
        } catch {
            return [];
        }
    }

    /** Runs a step as SSH would. */
    public async run(
        script: HostScript,
        variables: Record<string, string> = {},
        stdin: readonly BundleFile[] | string = [],
    ): Promise<Ran> {
        const all = {
            root: this.root,
            owner: OWNER,
            component: "gate",
            address: this.address,
            vm: this.vm,
            settle: "0",
            patience: "1",
            programs: "prometheus",
            ...variables,
        };
        const child = spawn("sh", ["-c", hostScript(script, "root", all)], {
            env: {
                PATH: `${join(__dirname, "bin")}:${process.env["PATH"] ?? ""}`,
                FAKE_ROOT: this.root,
                FAKE_ADDRESS: this.address,
                ...this.environment,
            },
        });
        const output = { stdout: "", stderr: "" };
        child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
        child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
        child.stdin.on("error", () => undefined); // a script that stops early reads no further
        child.stdin.end(typeof stdin === "string" ? stdin : bundle(stdin));
        const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
        if (script === "gate" && code === 0) {
            this.vm = output.stdout.trim();
        }
        return { code, ...output };
    }

    /** The same, where a failure is a failure of the test. */
    public async succeed(...args: Parameters<Machine["run"]>): Promise<Ran> {
        const ran = await this.run(...args);
        if (ran.code !== 0) {
            throw new Error(`${args[0]} failed with ${ran.code ?? "a signal"}:\n${ran.stdout}${ran.stderr}`);
        }
        return ran;
    }

    /** Packs a release as upstream does, and returns the variables that name it. */
    public release(version: string, run = "serve", files: Record<string, string> = {}): Record<string, string> {
        const name = `prometheus-${version}.linux-amd64`;
        const program = `#!/bin/sh\n# ${run}\necho "prometheus, version ${version} (branch: test)"\n`;
        // Refuses by a word: one in a configuration, another in what only loading the certificates would show.
        const promtool = [
            "#!/bin/sh",
            'for f; do if [ "${FAKE_USER-}" ] && [ "$(find "$f" -type f ! -perm /044 2>&-)" ]; then echo "open $f: permission denied"; exit 1; fi; done',
            'for f; do if grep -qs "promtool-$2-refuses" "$f"; then echo "Could not create new discoverer $f"; exit 1; fi; done',
            'for f in "$(dirname "$3")"/rules/*; do',
            '    if [ -e "$f" ]; then echo "Checking $f"; echo "  SUCCESS: $(grep -cE "(record|alert):" "$f") rules found"; fi',
            "done",
            "",
        ].join("\n");
        this.pack(name, { prometheus: program, promtool, LICENSE: "", ...files });
        return this.tarball(version, ["-C", this.path("releases"), name]);
    }

    /** The same of another program, which has but one file. */
    public companion(program: "node_exporter" | "alertmanager" | "blackbox_exporter", version: string) {
        const name = `${program}-${version}.linux-amd64`;
        this.pack(name, { [program]: `#!/bin/sh\necho "${program}, version ${version} (branch: test)"\n` });
        return {
            ...this.tarball(version, ["-C", this.path("releases"), name]),
            program,
            binaries: program,
            key: program.replace("_exporter", "Exporter"),
        };
    }

    private pack(name: string, files: Readonly<Record<string, string>>): void {
        const folder = this.path(`releases/${name}`);
        mkdirSync(folder, { recursive: true });
        for (const [file, text] of Object.entries(files)) {
            writeFileSync(join(folder, file), text, { mode: 0o755 });
        }
    }

    /** Packs any tarball, by arguments of tar, as the release of a version. */
    public tarball(version: string, args: readonly string[]): Record<string, string> {
        const file = this.path(`${version}.tar.gz`);
        execFileSync("tar", ["-czPf", file, "--sort=name", "--mtime=@0", ...args]);
        const sha256 = createHash("sha256").update(readFileSync(file)).digest("hex");
        return {
            binaries: "prometheus promtool",
            key: "prometheus",
            version,
            url_amd64: `file://${file}`,
            sha256_amd64: sha256,
            url_arm64: "",
            sha256_arm64: "",
        };
    }

    /** Every file below a folder with its mode and content, and every link with its target. */
    public tree(folder: string): Record<string, string> {
        const listing = execFileSync("find", [folder, "-printf", "%y %m %P -> %l\n"], {
            cwd: this.root,
            encoding: "utf8",
        });
        const tree: Record<string, string> = {};
        for (const line of listing.trimEnd().split("\n")) {
            const [type, mode = "", path = "", , target] = line.split(" ");
            tree[path] =
                type === "f" ? `${mode} ${this.read(join(folder, path))}` : type === "l" ? (target ?? "") : mode;
        }
        return tree;
    }

    /** The version of the configuration that is current, by its folder's name. */
    public current(): string {
        return readlinkSync(this.path("usr/local/etc/prometheus/current"));
    }

    public versions(): string[] {
        return readdirSync(this.path("usr/local/etc/prometheus/versions"));
    }

    public activeRelease(): string {
        return realpathSync(this.path("usr/local/prometheus"));
    }
}
