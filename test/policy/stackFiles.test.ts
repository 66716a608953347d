import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stackFiles, stackKeys, strayKeys } from "./stackFiles";

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

it("finds keys that Pulumi does not read, since they stand beside what it reads", () => {
    const text = "config:\n  external-prometheus:vm: {}\nencryptionsalt: v1\nexternal-prometheus:alertmanagers: {}\n";
    expect(strayKeys(text)).toEqual(["external-prometheus:alertmanagers"]);
});

it("puts them in the place of those that were taken away, too", () => {
    const { secret } = stackKeys({ "external-prometheus:clusters": { eu: {} }, "external-prometheus:kubeconfigs": {} });
    expect(Object.keys(secret["kubeconfigs"] as object)).toEqual(["eu"]);
});

it("finds what stands in clear among the keys of other programs and providers, by their names", () => {
    const { inClear } = stackKeys({
        "kubernetes:kubeconfig": "apiVersion: v1\nclusters: []\n",
        "kubernetes:token": "abc",
        "aws:secretKey": { secure: "v1:abc" },
        "aws:region": "eu-central-1",
        "other-program:database": { password: "abc", user: "u", replicas: [{ clientSecret: "abc" }] },
        "other-program:tokens": { secure: "v1:abc" },
    });
    expect(inClear).toEqual([
        "kubernetes:kubeconfig",
        "kubernetes:token",
        "other-program:database.password",
        "other-program:database.replicas[0].clientSecret",
    ]);
    expect(stackKeys({ "kubernetes:kubeconfig": "~/.kube/config" }).inClear).toEqual([]);
});
