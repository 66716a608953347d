import { mkdirSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Machine, type Ran } from "./machine";
import { CREDENTIALS } from "./serving";

function remove(machine: Machine, path: string): void {
    rmSync(machine.path(path), { recursive: true });
}

it("marks the VM and says which one it is, the same each time", async () => {
    const machine = await Machine.blank();
    const first = await machine.succeed("gate");
    expect(first.stdout).toMatch(/^machine-id=0123456789abcdef0123456789abcdef mark=[0-9a-f]{8}\n$/);
    const before = machine.tree("usr");
    expect((await machine.succeed("gate")).stdout).toBe(first.stdout);
    expect(machine.tree("usr")).toEqual(before);
});

it.each([
    ["Debian 12", 'ID=debian\nVERSION_ID="12"\n'],
    ["Ubuntu 24.04", "ID=ubuntu\nID_LIKE=debian\n"],
    ["Rocky Linux 9", 'ID="rocky"\nID_LIKE="rhel centos fedora"\n'],
    ["AlmaLinux 9", 'ID="almalinux"\nID_LIKE="rhel centos fedora"\n'],
    ["Red Hat Enterprise Linux 9", 'ID="rhel"\nID_LIKE="fedora"\n'],
    ["CentOS Stream 9", 'ID="centos"\nID_LIKE="rhel fedora"\n'],
    ["Oracle Linux 9", 'ID="ol"\nID_LIKE="fedora"\n'],
    ["Fedora 41", "ID=fedora\n"],
])("lets %s through, on both architectures", async (_name, osRelease) => {
    const machine = await Machine.blank();
    machine.write("etc/os-release", osRelease);
    await machine.succeed("gate");
    machine.write("machine", "aarch64\n");
    await machine.succeed("gate");
});

describe("refuses, and writes nothing:", () => {
    /** Runs the gate where next to nothing is installed. */
    function withFewTools(machine: Machine): Promise<Ran> {
        mkdirSync(machine.path("bin"));
        for (const tool of ["bash", "timeout", "cat", "tail", "cut", "sed", "rm", "sh", "env", "basename"]) {
            symlinkSync(join("/usr/bin", tool), machine.path(`bin/${tool}`));
        }
        for (const tool of ["id", "uname"]) {
            symlinkSync(join(__dirname, "bin", tool), machine.path(`bin/${tool}`));
        }
        return machine.run("gate", { PATH: machine.path("bin") });
    }

    const refusals: Record<string, [string, (machine: Machine) => unknown]> = {
        "no privileges": [
            "root is needed: let external-prometheus:vm.user be root",
            (m) => {
                m.write("uid", "1000\n");
            },
        ],
        "no systemd": [
            "systemd does not run this machine",
            (m) => {
                remove(m, "run/systemd/system");
            },
        ],
        "no os-release": [
            "unknown operating system",
            (m) => {
                remove(m, "etc/os-release");
            },
        ],
        "another family": [
            "unsupported operating system ' alpine  '",
            (m) => {
                m.write("etc/os-release", "ID=alpine\n");
            },
        ],
        "another architecture": [
            "unsupported architecture 'riscv64'",
            (m) => {
                m.write("machine", "riscv64\n");
            },
        ],
        "no identity": [
            "/etc/machine-id holds no machine id",
            (m) => {
                m.write("etc/machine-id", "");
            },
        ],
        "an identity that is still to come": [
            "holds no machine id",
            (m) => {
                m.write("etc/machine-id", "uninitialized\n");
            },
        ],
        "a Prometheus of somebody else": [
            "a prometheus that this program did not install is already here",
            (m) => {
                m.write("etc/systemd/system/prometheus.service", "");
            },
        ],
        "another program on its port": [
            "already; stop it first (Cockpit",
            (m) => {
                const port = Number(m.address.split(":")[1]).toString(16).toUpperCase().padStart(4, "0");
                mkdirSync(m.path("proc/net"), { recursive: true });
                m.write("proc/net/tcp", `   0: 0100007F:${port} 0:0 0A 0:0 00:0 00000000     0        0 4711 1\n`);
            },
        ],
        "a link to another disk": [
            "usr/local/var/lib/prometheus is a link to /srv/tsdb; mount the other disk there instead",
            (m) => {
                mkdirSync(m.path("usr/local/var/lib"), { recursive: true });
                symlinkSync("/srv/tsdb", m.path("usr/local/var/lib/prometheus"));
            },
        ],
        "somebody's configuration": [
            "a configuration that this program did not write is already here",
            (m) => {
                mkdirSync(m.path("usr/local/etc/prometheus/rules"), { recursive: true });
                m.write("usr/local/etc/prometheus/rules/mine.yml", "");
            },
        ],
        "a person called like the service": [
            "the user prometheus (uid 1500) is none of a service",
            (m) => {
                m.write("accounts", "prometheus\n");
                m.write("passwd", "prometheus:x:1500:1500::/home/prometheus:/bin/bash\n");
            },
        ],
        "a full disk": [
            "only 19 MB are free",
            (m) => {
                m.write("free", "19");
            },
        ],
    };

    it.each(Object.entries(refusals))("%s", async (_what, [message, make]) => {
        const machine = await Machine.blank();
        make(machine);
        const before = machine.tree("usr");
        const ran = await machine.run("gate");
        expect(ran.code).toBe(1);
        expect(ran.stdout).toBe("");
        expect(ran.stderr).toMatch(/^error: /);
        expect(ran.stderr).toContain(message);
        expect(machine.tree("usr")).toEqual(before);
    });

    it("missing tools, by the names of their packages", async () => {
        const machine = await Machine.blank();
        machine.write("etc/os-release", 'ID="rocky"\nID_LIKE="rhel centos fedora"\n');
        const ran = await withFewTools(machine);
        expect(ran.stderr).toMatch(
            /these tools are missing on the VM: curl tar .*: dnf install curl tar gzip coreutils .* findutils .* diffutils/,
        );
        remove(machine, "bin");
        machine.write("etc/os-release", "ID=debian\n");
        expect((await withFewTools(machine)).stderr).toContain("apt-get install curl tar");
    });
});

describe("is followed by steps that find for themselves", () => {
    it.each<[string, string, (machine: Machine) => void]>([
        [
            "another VM at the same address",
            "this is not the VM that the stack has set up",
            (m) => {
                m.write("etc/machine-id", `${"f".repeat(32)}\n`);
            },
        ],
        [
            "a VM whose mark is gone",
            "this is not the VM that the stack has set up",
            (m) => {
                remove(m, "usr/local/lib/external-prometheus");
            },
        ],
        [
            "a full disk",
            "only 19 MB are free",
            (m) => {
                m.write("free", "19");
            },
        ],
        [
            "a clock that went back",
            "the VM's clock is wrong",
            (m) => {
                const later = Date.now() / 1000 + 120;
                utimesSync(m.path("usr/local/lib/external-prometheus/owner"), later, later);
            },
        ],
    ])("%s", async (_what, message, happen) => {
        const machine = await Machine.blank();
        await machine.succeed("gate");
        await machine.succeed("credentials", {}, CREDENTIALS);
        happen(machine);
        const before = machine.tree("usr");
        const ran = await machine.run("credentials", {}, [
            { path: "a/discovery.token", mode: "0640", content: "another\n" },
        ]);
        expect(ran.code).toBe(1);
        expect(ran.stderr).toContain(`error: ${message}`);
        expect(machine.tree("usr")).toEqual(before);
    });
});
