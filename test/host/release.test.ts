import { chmodSync, symlinkSync, unlinkSync } from "node:fs";
import { expect, it } from "vitest";
import { Machine } from "./machine";

it("downloads once, and again when a program on the VM is another", async () => {
    const machine = await Machine.prepared();
    const release = machine.release("3.13.2");
    const gone = { ...release, url_amd64: "file:///nowhere" };
    await machine.succeed("release", gone);
    const before = machine.tree("usr/local");
    await machine.succeed("release", gone);
    expect(machine.tree("usr/local")).toEqual(before);
    machine.write("usr/local/prometheus-3.13.2.linux-amd64/prometheus", "another");
    expect((await machine.run("release", gone)).stderr).toContain("could not download file:///nowhere");
    await machine.succeed("release", release);
    expect(machine.tree("usr/local")).toEqual(before);
});

it.each([
    [
        "a wrong sum",
        (m: Machine) => ({ ...m.release("9.9.9"), sha256_amd64: "0".repeat(64) }),
        /wrong sha256 .* got [0-9a-f]{64}/,
    ],
    [
        "another version",
        (m: Machine) => ({ ...m.release("9.9.8"), version: "9.9.9" }),
        /holds a file outside prometheus-9\.9\.9/,
    ],
    [
        "a path that leads out",
        (m: Machine) => {
            m.release("9.9.9");
            return m.tarball("9.9.9", ["-C", m.path("releases"), "prometheus-9.9.9.linux-amd64/../../etc"]);
        },
        /holds a file outside/,
    ],
    ["an absolute path", (m: Machine) => m.tarball("9.9.9", [m.path("etc/os-release")]), /holds a file outside/],
    [
        "a link",
        (m: Machine) => {
            m.release("9.9.9");
            symlinkSync("/etc/passwd", m.path("releases/prometheus-9.9.9.linux-amd64/link"));
            return m.release("9.9.9");
        },
        /something else than plain files/,
    ],
    [
        "a setuid program",
        (m: Machine) => {
            m.release("9.9.9", "serve", { helper: "" });
            chmodSync(m.path("releases/prometheus-9.9.9.linux-amd64/helper"), 0o4755);
            return m.tarball("9.9.9", ["-C", m.path("releases"), "prometheus-9.9.9.linux-amd64"]);
        },
        /something else than plain files/,
    ],
    [
        "a program that is no Prometheus",
        (m: Machine) => m.release("9.9.9", "serve", { prometheus: "#!/bin/sh\necho something\n" }),
        /does not say that it is prometheus 9\.9\.9, but: something/,
    ],
    [
        "a tarball without promtool",
        (m: Machine) => {
            m.release("9.9.9");
            unlinkSync(m.path("releases/prometheus-9.9.9.linux-amd64/promtool"));
            return m.tarball("9.9.9", ["-C", m.path("releases"), "prometheus-9.9.9.linux-amd64"]);
        },
        /holds no prometheus-9\.9\.9\.linux-amd64\/promtool/,
    ],
])("refuses %s, and leaves nothing behind", async (_what, pack, message) => {
    const machine = await Machine.prepared();
    const before = machine.tree("usr/local");
    const ran = await machine.run("release", pack(machine));
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(message);
    expect(machine.tree("usr/local")).toEqual(before);
});

it("makes no account and no directory on a blank machine for a release that is refused", async () => {
    const machine = await Machine.blank();
    await machine.succeed("gate");
    const before = machine.tree(".");
    const ran = await machine.run("release", { ...machine.release("9.9.9"), sha256_amd64: "0".repeat(64) });
    expect(ran.stderr).toMatch(/wrong sha256/);
    const made = Object.keys(machine.tree(".")).filter((path) => !(path in before));
    expect(made.filter((path) => !/^releases|\.tar\.gz$/.test(path))).toEqual([]);
});

it("asks for room before it downloads", async () => {
    const machine = await Machine.prepared();
    machine.write("free", "599");
    const ran = await machine.run("release", machine.release("9.9.9"));
    expect(ran.stderr).toContain("only 599 MB are free");
});
