import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { look } from "../../operate/driftLook";
import { exported, printed, records, urn } from "./deployed";

let directory: string;
let environment: NodeJS.ProcessEnv;

function program(name: string, body: string): void {
    const path = join(directory, name);
    writeFileSync(path, `#!/bin/bash\ncd ${directory}\n${body}\n`);
    chmodSync(path, 0o755);
}

/** What the stack's state is now, and what it is for whoever asks again. */
function state(now: object, later: object = now): void {
    writeFileSync(join(directory, "state"), JSON.stringify(now));
    writeFileSync(join(directory, "later"), JSON.stringify(later));
}

function history(result: string): void {
    writeFileSync(join(directory, "history"), JSON.stringify(result === "" ? [] : [{ kind: "update", result }]));
}

/** What the VM prints. */
function vm(text: string): void {
    writeFileSync(join(directory, "printed"), text);
}

const EDITED = printed(records().map((record) => record.replace(/^sum \S+(.*rules\/a.yml)/, "sum 00$1")));

beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "look-test-"));
    environment = { ...process.env };
    process.env["PATH"] = `${directory}:${process.env["PATH"] ?? ""}`;
    process.env["PULUMI"] = join(directory, "pulumi");
    program(
        "pulumi",
        'case "$2" in export) cat state; mv later state 2>/dev/null || true ;; history) cat history ;; esac',
    );
    program("ssh", "cat >/dev/null; cat printed");
    state(exported());
    history("succeeded");
    vm(printed(records()));
});

afterEach(() => {
    process.env = environment;
    rmSync(directory, { recursive: true });
});

it("finds nothing, and has nothing to add", async () => {
    expect(await look("dev")).toMatchObject({ findings: [], notes: [] });
});

it("finds what differs", async () => {
    vm(EDITED);
    expect((await look("dev")).findings).toMatchObject([{ found: "content differs" }]);
});

it("says that the last deployment failed", async () => {
    history("failed");
    expect((await look("dev")).notes).toEqual([
        "The last deployment of 'dev' failed: the VM is compared with what each step last did with success.",
    ]);
});

it("says that a deployment is running, or was cut", async () => {
    state(exported({ pending: [{ type: "updating", resource: { urn: urn("service") } }] }));
    expect((await look("dev")).notes).toEqual([
        "A deployment of 'dev' is running, or was cut: updating prometheus-service.",
    ]);
});

it("says that a first deployment did not get far", async () => {
    const { deployment } = exported();
    const resources = deployment.resources.filter((resource) => !/-(service|configuration|verify)$/.test(resource.urn));
    state({ deployment: { ...deployment, resources } });
    history("");
    expect((await look("dev")).notes).toEqual([
        "prometheus is not deployed yet as a service; 'pulumi up' goes on with it.",
        "alertmanager is not deployed yet as a service; 'pulumi up' goes on with it.",
    ]);
});

it("does not judge a stack that was deployed while it was looking", async () => {
    const { deployment } = exported();
    state(exported(), { deployment: { ...deployment, manifest: { time: "2026-01-02T00:00:00Z" } } });
    vm(EDITED);
    await expect(look("dev")).rejects.toThrow("The stack 'dev' was deployed meanwhile. Look again.");
});

it.each([
    ["cat >/dev/null; echo 'root is needed on the VM' >&2; exit 1", "the VM 10.0.0.1: root is needed on the VM"],
    ["cat >/dev/null; exit 124", "the VM 10.0.0.1: it took longer than 180 s"],
    ["cat >/dev/null; head -c 2000 printed", "the VM 10.0.0.1: its answer is not whole"],
    ["echo 'Connection refused' >&2; exit 255", "Cannot log in to the VM root@10.0.0.1"],
])("says why it could not look: %s", async (ssh, reason) => {
    program("ssh", ssh);
    await expect(look("dev")).rejects.toThrow(reason);
});

it("passes on what the CLI says", async () => {
    program("pulumi", "echo \"error: no stack named 'dev' found\" >&2; exit 255");
    await expect(look("dev")).rejects.toThrow("no stack named 'dev' found");
});
