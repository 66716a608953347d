import { existsSync, unlinkSync } from "node:fs";
import { expect, it } from "vitest";
import { ETC, serving, unit } from "./serving";

it("starts Prometheus once, on a configuration that watches only itself", async () => {
    const machine = await serving();
    expect(machine.read(`${ETC}/prometheus.yml`)).toContain(`targets: ["${machine.address}"]`);
    const again = await machine.succeed("service", { version: "3.13.2" }, unit("first"));
    expect(again.stdout).toBe("version=3.13.2\n");
    expect(machine.systemctl().filter((line) => line.startsWith("restart"))).toHaveLength(1);
    expect(machine.systemctl().filter((line) => line.includes("enable"))).toHaveLength(2);
});

it("restarts when the unit or the release has changed", async () => {
    const machine = await serving();
    await machine.succeed("service", { version: "3.13.2" }, unit("second"));
    await machine.succeed("release", machine.release("3.13.3"));
    expect((await machine.succeed("service", { version: "3.13.3" }, unit("second"))).stdout).toBe("version=3.13.3\n");
    expect(machine.systemctl().filter((line) => line.startsWith("restart"))).toHaveLength(3);
    expect(machine.activeRelease()).toBe(machine.path("usr/local/prometheus-3.13.3.linux-amd64"));
});

it("starts again what was cut off between the new unit and the restart", async () => {
    const machine = await serving();
    unlinkSync(machine.path("usr/local/lib/external-prometheus/healthy/release"));
    await machine.succeed("service", { version: "3.13.2" }, unit("first"));
    expect(machine.systemctl().filter((line) => line.startsWith("restart"))).toHaveLength(2);
});

it("goes back to the release and the unit that worked", async () => {
    const machine = await serving();
    await machine.succeed("release", machine.release("3.13.3", "dies"));
    const ran = await machine.run("service", { version: "3.13.3" }, unit("second"));
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("Prometheus 3.13.3 did not become healthy");
    expect(ran.stderr).toContain("prometheus-3.13.2.linux-amd64, which ran before, runs again");
    expect(machine.activeRelease()).toBe(machine.path("usr/local/prometheus-3.13.2.linux-amd64"));
    expect(machine.read("etc/systemd/system/prometheus.service")).toContain("first");
    expect(existsSync(machine.path("running"))).toBe(true);
});
