/**
 * What a deployment costs in which nothing changes, beside an empty program with the same packages and engine, and one of as
 * many resources without any logic, without a log of the engine's (as in the lab) and with it (as elsewhere); and what each stack
 * costs that is read by reference. Usage, with the lab running:
 * node --import tsx bench/stacks.ts [turns]
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";

const PROJECT = join(__dirname, "..");
const UP = ["up", "--yes", "--skip-preview", "--non-interactive", "--color=never"];
const COUNTS = [0, 1, 10, 50];
const PROVIDERS_AND_STACK = 4;
/** Where the engine would keep its logs; the lab has a file there, so that it keeps none. */
const LOGS = "/var/lib/external-prometheus-lab/pulumi-home/logs";

/** Compiled and loaded as this program is, with its packages; each provider has its plugin started, and makes nothing. */
const EMPTY = `
import * as command from "@pulumi/command";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";

new command.Provider("command");
new kubernetes.Provider("kubernetes", { kubeconfig: new pulumi.Config().requireSecret("kubeconfig") });
new tls.Provider("tls");
`;
/** The same with as many resources as the lab's stack has, none of which needs another. */
const SAME_SIZE = `${EMPTY}
for (let i = new pulumi.Config().requireNumber("count"); i > 0; i--) new tls.PrivateKey("key-" + i, { algorithm: "ECDSA", ecdsaCurve: "P256" });
`;
/** As a cluster's stack has them: one output in clear, one that is secret, and a state of 200 kB. */
const SOURCE = `
const pulumi = require("@pulumi/pulumi");
for (let i = 0; i < 40; i++) {
    new pulumi.ComponentResource("bench:index:Object", "object-" + i).registerOutputs({ text: "z".repeat(5000) });
}
exports.sources = { eu: { name: "eu", text: "x".repeat(4000) } };
exports.sourceCredentials = pulumi.secret({ eu: { token: "y".repeat(1000) } });
`;
const READER = `
const pulumi = require("@pulumi/pulumi");
const count = Number(new pulumi.Config().require("count"));
module.exports = async () => {
    const all = Array.from({ length: count }, async (_, i) => {
        const stack = new pulumi.StackReference("organization/bench-source/source-" + i);
        const outputs = ["sources", "sourceCredentials"].map((name) => stack.getOutputDetails(name));
        const [sources, credentials] = await Promise.all(outputs);
        if (sources.value === undefined || credentials.secretValue === undefined) throw new Error("nothing was read");
    });
    await Promise.all(all);
};
`;

const directory = mkdtempSync(join(tmpdir(), "bench-"));

function pulumi(args: readonly string[], input: string | Buffer = ""): void {
    execFileSync(join(PROJECT, "lab/pulumi"), args, { input, stdio: ["pipe", "ignore", "inherit"] });
}

/** A project of its own with one program; returns what chooses it. */
function project(name: string, program: string, file = "index.js"): string[] {
    const place = join(directory, name);
    mkdirSync(place);
    symlinkSync(join(PROJECT, "node_modules"), join(place, "node_modules"));
    copyFileSync(join(PROJECT, "tsconfig.json"), join(place, "tsconfig.json"));
    writeFileSync(join(place, "Pulumi.yaml"), `name: bench-${name}\nruntime: nodejs\n`);
    writeFileSync(join(place, "package.json"), `{ "main": "${file}" }\n`);
    writeFileSync(join(place, file), program);
    return ["--cwd", place];
}

function init(at: readonly string[], stack: string): void {
    made.push([...at, "--stack", stack]);
    pulumi(["stack", "init", stack, "--no-select", "--non-interactive", ...at]);
}

/** All stacks, to be taken away at the end. */
const made: string[][] = [];

function seconds(args: readonly string[]): number {
    const begun = performance.now();
    pulumi(args);
    return (performance.now() - begun) / 1000;
}

function median(values: readonly number[]): number {
    return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** Medians of commands that are run in turns. */
function inTurns(turns: number, commands: readonly (readonly string[])[]): number[] {
    const times = Array.from({ length: turns }, () => commands.map(seconds));
    return commands.map((_, i) => median(times.map((turn) => turn[i] ?? NaN)));
}

function main(turns: number): void {
    const kubeconfig = execFileSync(join(PROJECT, "lab/kubectl"), ["config", "view", "--raw"]);
    const state = execFileSync(join(PROJECT, "lab/pulumi"), ["stack", "export"], { maxBuffer: 2 ** 28 }).toString();
    const { resources } = (JSON.parse(state) as { deployment: { resources: unknown[] } }).deployment;
    const prepared = (name: string, program: string) => {
        const at = project(name, program, "index.ts");
        init(at, name);
        const chosen = [...at, "--stack", name];
        pulumi(["config", "set", "--secret", "kubeconfig", ...chosen], kubeconfig);
        pulumi(["config", "set", "count", String(resources.length - PROVIDERS_AND_STACK), ...chosen]);
        pulumi([...UP, ...chosen]);
        return [...UP, ...chosen];
    };
    const programs = [prepared("empty", EMPTY), prepared("same-size", SAME_SIZE), [...UP, "--expect-no-changes"]];
    const named = ["an empty program", `${resources.length} keys`, "the lab's stack"];
    const compare = (kept: string) => {
        const times = inTurns(turns, programs);
        for (const [i, time] of times.entries()) {
            const ratio = (time / (times[0] ?? NaN)).toFixed(2);
            const what = `up of ${named[i] ?? ""}, nothing changed, ${kept}`;
            console.log(`${what}: ${time.toFixed(2)} s, ${ratio} times the empty one`);
        }
    };
    compare("no log");
    rmSync(LOGS);
    try {
        compare("the engine's log");
    } finally {
        rmSync(LOGS, { recursive: true, force: true });
        writeFileSync(LOGS, "");
    }

    const source = project("source", SOURCE);
    for (let i = 0; i < Math.max(...COUNTS); i++) {
        init(source, `source-${i}`);
        pulumi([...UP, ...source, "--stack", `source-${i}`]);
    }
    const reader = project("reader", READER);
    const readers = COUNTS.map((count) => {
        const at = [...reader, "--stack", `reader-${count}`];
        init(reader, `reader-${count}`);
        pulumi(["config", "set", "count", String(count), ...at]);
        return [...UP, ...at];
    });
    const [alone = NaN, ...others] = inTurns(turns, readers);
    for (const [i, time] of others.entries()) {
        const count = COUNTS[i + 1] ?? NaN;
        const each = ((time - alone) * 1000) / count;
        console.log(
            `${count} stacks read: ${time.toFixed(2)} s, ${(time / alone).toFixed(2)} times none, ${each.toFixed(0)} ms each`,
        );
    }
}

try {
    main(Number(process.argv[2] ?? 5));
} finally {
    for (const at of made) pulumi(["stack", "rm", "--force", "--yes", "--non-interactive", ...at]);
    rmSync(directory, { recursive: true });
}
