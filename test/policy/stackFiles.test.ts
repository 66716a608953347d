import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stackFiles, stackKeys } from "./stackFiles";

const project = mkdtempSync(join(tmpdir(), "stacks-"));

beforeAll(() => {
    for (const path of [
        "Pulumi.yaml",
        "Pulumi.own.yaml",
        "Pulumi.other.yml",
        "docs/Pulumi.none.yaml",
        "examples/production/Pulumi.prod.yaml",
        "examples/production/rules/team.yml",
        "examples/reader/Pulumi.yaml",
        "examples/reader/Pulumi.dev.yaml",
    ]) {
        mkdirSync(join(project, dirname(path)), { recursive: true });
        writeFileSync(join(project, path), "config: {}\n");
    }
});

afterAll(() => {
    rmSync(project, { recursive: true });
});

it("finds the stacks beside Pulumi.yaml and the examples, and none of another project", () => {
    expect(stackFiles(project)).toEqual([
        "Pulumi.other.yml",
        "Pulumi.own.yaml",
        "examples/production/Pulumi.prod.yaml",
    ]);
});

it("puts stand-ins in the place of secrets, and leaves what nothing asks for, for the program to tell of", () => {
    const { plain, secret, inClear } = stackKeys({
        "external-prometheus:vm": { host: "198.51.100.20" },
        "external-prometheus:vmPrivateKey": { secure: "v1:abc" },
        "external-prometheus:kubeconfigs": { gone: { secure: "v1:abc" } },
        "other-program:key": "value",
    });
    expect(plain).toEqual({ vm: { host: "198.51.100.20" } });
    expect(secret["vmPrivateKey"]).toContain("PRIVATE KEY");
    expect(secret["kubeconfigs"]).toEqual({ gone: "a secret" });
    expect(inClear).toEqual([]);
});

it("puts them in the place of those that were taken away, too", () => {
    const { secret } = stackKeys({ "external-prometheus:clusters": { eu: {} }, "external-prometheus:kubeconfigs": {} });
    expect(Object.keys(secret["kubeconfigs"] as object)).toEqual(["eu"]);
});
