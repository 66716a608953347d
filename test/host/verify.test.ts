import { unlinkSync } from "node:fs";
import { expect, it } from "vitest";
import { clusterFile, configuration, ETC, rules, serving } from "./serving";

it("passes with a warning, and its cause, where a job brings nothing", async () => {
    const machine = await serving();
    const jobs = ["up", "down", "without-target", "dropped", "empty"];
    const files = [
        ...configuration(jobs, "", ["rule_files:", "  - rules/cannot-be-evaluated.yml"]),
        rules("cannot-be-evaluated"),
    ];
    await machine.succeed("configuration", {}, files);
    const { stderr, stdout } = await machine.succeed("verify", { first_scrapes: "0" });
    expect(stdout).toBe("verified=5\n");
    expect(stderr.trimEnd().split("\n").sort()).toEqual([
        "warning: down http://down/metrics is down: connection refused",
        "warning: dropped has no target: its relabel_configs drop all that were discovered",
        "warning: empty http://empty answers, but brings no sample (do metric_relabel_configs drop all?)",
        "warning: rule a:rule cannot be evaluated: many-to-many",
        "warning: without-target has no target (nothing discovered; does its cluster's API answer?)",
    ]);
});

it("says of many of a kind the first, and how many more there are", async () => {
    const machine = await serving();
    await machine.succeed("configuration", {}, configuration(Array.from({ length: 14 }, (_, i) => `down${i}`)));
    const { stderr } = await machine.succeed("verify", { first_scrapes: "0" });
    expect(stderr.trimEnd().split("\n")).toHaveLength(11);
    expect(stderr).toContain("warning: and 4 more like these");
});

it("does not complain of a job whose targets are on other VMs", async () => {
    const machine = await serving();
    const shared =
        "    relabel_configs:\n      - source_labels:\n          - a\n        modulus: 2\n        action: hashmod\n";
    const { path, mode, content } = clusterFile("c", ["c/without-target", "c/dropped"]);
    const other = clusterFile("d", ["d/dropped"]);
    const main = configuration(["a"], "", ["scrape_config_files:", "  - clusters/*.yml"]);
    const first = { path, mode, content: content.replace(/^.*c\/.*\n/gm, (line) => `${line}${shared}`) };
    await machine.succeed("configuration", {}, [...main, first, other]);
    const { stderr } = await machine.succeed("verify", { first_scrapes: "0" });
    expect(stderr.trimEnd().split("\n").sort()).toEqual([
        "jobs whose targets are all on other VMs: 1",
        "warning: c/without-target has no target (nothing discovered; does its cluster's API answer?)",
        "warning: d/dropped has no target: its relabel_configs drop all that were discovered",
    ]);
});

it("does not wait for targets that have had the time to be found", async () => {
    const machine = await serving();
    await machine.succeed("configuration", {}, configuration(["without-target"]));
    const began = Date.now();
    const { stderr } = await machine.succeed("verify", { first_scrapes: "25", patience: "2" });
    expect(Date.now() - began).toBeLessThan(20_000);
    expect(stderr).toContain("warning: without-target has no target");
});

it("waits for a target that is new, but not for one that is scraped every four minutes", async () => {
    const machine = await serving();
    await machine.succeed("configuration", {}, configuration(["rare"]));
    const began = Date.now();
    const { stderr } = await machine.succeed("verify", { first_scrapes: "40" });
    expect(stderr).toBe("");
    expect(Date.now() - began).toBeLessThan(30_000);
    await machine.succeed("configuration", {}, configuration(["rare", "new"]));
    const waited = await machine.succeed("verify", { first_scrapes: "3" });
    expect(waited.stderr).toContain("warning: new http://new/metrics is unknown");
    expect(waited.stderr).not.toContain("rare");
});

it("fails where Prometheus does not run, or runs something else", async () => {
    const machine = await serving();
    machine.write(`${ETC}/prometheus.yml`, "scrape_configs:\n  - job_name: another\n");
    const { code, stderr } = await machine.run("verify", { first_scrapes: "0" });
    expect(code).toBe(1);
    expect(stderr).toContain("these jobs have no scrape pool: another");
    expect(stderr).toContain("these scrape pools belong to no job: prometheus");
    expect(stderr).toContain("it has not loaded what was last put in place");
    unlinkSync(machine.path("running"));
    expect((await machine.run("verify", { first_scrapes: "0" })).stderr).toContain("prometheus.service does not run");
});
