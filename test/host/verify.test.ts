import { unlinkSync } from "node:fs";
import { expect, it } from "vitest";
import { configuration, ETC, serving } from "./serving";

it("passes with a warning where targets are down or missing", async () => {
    const machine = await serving();
    await machine.succeed("configuration", {}, configuration(["up", "down", "without-target"]));
    const ran = await machine.succeed("verify", { first_scrapes: "0" });
    expect(ran.stderr).toContain("warning: without-target has no target");
    expect(ran.stderr).toContain('warning: down http://down/metrics is down: Get "http://x": connection refused');
    expect(ran.stderr).not.toContain("warning: up");
});

it("fails where Prometheus does not run, or lacks a job", async () => {
    const machine = await serving();
    machine.write(`${ETC}/prometheus.yml`, "scrape_configs:\n  - job_name: another\n");
    expect((await machine.run("verify", { first_scrapes: "0" })).stderr).toContain(
        "these jobs have no scrape pool: another",
    );
    unlinkSync(machine.path("running"));
    expect((await machine.run("verify", { first_scrapes: "0" })).stderr).toContain("prometheus.service does not run");
});
