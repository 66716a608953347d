import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Machine } from "./machine";

const NAME = "prometheus-9.9.9.linux-amd64";

/** A tarball of release 9.9.9 after something was done to what it is made of. */
function changed(machine: Machine, change: (folder: string) => void): Record<string, string> {
    machine.release("9.9.9");
    change(machine.path(`releases/${NAME}`));
    return machine.tarball("9.9.9", ["-C", machine.path("releases"), NAME]);
}

/** The first bytes of a program for Linux; 62 is the number of amd64, 183 that of arm64. */
function elf(number: number): Buffer {
    const header = Buffer.alloc(64);
    header.write("\x7fELF\x02\x01\x01", "latin1");
    header.writeUInt16LE(number, 18);
    return header;
}

it.each([
    [
        "a wrong sum",
        (m: Machine) => ({ ...m.release("9.9.9"), sha256_amd64: "0".repeat(64) }),
        /wrong sha256 .* got [0-9a-f]{64} \(external-prometheus:prometheus\.sha256\)/,
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
            return m.tarball("9.9.9", ["-C", m.path("releases"), NAME, `${NAME}/../../etc`]);
        },
        /holds a file outside/,
    ],
    ["an absolute path", (m: Machine) => m.tarball("9.9.9", [m.path("etc/os-release")]), /holds a file outside/],
    [
        "a file beside the release's own folder",
        (m: Machine) => {
            m.release("9.9.9");
            return m.tarball("9.9.9", ["-C", m.path("releases"), NAME, "-C", m.path("etc"), "os-release"]);
        },
        /holds a file outside prometheus-9\.9\.9\.linux-amd64\/: os-release/,
    ],
    [
        "a symbolic link",
        (m: Machine) =>
            changed(m, (to) => {
                symlinkSync("/etc/passwd", join(to, "link"));
            }),
        /something else than plain files .*link/,
    ],
    [
        "a hard link",
        (m: Machine) =>
            changed(m, (to) => {
                linkSync(join(to, "LICENSE"), join(to, "link"));
            }),
        /something else than plain files/,
    ],
    [
        "a setuid program",
        (m: Machine) =>
            changed(m, (to) => {
                chmodSync(join(to, "promtool"), 0o4755);
            }),
        /something else than plain files .*rws/,
    ],
    [
        "a setgid program",
        (m: Machine) =>
            changed(m, (to) => {
                chmodSync(join(to, "promtool"), 0o2755);
            }),
        /something else than plain files .*r-s/,
    ],
    [
        "a sticky folder",
        (m: Machine) =>
            changed(m, (to) => {
                chmodSync(to, 0o1755);
            }),
        /something else than plain files .*r-t/,
    ],
    [
        "a device",
        (m: Machine) =>
            changed(m, (to) => {
                execFileSync("mknod", [join(to, "null"), "c", "1", "3"]);
            }),
        /something else than plain files .*crw/,
    ],
    [
        "a pipe",
        (m: Machine) =>
            changed(m, (to) => {
                execFileSync("mkfifo", [join(to, "pipe")]);
            }),
        /something else than plain files .*prw/,
    ],
    [
        "a release without promtool",
        (m: Machine) =>
            changed(m, (to) => {
                rmSync(join(to, "promtool"));
            }),
        /holds no prometheus-9\.9\.9\.linux-amd64\/promtool/,
    ],
    [
        "a folder for a program",
        (m: Machine) =>
            changed(m, (to) => {
                rmSync(join(to, "promtool"));
                mkdirSync(join(to, "promtool"));
            }),
        /holds no prometheus-9\.9\.9\.linux-amd64\/promtool/,
    ],
    [
        "what is no tarball",
        (m: Machine) => {
            m.write("9.9.9.tar.gz", "<!DOCTYPE html>\nNot Found");
            return { ...m.release("9.9.8"), version: "9.9.9", url_amd64: `file://${m.path("9.9.9.tar.gz")}` };
        },
        // Nor says anything of a file of the VM's own.
        /^error: wrong sha256/,
    ],
    [
        "another program",
        (m: Machine) => m.release("9.9.9", "serve", { prometheus: "#!/bin/sh\necho something\n" }),
        /does not say that it is prometheus 9\.9\.9, but: something/,
    ],
    [
        "a program that says nothing",
        (m: Machine) => m.release("9.9.9", "serve", { prometheus: "#!/bin/sh\nexit 124\n" }),
        /does not say that it is prometheus 9\.9\.9, but: /,
    ],
    [
        "the tarball for another architecture",
        (m: Machine) => {
            m.release("9.9.9");
            return m.tarball("9.9.9", ["-C", m.path("releases"), "--transform=s/amd64/arm64/", NAME]);
        },
        /9\.9\.9\.tar\.gz is for arm64, but this VM is amd64 \(x86_64\); set external-prometheus:prometheus\.url/,
    ],
    [
        "a program for another architecture",
        (m: Machine) =>
            changed(m, (to) => {
                writeFileSync(join(to, "prometheus"), elf(183));
            }),
        /the program in \S+ is built for arm64, but this VM is amd64 \(x86_64\)/,
    ],
    [
        "a broken program for the right one",
        (m: Machine) =>
            changed(m, (to) => {
                writeFileSync(join(to, "prometheus"), elf(62));
            }),
        /does not say that it is prometheus 9\.9\.9/,
    ],
    [
        "a sum that is not known",
        (m: Machine) => ({ ...m.release("9.9.9"), sha256_amd64: "" }),
        /no sha256 is known of prometheus 9\.9\.9 for amd64; set external-prometheus:prometheus\.sha256/,
    ],
    [
        "a folder that somebody else has put there",
        (m: Machine) => {
            const release = m.release("9.9.9");
            cpSync(m.path(`releases/${NAME}`), m.path(`usr/local/${NAME}`), { recursive: true });
            return release;
        },
        /is there, but this program did not install it; move it away/,
    ],
])("refuses %s, and changes nothing", async (_what, pack, message) => {
    const machine = await Machine.prepared();
    const release = pack(machine);
    const before = machine.tree("usr/local");
    const ran = await machine.run("release", release);
    expect(ran.stderr).toMatch(message);
    expect(ran.code).toBe(1);
    expect(machine.tree("usr/local")).toEqual(before);
});
