import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as yaml from "js-yaml";
import { beforeAll, expect, it, onTestFinished } from "vitest";
import { runProgram } from "../../operate/process";
import { page } from "../pages";
import { ON_LAB, onLab } from "../typed/later";
import type { Configuration } from "./configuration";
import { allUp, expectedJobs, PATIENCE_SECONDS, PROJECT, succeed } from "./lab";

// What the pages tell to type and test/docsCommands.test.ts cannot run, on the stack `lab`.

/** What a command shows of which a page says so. */
const SHOWN: Readonly<Record<string, () => string>> = {
    "kubectl config view --minify": () => "server: https://",
    "ssh-keyscan -t ed25519 HOST": () => String(labKeys()["external-prometheus:vm"]?.["hostKey"]),
    "make drift": () => "The VM 10.98.0.20 is as the stack 'lab' has declared it.",
};

function labKeys(): Configuration {
    return (yaml.load(readFileSync(join(PROJECT, "Pulumi.lab.yaml"), "utf8")) as { config: Configuration }).config;
}

function shell(text: string, folder = PROJECT): Promise<string> {
    const args = ["--chdir", folder, "bash", "-euo", "pipefail", "-c", text];
    return succeed(text, runProgram("env", args, { timeoutSeconds: PATIENCE_SECONDS }));
}

beforeAll(async () => {
    await allUp(await expectedJobs());
});

it.each(ON_LAB)("%s", async (command) => {
    expect(await shell(onLab(command))).toContain(SHOWN[command]?.() ?? "");
});

it("certificates are handed out, and let in, as docs/front.md tells", async () => {
    const path = "docs/front.md";
    const { blocks } = page(path, readFileSync(join(PROJECT, path), "utf8"));
    const block = blocks.find(({ text }) => text.includes("stack output caCertificate"));
    // The lab's front has a user and one client, and is deployed.
    const typed = (block?.text ?? "")
        .replaceAll(/^(htpasswd|pulumi up|.*"prometheus-b").*\n/gm, "")
        .replace("prometheus.example.com", "10.98.0.20");
    const folder = mkdtempSync(join(tmpdir(), "external-prometheus-front-"));
    onTestFinished(() => {
        rmSync(folder, { recursive: true });
    });
    const answer = await shell(`pulumi() { '${PROJECT}/lab/pulumi' "$@"; }\n${typed}`, folder);
    expect(JSON.parse(answer)).toMatchObject({ status: "success" });
});
