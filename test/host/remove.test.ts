import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
import { expect, it } from "vitest";
import { PROGRAM_NAMES, type ProgramName } from "../../host/programs";
import { Machine } from "./machine";
import { configuration, serving } from "./serving";

/** How many times the run is cut, evenly spread over its commands. */
const CUTS = 6;
const LOCAL = "usr/local";
const SYSTEMD = "etc/systemd/system";

function options(purge: boolean): Record<string, string> {
    return { programs: PROGRAM_NAMES.join(" "), purge_data: String(purge) };
}

/** What the steps leave of a program on the VM, in the places where they leave it. */
function install(machine: Machine, program: ProgramName): void {
    const release = `${program}-1.2.3.linux-amd64`;
    const files = [
        `${LOCAL}/${release}/${program}`,
        `${LOCAL}/etc/${program}/${program}.yml`,
        `${LOCAL}/var/lib/${program}/data`,
        `${LOCAL}/lib/external-prometheus/releases/${release}`,
        `${LOCAL}/lib/external-prometheus/healthy/${program}`,
        `${SYSTEMD}/${program}.service`,
    ];
    for (const file of files) {
        mkdirSync(dirname(machine.path(file)), { recursive: true });
        machine.write(file, "x");
    }
    symlinkSync(machine.path(`${LOCAL}/${release}`), machine.path(`${LOCAL}/${program}`));
}

async function withAll(): Promise<Machine> {
    const machine = await Machine.blank();
    await machine.succeed("gate");
    for (const program of PROGRAM_NAMES) {
        install(machine, program);
    }
    return machine;
}

it("takes away what the steps have installed, and keeps the data", async () => {
    const machine = await serving();
    await machine.succeed("configuration", {}, configuration(["a"]));
    machine.write(`${LOCAL}/var/lib/prometheus/wal/00000000`, "samples");
    await machine.succeed("remove", options(false));
    const left = Object.keys(machine.tree(LOCAL)).filter((path) => /prometheus/.test(path));
    expect(left.sort()).toEqual([
        "var/lib/prometheus",
        "var/lib/prometheus.version",
        "var/lib/prometheus/wal",
        "var/lib/prometheus/wal/00000000",
    ]);
    expect(existsSync(machine.path(`${SYSTEMD}/prometheus.service`))).toBe(false);
    expect(machine.systemctl()).toEqual(
        expect.arrayContaining(["--quiet disable prometheus.service", "stop prometheus.service"]),
    );
});

it("takes away all four programs, and what was half downloaded, and keeps data and accounts", async () => {
    const machine = await withAll();
    machine.write(`${LOCAL}/.alertmanager-9.9.9.linux-amd64.tar.gz.partial`, "x");
    mkdirSync(machine.path(`${LOCAL}/prometheus-9.9.9.linux-amd64.partial`));
    await machine.succeed("remove", options(false));
    expect(Object.keys(machine.tree(LOCAL)).sort()).toEqual(
        [
            "",
            ...["etc", "lib", "var", "var/lib"],
            ...PROGRAM_NAMES.flatMap((program) => [`var/lib/${program}`, `var/lib/${program}/data`]),
        ].sort(),
    );
    expect(Object.keys(machine.tree(SYSTEMD))).toEqual([""]);
    expect(machine.read("accounts.log")).not.toMatch(/del /);
});

it("takes data and accounts too where it is told so", async () => {
    const machine = await withAll();
    machine.write("accounts", PROGRAM_NAMES.map((program) => `${program}\n`).join(""));
    await machine.succeed("remove", options(true));
    expect(Object.keys(machine.tree(LOCAL)).sort()).toEqual(["", "etc", "lib"]);
    for (const program of PROGRAM_NAMES) {
        expect(machine.read("accounts.log")).toContain(`userdel ${program}\ngroupdel ${program}\n`);
    }
});

it("stops a service whose unit somebody has deleted", async () => {
    const machine = await withAll();
    machine.write("running", "1");
    await machine.succeed("remove", options(false));
    expect(machine.systemctl()).toContain("stop prometheus.service");
});

it("leaves what somebody else has installed beside it", async () => {
    const machine = await Machine.blank();
    await machine.succeed("gate");
    install(machine, "prometheus");
    const foreign = [
        `${LOCAL}/node_exporter`,
        `${LOCAL}/node_exporter-1.0.0.linux-amd64/node_exporter`,
        `${LOCAL}/prometheus-2.0.0.linux-amd64/prometheus`,
        `${LOCAL}/etc/alertmanager/alertmanager.yml`,
        `${LOCAL}/var/lib/alertmanager/data`,
        `${SYSTEMD}/node_exporter.service`,
    ];
    for (const path of foreign) {
        mkdirSync(dirname(machine.path(path)), { recursive: true });
        machine.write(path, "x");
    }
    await machine.succeed("remove", options(true));
    expect(foreign.filter((path) => !existsSync(machine.path(path)))).toEqual([]);
});

