import { existsSync, mkdirSync, rmSync, utimesSync } from "node:fs";
import { expect, it } from "vitest";
import type { Machine } from "./machine";
import { ETC, serving, unit } from "./serving";

const HEALTHY = "usr/local/lib/external-prometheus/healthy/prometheus";
const UNIT = "etc/systemd/system/prometheus.service";

function restarts(machine: Machine): number {
    return machine.systemctl().filter((line) => line.startsWith("restart")).length;
}

/** The process that runs. */
function running(machine: Machine): string {
    return machine.read("running");
}

/** Ends the process and starts it again, as systemd does after a crash. */
async function crash(machine: Machine): Promise<void> {
    await fetch(`http://${machine.address}/test/start?unit=prometheus.service`);
}

it("starts Prometheus once, on a configuration that watches only itself", async () => {
    const machine = await serving();
    expect(machine.read(`${ETC}/prometheus.yml`)).toContain(`      - targets:\n          - ${machine.address}\n`);
    const again = await machine.succeed("service", { version: "3.13.2" }, unit("first"));
    expect(again.stdout).toBe("version=3.13.2\n");
    expect(again.stderr).toBe("");
    expect(restarts(machine)).toBe(1);
    expect(machine.systemctl().filter((line) => line.includes("enable"))).toHaveLength(2);
});

it("restarts it when the unit or the release has changed", async () => {
    const machine = await serving();
    await machine.succeed("service", { version: "3.13.2" }, unit("second"));
    await machine.succeed("release", machine.release("3.13.3"));
    expect((await machine.succeed("service", { version: "3.13.3" }, unit("second"))).stdout).toBe("version=3.13.3\n");
    expect(restarts(machine)).toBe(3);
    expect(machine.activeRelease()).toBe(machine.path("usr/local/prometheus-3.13.3.linux-amd64"));
});

it("leaves it alone where it came back by itself from a crash", async () => {
    const machine = await serving();
    await crash(machine);
    await machine.succeed("service", { version: "3.13.2" }, unit("first"));
    expect(restarts(machine)).toBe(1);
    expect(machine.read(`${HEALTHY}/start`)).toBe(`start-${running(machine)}\n`);
});

it("adopts it where the record of it was lost", async () => {
    const machine = await serving();
    rmSync(machine.path(HEALTHY), { recursive: true });
    await machine.succeed("service", { version: "3.13.2" }, unit("first"));
    expect(restarts(machine)).toBe(1);
    expect(machine.read(`${HEALTHY}/release`)).toBe(`${machine.path("usr/local/prometheus-3.13.2.linux-amd64")}\n`);
});

it("goes back to it even where the record of it was lost", async () => {
    const machine = await serving();
    rmSync(machine.path(HEALTHY), { recursive: true });
    await machine.succeed("release", machine.release("3.13.3", "dies"));
    const ran = await machine.run("service", { version: "3.13.3" }, unit("second"));
    expect(ran.stderr).toContain("prometheus-3.13.2.linux-amd64, which ran before, runs again");
    expect(machine.read(UNIT)).toContain("first");
});

it("does not restart it when its unit was edited and never used", async () => {
    const machine = await serving();
    machine.write(UNIT, "[Service]\nExecStart=edited\n");
    mkdirSync(machine.path(`${UNIT}.d`));
    await machine.succeed("service", { version: "3.13.2" }, unit("first"));
    expect(restarts(machine)).toBe(1);
    expect(machine.read(UNIT)).toContain("first");
    expect(existsSync(machine.path(`${UNIT}.d`))).toBe(false);
});

it.each<[string, (machine: Machine) => void]>([
    [
        "an edited unit",
        (machine) => {
            machine.write(UNIT, "[Service]\nExecStart=edited\n");
        },
    ],
    [
        "a unit that something overrides",
        (machine) => {
            mkdirSync(machine.path(`${UNIT}.d`));
        },
    ],
    [
        "a unit that something overrides until the next boot",
        (machine) => mkdirSync(machine.path("run/systemd/system.control/prometheus.service.d"), { recursive: true }),
    ],
    [
        "a unit that systemd has not read yet",
        (machine) => {
            machine.write("need-reload", "yes\n");
        },
    ],
])("restarts it when it may have been started from %s", async (_what, drift) => {
    const machine = await serving();
    drift(machine);
    await crash(machine);
    await machine.succeed("service", { version: "3.13.2" }, unit("first"));
    expect(restarts(machine)).toBe(2);
});

it("restarts it when its unit was written after its start", async () => {
    const machine = await serving();
    await crash(machine);
    const later = Date.now() / 1000 + 5;
    utimesSync(machine.path(UNIT), later, later);
    await machine.succeed("service", { version: "3.13.2" }, unit("first"));
    expect(restarts(machine)).toBe(2);
});
