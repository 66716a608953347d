import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stackOutputs, stackVm } from "../../operate/stack";

const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFWI36rQ1ZqGz1nqVTFmaYcCnXxR/0qJzZ5tHm5yTz0N";

let directory: string;

/** A CLI that is called in Pulumi's place. */
function fakePulumi(body: string): void {
    const path = join(directory, "pulumi");
    writeFileSync(path, `#!/bin/bash\n${body}\n`);
    chmodSync(path, 0o755);
    process.env["PULUMI"] = path;
}

function fakeConfiguration(values: Record<string, unknown>): void {
    const keys = Object.entries(values).map(([key, value]) => [
        `external-prometheus:${key}`,
        { value: typeof value === "string" ? value : JSON.stringify(value), secret: false },
    ]);
    writeFileSync(join(directory, "answer"), JSON.stringify(Object.fromEntries(keys)));
    fakePulumi(`[[ "$*" == "config --json --show-secrets --stack dev --non-interactive" ]] && cat ${directory}/answer`);
}

beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "stack-test-"));
});

afterEach(() => {
    delete process.env["PULUMI"];
    rmSync(directory, { recursive: true });
});

describe("stackOutputs", () => {
    it("reads url and jobs, and leaves alone what it does not need", async () => {
        const outputs = {
            url: "http://127.0.0.1:9090",
            jobs: [{ cluster: "a", job: "kubernetes-nodes", path: "direct", interval: "30s" }],
            sourceCredentials: "[secret]",
        };
        fakePulumi(
            `[[ "$*" == "stack output --json --stack dev --non-interactive" ]] && echo '${JSON.stringify(outputs)}'`,
        );
        expect(await stackOutputs("dev")).toEqual({
            url: "http://127.0.0.1:9090",
            jobs: [{ cluster: "a", job: "kubernetes-nodes", path: "direct" }],
            sources: [],
        });
    });

    it("passes on what the CLI complains about, and says what to check", async () => {
        fakePulumi("echo \"error: no stack named 'dev' found\" >&2; exit 255");
        await expect(stackOutputs("dev")).rejects.toThrow(
            /^Cannot read the stack 'dev': .* says: error: no stack named 'dev' found\nCheck the stack's name/,
        );
    });

    it("says so when there is no CLI", async () => {
        process.env["PULUMI"] = join(directory, "absent");
        await expect(stackOutputs("dev")).rejects.toThrow(/^Cannot run .*\/absent stack output.*PULUMI/);
    });
});

describe("stackVm", () => {
    it("reads how the VM is reached, with the schema's defaults", async () => {
        fakeConfiguration({ vm: { host: "10.0.0.1", hostKey: HOST_KEY }, vmPrivateKey: "a key" });
        expect(await stackVm("dev")).toEqual({
            host: "10.0.0.1",
            port: 22,
            user: "root",
            hostKey: HOST_KEY,
            privateKey: "a key",
        });
    });

    it.each([
        [{ vmProxyPrivateKey: "another key" }, "another key"],
        [{}, "a key"],
    ])("knows the jump host, and the key for it: %j", async (more, privateKey) => {
        const proxy = { host: "gate.example", port: 2222, user: "jump", hostKey: HOST_KEY };
        fakeConfiguration({ vm: { host: "10.0.0.1", hostKey: HOST_KEY, proxy }, vmPrivateKey: "a key", ...more });
        expect(await stackVm("dev")).toMatchObject({ proxy: { ...proxy, privateKey } });
    });

    it.each([
        ["vm", { vmPrivateKey: "a key" }],
        ["vmPrivateKey", { vm: { host: "10.0.0.1", hostKey: HOST_KEY } }],
    ])("names the key %s when it lacks", async (key, values) => {
        fakeConfiguration(values);
        await expect(stackVm("dev")).rejects.toThrow(`lacks external-prometheus:${key}.`);
    });

    it("refuses a VM that the schema refuses, by the key's name", async () => {
        fakeConfiguration({ vm: { host: "10.0.0.1", hostKey: HOST_KEY, prot: 22 }, vmPrivateKey: "a key" });
        await expect(stackVm("dev")).rejects.toThrow(/external-prometheus:vm of the stack 'dev':\n.*prot/);
    });
});