it.each<[string, (machine: Machine) => Record<string, string>]>([
    ["whose sum is wrong", (machine) => ({ ...machine.release("9.9.9"), sha256_amd64: "0".repeat(64) })],
    ["that is not what it says", (machine) => machine.release("9.9.9", "serve", { prometheus: "#!/bin/sh\n" })],
])("leaves a blank machine as it was, where only a release came %s", async (_what, release) => {
    const machine = await Machine.blank();
    const before = [machine.tree(LOCAL), machine.tree("etc"), machine.tree("run")];
    await machine.succeed("gate");
    expect((await machine.run("release", release(machine))).code).toBe(1);
    await machine.succeed("remove", options(false));
    expect(Object.keys(machine.tree(LOCAL)).filter((path) => !["etc", "lib"].includes(path))).toEqual(
        Object.keys(before[0] ?? {}),
    );
    expect(machine.tree("etc")).toEqual(before[1]);
    expect(Object.keys(machine.tree("run"))).toEqual([...Object.keys(before[2] ?? {}), "external-prometheus.lock"]);
});

it("writes to disk what it has removed before it removes the mark", async () => {
    const machine = await withAll();
    await machine.succeed("remove", options(false));
    expect(machine.read("sync.log").trimEnd().split("\n").at(-1)).toBe(`-f ${machine.path(LOCAL)}`);
});

it("can be repeated after a cut at any command", async () => {
    const machine = await withAll();
    /** Kills the shell before its n-th command; says how many there were when it lived. */
    async function cutAt(command: number): Promise<number> {
        const counted = machine.path("counted");
        const count = `n=$((n + 1)); [ "$BASHPID" != $$ ] || { echo $n >${counted}; [ $n != ${command} ] || kill -9 $$; }`;
        machine.write("bash_env", `set -T; n=0; trap '${count}' DEBUG\n`);
        machine.environment = { BASH_ENV: machine.path("bash_env") };
        await machine.run("remove", options(false));
        machine.environment = {};
        return Number(machine.read("counted"));
    }
    const saved = machine.path("saved");
    mkdirSync(saved);
    execFileSync("cp", ["-a", machine.path("usr"), machine.path("etc"), saved]);
    const commands = await cutAt(0);
    const expected = [machine.tree("usr"), machine.tree("etc")];
    expect(expected[0]).not.toHaveProperty("local/prometheus");
    for (let cut = 1; cut <= CUTS; cut++) {
        execFileSync("cp", ["-a", "--remove-destination", `${saved}/.`, machine.root]);
        await cutAt(Math.round((cut / (CUTS + 1)) * commands));
        await machine.succeed("remove", options(false));
        expect([machine.tree("usr"), machine.tree("etc")], `cut ${cut}`).toEqual(expected);
    }
});

it.each([{ owner: "organization/external-prometheus/other" }, { component: "renamed" }])(
    "removes nothing that is marked otherwise: %j",
    async (other) => {
        const machine = await withAll();
        const before = machine.tree(LOCAL);
        const ran = await machine.succeed("remove", { ...options(true), ...other });
        expect(ran.stderr).toContain("nothing removed");
        expect(machine.tree(LOCAL)).toEqual(before);
    },
);

it("takes away a program that the stack no longer has, once the configuration without it runs", async () => {
    const machine = await serving();
    install(machine, "alertmanager");
    install(machine, "node_exporter");
    const programs = "prometheus node_exporter";
    const ran = await machine.succeed("configuration", { programs }, configuration(["a"]));
    expect(ran.stderr).toContain("removed alertmanager, which is no longer configured");
    const left = Object.keys(machine.tree(LOCAL));
    expect(left.filter((path) => path.includes("alertmanager"))).toEqual([
        "var/lib/alertmanager",
        "var/lib/alertmanager/data",
        "lib/external-prometheus/left/alertmanager",
    ]);
    expect(left).toContain("node_exporter-1.2.3.linux-amd64/node_exporter");
    expect(left).toContain("lib/external-prometheus/healthy/node_exporter");
    expect(existsSync(machine.path(`${SYSTEMD}/alertmanager.service`))).toBe(false);
});

it("takes the data of a program that went before, too, unless somebody else has it by now", async () => {
    const machine = await serving();
    install(machine, "alertmanager");
    await machine.succeed("configuration", { programs: "prometheus" }, configuration(["a"]));
    const saved = machine.path("saved");
    execFileSync("cp", ["-a", machine.path("usr"), saved]);
    machine.write(`${SYSTEMD}/alertmanager.service`, "foreign");
    await machine.succeed("remove", options(true));
    expect(existsSync(machine.path(`${LOCAL}/var/lib/alertmanager/data`))).toBe(true);

    rmSync(machine.path(`${SYSTEMD}/alertmanager.service`));
    execFileSync("cp", ["-a", `${saved}/.`, machine.path("usr")]);
    await machine.succeed("remove", options(true));
    expect(existsSync(machine.path(`${LOCAL}/var/lib/alertmanager`))).toBe(false);
});

it("leaves what somebody has put beside the configuration, or had changed the unit with", async () => {
    const machine = await withAll();
    const foreign = [`${LOCAL}/etc/prometheus/notes.txt`, `${LOCAL}/lib/external-prometheus/set-aside/mine.conf`];
    for (const path of foreign) {
        mkdirSync(dirname(machine.path(path)), { recursive: true });
        machine.write(path, "x");
    }
    await machine.succeed("remove", options(true));
    expect(foreign.filter((path) => !existsSync(machine.path(path)))).toEqual([]);
    expect(Object.keys(machine.tree(`${LOCAL}/etc/prometheus`))).toEqual(["", "notes.txt"]);
    expect(Object.keys(machine.tree(`${LOCAL}/lib/external-prometheus`))).toEqual([
        "",
        "set-aside",
        "set-aside/mine.conf",
    ]);
});
