import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readFacts } from "../../operate/driftFacts";

const SCRIPT = readFileSync(join(__dirname, "../../operate/drift.sh"), "utf8");
/** No program and no user of this machine has its name. */
const NAME = "no_such_program";

let root: string;

beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "drift-test-"));
    mkdirSync(join(root, "run"));
    mkdirSync(join(root, `usr/local/etc/${NAME}`), { recursive: true });
    mkdirSync(join(root, "etc"));
    writeFileSync(join(root, "etc/machine-id"), "0123\n");
    // Systemd answers for the test's root, not for this machine.
    mkdirSync(join(root, "bin"));
    writeFileSync(
        join(root, "bin/systemctl"),
        '#!/bin/sh\ncase "$*" in *--value*) echo 0 ;; *) echo LoadState=x ;; esac\n',
        {
            mode: 0o755,
        },
    );
});

afterEach(() => {
    rmSync(root, { recursive: true });
});

/** Runs the script as SSH would, on a folder that stands for the VM's root. */
function look() {
    const values = `root=${root}\nprograms='${NAME} 127.0.0.1:1 / 1.0'\nlock_seconds=1\n`;
    const PATH = `${join(root, "bin")}:${process.env["PATH"] ?? ""}`;
    return spawnSync("bash", ["-s"], {
        input: `set -euo pipefail\n${values}${SCRIPT}`,
        encoding: "utf8",
        env: { PATH },
    });
}

it("tells what is there, whatever it is called", () => {
    const odd = "a b\nc\td";
    writeFileSync(join(root, `usr/local/etc/${NAME}/${odd}`), "x", { mode: 0o640 });
    symlinkSync(odd, join(root, `usr/local/etc/${NAME}/link`));
    const ran = look();
    expect(ran).toMatchObject({ status: 0, stderr: "" });
    const facts = readFacts(ran.stdout);
    expect(facts?.machineId).toBe("0123");
    expect(facts?.entries.get(`/usr/local/etc/${NAME}/${odd}`)).toMatchObject({
        kind: "file",
        mode: "0640",
        sum: "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
    });
    expect(facts?.entries.get(`/usr/local/etc/${NAME}/link`)).toMatchObject({ kind: "link", target: odd });
    expect(facts?.programs.get(NAME)).toMatchObject({ unit: { LoadState: "x" }, answers: false, arguments: [] });
    expect(facts?.programs.get(NAME)?.passwd).toBeUndefined();
});

it("does not look while a deployment is at work, and does not wait for it for ever", async () => {
    const lock = join(root, "run/external-prometheus.lock");
    const holder = spawn("flock", ["--no-fork", lock, "sh", "-c", "echo held; exec sleep 60"]);
    await new Promise((resolve) => holder.stdout.once("data", resolve));
    const ran = look();
    holder.kill();
    expect(ran).toMatchObject({
        status: 1,
        stdout: "",
        stderr: `a deployment has been working on this VM for 1 s (/run/external-prometheus.lock); look again when it has finished\n`,
    });
});
