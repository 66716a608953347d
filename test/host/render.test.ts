import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type HostScript, hostScript } from "../../host/render";
import { Machine } from "./machine";

const HOST = join(__dirname, "../../host");
/** The steps; what they take in is no command. */
const SCRIPTS = readdirSync(HOST)
    .filter((file) => file.endsWith(".sh") && /^\. lib\.sh$/m.test(readFileSync(join(HOST, file), "utf8")))
    .map((file) => file.replace(".sh", "") as HostScript);

describe.each(SCRIPTS)("%s", (name) => {
    const command = hostScript(name, "root", { owner: "o" });

    it("is one command, bounded in time, in a bash of its own", () => {
        expect(command).toMatch(/^timeout -k 10 \d+ bash --noprofile --norc -euo pipefail -c '/);
        expect(hostScript(name, "admin", {})).toMatch(/^sudo -n timeout /);
    });

    it("is whole and valid shell, far below what one argument may be long", () => {
        const text = command.replace(/^timeout -k 10 \d+ /, "").replace("-c", "-nc");
        expect(spawnSync("sh", ["-c", text], { encoding: "utf8" }).stderr).toBe("");
        expect(text).toContain("take_lock()");
        expect(text).not.toContain(". lib.sh");
        expect(command.length).toBeLessThan(40_000);
    });

    it("carries no comments", () => {
        expect(command).not.toMatch(/^\s*#/m);
    });
});

it("keeps of what a script says the last lines, none of them long", async () => {
    const machine = await Machine.blank();
    machine.write("etc/os-release", `ID='${"x".repeat(200_000)}'\n`);
    const ran = await machine.run("gate");
    expect(ran.code).toBe(1);
    expect(Math.max(...ran.stderr.split("\n").map((line) => line.length))).toBeLessThanOrEqual(400);
});

it("waits for another run on the same VM, and does not mix with it", async () => {
    const machine = await Machine.blank();
    const both = await Promise.all([machine.succeed("gate"), machine.succeed("gate")]);
    expect(both[0].stdout).toBe(both[1].stdout);
});
