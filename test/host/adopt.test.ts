import { cpSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ADOPT, DATA, installedByHand, LINK, OLD, STATE, theirs, toBeAdopted, UNIT } from "./installedByHand";
import { Machine } from "./machine";
import { CREDENTIALS, ETC } from "./serving";

const REMOVAL = { programs: "prometheus", purge_data: "true" };

/** The process that runs. */
function running(machine: Machine): string {
    return machine.read("running");
}

describe("a Prometheus of somebody else", () => {
    it("is refused without the option, which the refusal names; nothing changes", async () => {
        const machine = await installedByHand();
        const before = machine.tree("usr");
        for (const path of [UNIT, LINK]) {
            const { code, stderr } = await machine.run("gate");
            expect(code).toBe(1);
            expect(stderr).toContain(
                `is already here (${machine.path(path)}); set external-prometheus:vm.adopt to true`,
            );
            expect(machine.tree("usr")).toEqual(before);
            rmSync(machine.path(UNIT), { force: true });
        }
    });

    it("is not offered to be adopted where a package has brought it, nor is any other program", async () => {
        const machine = await Machine.blank();
        mkdirSync(machine.path("lib/systemd/system"), { recursive: true });
        machine.write("lib/systemd/system/prometheus.service", "");
        const { stderr } = await machine.run("gate");
        expect(stderr).toContain("lib/systemd/system/prometheus.service); remove it first. Nothing was changed");
        rmSync(machine.path("lib"), { recursive: true });
        await machine.succeed("gate", ADOPT);
        machine.write("etc/systemd/system/node_exporter.service", "");
        const ran = await machine.run("release", machine.companion("node_exporter", "1.12.1"));
        expect(ran.stderr).toContain("node_exporter.service); remove it first. Nothing was changed");
    });

    it("is let through with it, and goes on untouched beside what is brought for ours", async () => {
        const machine = await installedByHand();
        const [before, process] = [theirs(machine), running(machine)];
        const gate = await machine.succeed("gate", ADOPT);
        expect(gate.stderr).toContain("the Prometheus 2.42.0 that is here will be adopted");
        await machine.succeed("release", machine.release("3.13.2"));
        await machine.succeed("credentials", {}, CREDENTIALS);
        expect(theirs(machine)).toEqual(before);
        expect(running(machine)).toBe(process);
        expect(machine.systemctl()).toEqual([]);
        expect(machine.read("accounts.log")).not.toMatch(/usermod|gpasswd|useradd|groupadd/);
        expect(machine.read("accounts.log")).not.toContain(DATA);
    });

    it("is known again by the same gate, and not left half adopted when the option is taken away", async () => {
        const machine = await installedByHand();
        const first = await machine.succeed("gate", ADOPT);
        expect((await machine.succeed("gate", ADOPT)).stdout).toBe(first.stdout);
        const refused = await machine.run("gate");
        expect(refused.code).toBe(1);
        expect(refused.stderr).toContain("is not adopted yet: set external-prometheus:vm.adopt to true again, or");
    });

    it("is adopted also where the stack had marked the VM before it came", async () => {
        const machine = await installedByHand();
        const [unit, link] = [machine.path("unit"), machine.path("link")];
        renameSync(machine.path(UNIT), unit);
        renameSync(machine.path(LINK), link);
        rmSync(machine.path(ETC), { recursive: true });
        rmSync(machine.path("accounts"));
        const { stdout } = await machine.succeed("gate");
        renameSync(unit, machine.path(UNIT));
        renameSync(link, machine.path(LINK));
        mkdirSync(machine.path(ETC));
        machine.write(`${ETC}/prometheus.yml`, "");
        expect((await machine.run("release", machine.release("3.13.2"))).stderr).toContain("vm.adopt");
        expect((await machine.succeed("gate", ADOPT)).stdout).toBe(stdout);
        await machine.succeed("release", machine.release("3.13.2"));
    });
});

it("is harmless where there is nothing to adopt", async () => {
    const machine = await Machine.blank();
    await machine.succeed("gate", ADOPT);
    expect(existsSync(machine.path(`${STATE}/adoption`))).toBe(false);
    machine.write("accounts", "prometheus\n");
    machine.write("passwd", "prometheus:x:1500:1500::/home/prometheus:/bin/bash\n");
    rmSync(machine.path(STATE), { recursive: true });
    expect((await machine.run("gate", ADOPT)).stderr).toContain("the user prometheus (uid 1500) is none of a service");
});

/** A socket of this number listens at the port where ours will be. */
function listens(machine: Machine, socket: string): void {
    const port = Number(machine.address.split(":")[1]).toString(16).toUpperCase().padStart(4, "0");
    mkdirSync(machine.path("proc/net"), { recursive: true });
    machine.write("proc/net/tcp", `   0: 0100007F:${port} 0:0 0A 0:0 00:0 00000000     0        0 ${socket} 1\n`);
}

it.each(["localhost", "127.1"])("is not told from itself by the name of its address, such as %s", async (host) => {
    const machine = await installedByHand();
    const port = machine.address.split(":")[1] ?? "";
    const process = running(machine);
    machine.write(`proc/${process}/cmdline`, machine.read(`proc/${process}/cmdline`).replace("0.0.0.0", host));
    mkdirSync(machine.path(`proc/${process}/fd`));
    symlinkSync("socket:[4711]", machine.path(`proc/${process}/fd/7`));
    listens(machine, "4711");
    await machine.succeed("gate", ADOPT);
    expect(machine.read(`${STATE}/adoption/foreign`)).toBe(`${host}:${port}\n2.42.0\n`);
    listens(machine, "4712");
    expect((await machine.run("gate", ADOPT)).stderr).toContain(`listens at ${host}:${port}, and something else at`);
});

