import { existsSync, rmSync, symlinkSync } from "node:fs";
import { expect, it } from "vitest";
import { serving, unit } from "./serving";

const BEFORE = "usr/local/prometheus-3.13.2.linux-amd64";

it.each([
    ["dies", {}],
    ["dies-later", { settle: "2" }],
    ["hangs", { answer_within: "1" }],
    ["cannot-run", {}],
])("goes back from a release that %s to the release and the unit that worked", async (word, variables) => {
    const machine = await serving();
    await machine.succeed("release", machine.release("3.13.3", word));
    const ran = await machine.run("service", { version: "3.13.3", ...variables }, unit("second"));
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("prometheus 3.13.3 did not become healthy");
    expect(ran.stderr).toContain("level=ERROR journal of the test");
    expect(ran.stderr).toContain("prometheus-3.13.2.linux-amd64, which ran before, runs again");
    expect(machine.activeRelease()).toBe(machine.path(BEFORE));
    expect(machine.read("etc/systemd/system/prometheus.service")).toContain("first");
    expect(existsSync(machine.path("running"))).toBe(true);
});

it("goes back from a release that a cut run has left half started", async () => {
    const machine = await serving();
    await machine.succeed("release", machine.release("3.13.3", "hangs"));
    rmSync(machine.path("usr/local/prometheus"));
    symlinkSync("prometheus-3.13.3.linux-amd64", machine.path("usr/local/prometheus"));
    await fetch(`http://${machine.address}/test/start?unit=prometheus.service`);
    const ran = await machine.run("service", { version: "3.13.3", answer_within: "1" }, unit("first"));
    expect(ran.stderr).toContain("prometheus-3.13.2.linux-amd64, which ran before, runs again");
    expect(machine.systemctl().filter((line) => line.startsWith("restart"))).toHaveLength(2);
});

it("leaves a release as it is where there was none before", async () => {
    const machine = await serving();
    rmSync(machine.path("usr/local/lib/external-prometheus/healthy"), { recursive: true });
    rmSync(machine.path("running"));
    await machine.succeed("release", machine.release("3.13.3", "dies"));
    const ran = await machine.run("service", { version: "3.13.3" }, unit("second"));
    expect(ran.stderr).toContain("there is no earlier release or unit to go back to");
    expect(machine.activeRelease()).toBe(machine.path("usr/local/prometheus-3.13.3.linux-amd64"));
});

it("waits for a release that reads a long write-ahead log", async () => {
    const machine = await serving();
    await machine.succeed("release", machine.release("3.13.3", "replays"));
    await machine.succeed("service", { version: "3.13.3" }, unit("first"));
    expect(machine.activeRelease()).toBe(machine.path("usr/local/prometheus-3.13.3.linux-amd64"));
});

it("does not go back from one that goes on reading, and restarts nothing when it is run again", async () => {
    const machine = await serving();
    await machine.succeed("release", machine.release("3.13.3", "replays-for-ever"));
    for (const restarts of [2, 2]) {
        const ran = await machine.run("service", { version: "3.13.3", ready_within: "1" }, unit("first"));
        expect(ran.stderr).toContain("still reads its write-ahead log");
        expect(machine.systemctl().filter((line) => line.startsWith("restart"))).toHaveLength(restarts);
    }
});
