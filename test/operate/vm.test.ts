import { spawn } from "node:child_process";
import {
    chmodSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runOnVm, type Vm } from "../../operate/vm";

const VM: Vm = { host: "vm.example", port: 2222, user: "root", hostKey: "ssh-ed25519 AAAA", privateKey: "top secret" };
const SCRIPT = { text: 'echo "$greeting"', values: { greeting: "it's me" }, timeoutSeconds: 20 };

let directory: string;
let environment: NodeJS.ProcessEnv;

/** A client that is called in OpenSSH's place; `$report` is a file that a test reads. */
function fakeSsh(body: string): void {
    const path = join(directory, "ssh");
    writeFileSync(path, `#!/bin/bash\nreport=${directory}/report\n${body}\n`);
    chmodSync(path, 0o755);
}

function report(): string {
    return readFileSync(join(directory, "report"), "utf8");
}

/** What is left in the place that holds the private key while it is lent. */
function leftovers(): string[] {
    return readdirSync(join(directory, "private"));
}

beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "vm-test-"));
    mkdirSync(join(directory, "private"));
    environment = { ...process.env };
    process.env["PATH"] = `${directory}:${process.env["PATH"] ?? ""}`;
    process.env["XDG_RUNTIME_DIR"] = join(directory, "private");
});

afterEach(() => {
    process.env = environment;
    rmSync(directory, { recursive: true });
});

describe("runOnVm", () => {
    it("sends values quoted in front of the script, bounded in time on the VM", async () => {
        fakeSsh('shift $(($# - 1)); echo "$1" >$report; exec bash -s');
        expect(await runOnVm(VM, SCRIPT)).toEqual({ code: 0, stdout: "it's me\n", stderr: "" });
        expect(report()).toBe("timeout -k 5 20 bash --noprofile --norc -s\n");
    });

    it.each([
        ["root", ""],
        ["admin", "sudo -n "],
    ])("becomes root where it must, from %s", async (user, sudo) => {
        fakeSsh('shift $(($# - 1)); echo "$1" >$report');
        await runOnVm({ ...VM, user }, { ...SCRIPT, asRoot: true });
        expect(report()).toBe(`${sudo}timeout -k 5 20 bash --noprofile --norc -s\n`);
    });

    it("trusts the pinned host key alone, offers the stack's key alone, and asks nobody", async () => {
        fakeSsh(
            'while (($#)); do [[ $1 == -o ]] && echo "$2"; [[ $2 == IdentityFile=* ]] && key=${2#*=}; shift; done >$report\n' +
                'cat "$key" "${key%key}known_hosts" >>$report; stat -c %a "$key" "${key%/*}" >>$report',
        );
        await runOnVm(VM, SCRIPT);
        const lines = report().split("\n");
        expect(lines).toEqual(
            expect.arrayContaining([
                "BatchMode=yes",
                "StrictHostKeyChecking=yes",
                "GlobalKnownHostsFile=/dev/null",
                "HostKeyAlias=vm",
                "IdentitiesOnly=yes",
                "IdentityAgent=none",
                "ConnectTimeout=10",
            ]),
        );
        expect(lines.slice(-5)).toEqual(["top secret", "vm ssh-ed25519 AAAA", "600", "700", ""]);
    });

    it("hands back how the script ended, and leaves no key behind", async () => {
        fakeSsh("echo out; echo complaint >&2; exit 3");
        expect(await runOnVm(VM, SCRIPT)).toEqual({ code: 3, stdout: "out\n", stderr: "complaint\n" });
        expect(leftovers()).toEqual([]);
    });

    it("says what to check when the VM cannot be reached, and leaves no key behind", async () => {
        fakeSsh("echo 'ssh: connect to host vm.example port 2222: Connection refused' >&2; exit 255");
        await expect(runOnVm(VM, SCRIPT)).rejects.toThrow(
            /^Cannot log in to the VM root@vm\.example, port 2222: ssh: connect .* refused\nCheck .*\n.*vmPrivateKey\.$/,
        );
        expect(leftovers()).toEqual([]);
    });

    describe("over a jump host", () => {
        const proxy = {
            host: "jump.example",
            port: 22,
            user: "jump",
            hostKey: "ssh-ed25519 BBBB",
            privateKey: "another",
        };
        const there = { ...VM, proxy };

        it("pins the jump host's key and offers its own key alone, as to the VM", async () => {
            // What OpenSSH would start as its proxy is started here in its place.
            fakeSsh(
                'if [[ $1 == -W ]]; then printf "%s\\n" "$@" >$report; while (($#)); do [[ $2 == IdentityFile=* ]] && cat "${2#*=}" ' +
                    '"${2%.key}.known_hosts" >>$report 2>&1; shift; done; exit; fi\n' +
                    'while (($#)); do [[ $2 == ProxyCommand=* ]] && sh -c "$(sed "s/%h/$host/; s/%p/22/; s/%%/%/g" <<<"${2#*=}")"; shift; done',
            );
            await runOnVm(there, SCRIPT);
            const lines = report().split("\n");
            expect(lines.slice(0, 2)).toEqual(["-W", "[]:22"]);
            expect(lines).toEqual(
                expect.arrayContaining([
                    "/dev/null",
                    "BatchMode=yes",
                    "StrictHostKeyChecking=yes",
                    "GlobalKnownHostsFile=/dev/null",
                    "HostKeyAlias=proxy",
                    "IdentitiesOnly=yes",
                    "IdentityAgent=none",
                    "jump@jump.example",
                    "another",
                ]),
            );
            expect(leftovers()).toEqual([]);
        });

        it("names both machines and their keys when one of them cannot be reached, and only why", async () => {
            fakeSsh(
                "printf '%s\\r\\n' 'channel 0: open failed: connect failed: Connection refused' 'stdio forwarding failed' " +
                    "'kex_exchange_identification: Connection closed by remote host' >&2; exit 255",
            );
            await expect(runOnVm(there, SCRIPT)).rejects.toThrow(
                /^Cannot log in to the VM root@vm\.example, port 2222, over the jump host jump@jump\.example, port 22: channel 0: .* refused\nCheck .*\n.*proxy.*vmProxyPrivateKey\.$/,
            );
        });
    });

    it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("leaves no key behind after %s", async (signal) => {
        fakeSsh("touch $report; exec sleep 60");
        const program = `require("./operate/vm").runOnVm(${JSON.stringify(VM)}, ${JSON.stringify(SCRIPT)})`;
        const child = spawn(process.execPath, ["--import", "tsx", "-e", program]);
        while (!existsSync(join(directory, "report"))) {
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
        expect(leftovers()).toHaveLength(1);
        const ended = new Promise((resolve) => child.on("close", resolve));
        child.kill(signal);
        expect(await ended).toBeGreaterThan(128);
        expect(leftovers()).toEqual([]);
    });
});