describe("what could not be given back, or whose data would not be found again, is refused:", () => {
    const rows: [string, string, Parameters<typeof installedByHand>[0], ((machine: Machine) => void)?][] = [
        [
            "data elsewhere",
            "has its data (--storage.tsdb.path) in '/srv/tsdb'",
            { flags: { "storage.tsdb.path": "/srv/tsdb" } },
        ],
        [
            "data of its folder",
            "has its data (--storage.tsdb.path) in 'data/'",
            { flags: { "storage.tsdb.path": "data/" } },
        ],
        [
            "a configuration elsewhere",
            "takes its configuration (--config.file) from '/etc/prometheus.yml'",
            { flags: { "config.file": "/etc/prometheus.yml" } },
        ],
        [
            "an API behind a path that does not answer",
            "/metrics/prometheus/-/ready and /metrics by plain HTTP",
            { flags: { "web.external-url": "https://host/metrics/prometheus/" } },
        ],
        [
            "one that does not run",
            "does not run, so that nothing could be given back",
            {},
            (m) => {
                rmSync(m.path("running"));
            },
        ],
        [
            "a unit that is a link",
            "is not started by a unit of its own",
            {},
            (m) => {
                renameSync(m.path(UNIT), m.path("unit"));
                symlinkSync(m.path("unit"), m.path(UNIT));
            },
        ],
        [
            "a folder in the place of the link",
            "which is no link to the folder of a release",
            {},
            (m) => {
                rmSync(m.path(LINK));
                cpSync(m.path(OLD), m.path(LINK), { recursive: true });
            },
        ],
        [
            "another user",
            "runs as another user than prometheus and root",
            {},
            (m) => {
                m.write(`proc/${running(m)}/status`, "Uid:\t7\t7\t7\t7\n");
            },
        ],
        [
            "a user who is root",
            "has a user with the rights of root",
            {},
            (m) => {
                m.write("passwd", "prometheus:x:0:0::/:/bin/sh\n");
            },
        ],
        [
            "a user who shares its uid",
            "share the uid or the group of prometheus, and with it what it can read: mallory",
            {},
            (m) => {
                m.write("everybody", "mallory:x:0:7::/:/bin/sh\n");
            },
        ],
        [
            "a folder in the way of ours",
            "has something in the way of ours",
            {},
            (m) => {
                mkdirSync(m.path(`${ETC}/versions`));
            },
        ],
        [
            "a folder of its configuration that is a link",
            "usr/local/etc/prometheus is a link to",
            {},
            (m) => {
                mkdirSync(m.path("etc/prometheus"));
                renameSync(m.path(ETC), m.path("etc/prometheus"));
                symlinkSync("../../../etc/prometheus", m.path(ETC));
            },
        ],
        [
            "data of which a part is elsewhere",
            "has a link among its data",
            {},
            (m) => {
                renameSync(m.path(`${DATA}/wal`), m.path("wal"));
                symlinkSync(m.path("wal"), m.path(`${DATA}/wal`));
            },
        ],
        [
            "credentials in the place of ours",
            "where ours keeps its own",
            {},
            (m) => {
                mkdirSync(m.path(`${ETC}/credentials`));
            },
        ],
    ];

    it.each(rows)("%s", async (_what, message, installation, change = () => undefined) => {
        const machine = await installedByHand(installation);
        change(machine);
        const before = machine.tree("usr");
        const { code, stderr } = await machine.run("gate", ADOPT);
        expect(code).toBe(1);
        expect(stderr).toContain(message);
        expect(machine.tree("usr")).toEqual(before);
        expect(machine.systemctl()).toEqual([]);
    });
});

describe("a release of the same version", () => {
    it("is the one that runs, if it is the same build", async () => {
        const machine = await installedByHand({ version: "3.13.2" });
        await machine.succeed("gate", ADOPT);
        await machine.succeed("release", machine.release("3.13.2"));
        expect(machine.activeRelease()).toBe(machine.path("usr/local/prometheus-3.13.2.linux-amd64"));
        // Even if the stack is given up now.
        await machine.succeed("remove", REMOVAL);
        expect(existsSync(machine.path("usr/local/prometheus/prometheus"))).toBe(true);
    });

    it("is refused if it is another build", async () => {
        const machine = await installedByHand({ version: "3.13.2" });
        await machine.succeed("gate", ADOPT);
        const before = machine.tree(ETC);
        const { code, stderr } = await machine.run("release", machine.release("3.13.2", "another build"));
        expect(code).toBe(1);
        expect(stderr).toContain("holds another build of 3.13.2 than");
        expect(stderr).toContain("set external-prometheus:prometheus.version to another");
        expect(machine.tree(ETC)).toEqual(before);
        expect(machine.read("usr/local/prometheus/prometheus")).not.toContain("another build");
    });
});

it("is left as it was when the stack is destroyed before ours has taken its place", async () => {
    const machine = await toBeAdopted();
    await machine.succeed("credentials", {}, CREDENTIALS);
    const [before, process] = [theirs(machine), running(machine)];
    const { stderr } = await machine.succeed("remove", REMOVAL);
    expect(stderr).toContain("the Prometheus that was to be adopted goes on as it was");
    expect(theirs(machine)).toEqual(before);
    expect(running(machine)).toBe(process);
    expect(existsSync(machine.path(`${ETC}/credentials`))).toBe(false);
    expect(existsSync(machine.path("usr/local/prometheus-3.13.2.linux-amd64"))).toBe(false);
    expect(existsSync(machine.path(STATE))).toBe(false);
    await machine.succeed("gate", ADOPT);
});
