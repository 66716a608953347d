import { execFileSync } from "node:child_process";
import {
    existsSync,
    globSync,
    mkdirSync,
    readFileSync,
    readlinkSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { Machine } from "./machine";
import { serving, unit } from "./serving";

const RECORDS = "usr/local/lib/external-prometheus/releases";
const HEALTHY = "usr/local/lib/external-prometheus/healthy";
const LINK = "usr/local/prometheus";

/** The versions whose folders are there; all of them have a record. */
function installed(machine: Machine): string[] {
    const folders = globSync("prometheus-*", { cwd: machine.path("usr/local") }).sort();
    expect(globSync("prometheus-*", { cwd: machine.path(RECORDS) }).sort()).toEqual(folders);
    return folders.map((folder) => folder.slice("prometheus-".length).replace(".linux-amd64", ""));
}

function folder(machine: Machine, version: string): string {
    return machine.path(`usr/local/prometheus-${version}.linux-amd64`);
}

/** A machine whose first release is in use. */
async function linked(): Promise<Machine> {
    const machine = await Machine.prepared();
    symlinkSync(folder(machine, "3.13.2"), machine.path(LINK));
    mkdirSync(machine.path(HEALTHY));
    machine.write(`${HEALTHY}/release`, `${folder(machine, "3.13.2")}\n`);
    return machine;
}

describe("of several releases", () => {
    async function install(machine: Machine, ...versions: string[]): Promise<void> {
        for (const version of versions) {
            await machine.succeed("release", machine.release(version));
        }
    }

    it("keeps the last two, in the order in which they came", async () => {
        const machine = await Machine.prepared();
        await install(machine, "3.9.0", "3.8.1");
        expect(installed(machine)).toEqual(["3.8.1", "3.9.0"]);
        await install(machine, "3.9.0", "3.13.2");
        expect(installed(machine)).toEqual(["3.13.2", "3.8.1"]);
    });

    it("keeps what is linked, what was seen to work and what runs, however old", async () => {
        const machine = await linked();
        await install(machine, "3.0.1", "3.0.2");
        mkdirSync(machine.path("usr/local/lib/external-prometheus/healthy/prometheus"), { recursive: true });
        machine.write("usr/local/lib/external-prometheus/healthy/prometheus/release", `${folder(machine, "3.0.1")}\n`);
        await install(machine, "3.0.1", "3.0.3");
        mkdirSync(machine.path("proc/77"), { recursive: true });
        symlinkSync(`${folder(machine, "3.0.2")}/prometheus`, machine.path("proc/77/exe"));
        await install(machine, "3.0.2", "3.0.4", "3.0.5");
        expect(installed(machine)).toEqual(["3.0.1", "3.0.2", "3.0.4", "3.0.5", "3.13.2"]);

        rmSync(machine.path(HEALTHY), { recursive: true });
        await install(machine, "3.0.5");
        expect(installed(machine)).toEqual(["3.0.2", "3.0.4", "3.0.5", "3.13.2"]);
        rmSync(machine.path("proc/77"), { recursive: true });
        await install(machine, "3.0.5");
        expect(installed(machine)).toEqual(["3.0.4", "3.0.5", "3.13.2"]);
        rmSync(machine.path(LINK));
        const ran = await machine.succeed("release", machine.release("3.0.5"));
        expect(installed(machine)).toEqual(["3.0.4", "3.0.5"]);
        expect(ran.stderr).toContain(`removed ${folder(machine, "3.13.2")}`);
    });

    it("leaves alone what has no record, and other programs", async () => {
        const machine = await Machine.prepared();
        for (const theirs of ["prometheus-1.0.0.linux-amd64", "prometheus-backup"]) {
            mkdirSync(machine.path(`usr/local/${theirs}`));
        }
        const exporters = ["1.0.0", "1.1.0"].map((version) => machine.companion("node_exporter", version));
        for (const exporter of exporters) {
            await machine.succeed("release", exporter);
        }
        await install(machine, "3.0.1", "3.0.2");
        const left = globSync("*-*", { cwd: machine.path("usr/local") }).sort();
        expect(left).toEqual([
            "node_exporter-1.0.0.linux-amd64",
            "node_exporter-1.1.0.linux-amd64",
            "prometheus-1.0.0.linux-amd64",
            "prometheus-3.0.1.linux-amd64",
            "prometheus-3.0.2.linux-amd64",
            "prometheus-backup",
        ]);
    });

    it("forgets one whose folder somebody has removed", async () => {
        const machine = await Machine.prepared();
        await install(machine, "3.0.1");
        rmSync(folder(machine, "3.0.1"), { recursive: true });
        await install(machine, "3.0.2");
        expect(installed(machine)).toEqual(["3.0.2", "3.13.2"]);
    });

    it("cleans up after a run that was cut, whatever that was to bring", async () => {
        const machine = await Machine.prepared();
        for (const leftover of [
            "prometheus-3.0.1.linux-amd64.partial",
            "prometheus-3.0.1.linux-arm64.abcdef01.partial",
        ]) {
            mkdirSync(machine.path(`usr/local/${leftover}`));
        }
        machine.write("usr/local/.prometheus-3.0.1.linux-amd64.tar.gz.partial", "");
        await install(machine, "3.13.2");
        expect(installed(machine)).toEqual(["3.13.2"]);
        expect(existsSync(machine.path("usr/local/.prometheus-3.0.1.linux-amd64.tar.gz.partial"))).toBe(false);
    });
});

describe("another build of the version that runs", () => {
    /** Installs it; the process that runs then has, as the kernel says it, a program whose name is gone. */
    async function rebuild(machine: Machine, build: string): Promise<void> {
        await machine.succeed("release", machine.release("3.13.2", build));
        const exe = machine.path(`proc/${machine.read("running").trim()}/exe`);
        const program = readlinkSync(exe);
        rmSync(machine.path("proc"), { recursive: true });
        mkdirSync(dirname(exe), { recursive: true });
        symlinkSync(`${program} (deleted)`, exe);
    }

    it("leaves the old one as the way back", async () => {
        const machine = await serving();
        const old = readFileSync(machine.path(`${LINK}/prometheus`), "utf8");
        await rebuild(machine, "dies");
        expect(readFileSync(machine.path(`${LINK}/prometheus`), "utf8")).toBe(old);
        const ran = await machine.run("service", { version: "3.13.2" }, unit("first"));
        expect(ran.stderr).toMatch(/prometheus-3\.13\.2\.linux-amd64\.[0-9a-f]{8}, which ran before, runs again/);
        expect(readFileSync(machine.path(`${LINK}/prometheus`), "utf8")).toBe(old);
    });

    it("takes over when it works, and then the next but one takes its place", async () => {
        const machine = await serving();
        for (const build of ["second", "third", "fourth"]) {
            await rebuild(machine, build);
            await machine.succeed("service", { version: "3.13.2" }, unit("first"));
            expect(readFileSync(machine.path(`${LINK}/prometheus`), "utf8")).toContain(`# ${build}`);
        }
        await machine.succeed("release", machine.release("3.13.2", "fourth"));
        expect(installed(machine)).toHaveLength(2);
    });
});

describe("a run that is cut before any of its renames", () => {
    /** Kills the shell before its n-th rename; says how many there were when it lived. */
    async function cutAt(machine: Machine, rename: number, release: Record<string, string>): Promise<number> {
        const counted = machine.path("counted");
        const count = `n=$((n + 1)); echo $n >${counted}; [ $n != ${rename} ] || kill -9 $$`;
        writeFileSync(
            machine.path("bash_env"),
            `set -T; n=0; trap 'case $BASH_COMMAND in "mv "*) ${count} ;; esac' DEBUG\n`,
        );
        machine.environment = { BASH_ENV: machine.path("bash_env") };
        await machine.run("release", release);
        machine.environment = {};
        return Number(readFileSync(counted, "utf8"));
    }

    const before: Record<string, (machine: Machine) => Record<string, string>> = {
        "another build of the version that runs": (machine) => machine.release("3.13.2", "second"),
        "a program that was damaged": (machine) => {
            writeFileSync(`${folder(machine, "3.13.2")}/prometheus`, "damaged");
            return machine.release("3.13.2");
        },
        "a new release": (machine) => machine.release("3.15.0"),
    };

    it.each(Object.keys(before))("never leaves a link that dangles, and is repaired by the next: %s", async (what) => {
        const machine = await linked();
        const release = before[what]?.(machine) ?? {};
        const [now, saved] = [machine.path("usr"), machine.path("saved")];
        execFileSync("cp", ["-a", now, saved]);
        const renames = await cutAt(machine, 0, release);
        expect(renames).toBeGreaterThan(1);
        const expected = machine.tree("usr");
        for (let rename = 1; rename <= renames; rename++) {
            rmSync(now, { recursive: true });
            execFileSync("cp", ["-a", saved, now]);
            await cutAt(machine, rename, release);
            expect(existsSync(`${readlinkSync(machine.path(LINK))}/prometheus`), `cut at ${rename}`).toBe(true);
            await machine.succeed("release", release);
            expect(machine.tree("usr"), `cut at ${rename}`).toEqual(expected);
        }
    });
});
