import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { PrometheusConfig } from "../../config/programs";
import { documents } from "../../config/prometheus/document";
import { ScrapeJobConfig } from "../../config/scrapeJobs";
import { renderUnit } from "../../host/unit";
import { unitOf } from "../../host/units";
import { Machine } from "../host/machine";
import { hostile, SEED } from "./hostile";
import { wordsOf } from "./unitFile";

const folder = mkdtempSync(join(tmpdir(), "external-prometheus-"));
afterAll(() => {
    rmSync(folder, { recursive: true });
});

const TARGETS = ["192.0.2.1:9100"];

/** All labels that the schema lets through, those with hostile names and those with hostile values. */
function labels(): Record<string, string> {
    const names = hostile("label").map((name): [string, string] => [name, "value"]);
    const values = [...hostile("value"), ...hostile("/internal/metrics")].map((value, i): [string, string] => [
        `value_${i}`,
        value,
    ]);
    return Object.fromEntries(
        [...names, ...values].filter(([name, value]) => {
            return (
                name !== "__proto__" &&
                ScrapeJobConfig.safeParse({ targets: TARGETS, labels: { [name]: value } }).success
            );
        }),
    );
}

function prometheusYml(): string {
    const job = { name: "hostile", ...ScrapeJobConfig.parse({ targets: TARGETS, labels: labels() }) };
    const others = { alertmanagers: [], remoteWrite: [] };
    const scraping = { sources: [], companions: [], ruleFiles: [], scrapeConfigFiles: [], ...others };
    const all = documents({ ...scraping, scrapeJobs: [job], prometheus: PrometheusConfig.parse({}) });
    return all.find(({ path }) => path === "prometheus.yml")?.content ?? "";
}

it(`reads every label in Prometheus as it was written, SEED=${SEED}`, () => {
    const file = join(folder, "prometheus.yml");
    writeFileSync(file, prometheusYml());
    const args = ["check", "service-discovery", "--timeout=1s", file, "hostile"];
    const { stdout, stderr } = spawnSync("promtool", args, { encoding: "utf8", maxBuffer: 1e9 });
    const [target] = JSON.parse(stdout.slice(stdout.indexOf("["))) as { labels: Record<string, string> }[];
    expect(Object.keys(labels()).length).toBeGreaterThan(500);
    expect(target?.labels, stderr).toMatchObject(labels());
});

it(`gives every flag to the program as it was written, SEED=${SEED}`, () => {
    const { extraFlags } = PrometheusConfig.shape;
    const flags = hostile("--log.level=debug").filter((flag) => extraFlags.safeParse([flag]).success);
    expect(flags.length).toBeGreaterThan(30);
    const unit = renderUnit(unitOf("prometheus", { flags }));
    const [, command = ""] = /^ExecStart=(.*)$/m.exec(unit) ?? [];
    expect(wordsOf(command).slice(-flags.length)).toEqual(flags);
    const file = join(folder, "prometheus.service");
    writeFileSync(file, unit.replace("/usr/local/prometheus/prometheus", "/bin/true"));
    const { stderr } = spawnSync("systemd-analyze", ["verify", file], { encoding: "utf8" });
    expect(stderr.split("\n").filter((line) => line.includes("prometheus.service"))).toEqual([]);
});

it.each([
    ["a variable", "a $HOME"],
    ["a specifier", "a %n"],
    ["another command", "a ; b"],
    ["a quoted word without end", 'a "b'],
    ["an unknown escape", String.raw`a \q`],
    ["a NUL character", "a \0"],
])("would notice %s on a command line for systemd", (_what, line) => {
    expect(() => wordsOf(line)).toThrow("systemd");
});

it("reads a command line as systemd does", () => {
    expect(
        wordsOf(
            String.raw`/bin/a "b c" 'd' e"f g"h i\x20j %% $$ "" $MAINPID`.replace(String.raw`\x20`, String.raw`\s`),
        ),
    ).toEqual(["/bin/a", "b c", "d", "ef gh", "i j", "%", "$", "", "$MAINPID"]);
});

it(`takes every line of a document apart on the VM as it was put together, SEED=${SEED}`, async () => {
    const machine = await Machine.prepared();
    const content = prometheusYml();
    await machine.succeed("credentials", {}, [{ path: "hostile/prometheus.yml", mode: "0640", content }]);
    expect(machine.read("usr/local/etc/prometheus/credentials/hostile/prometheus.yml")).toBe(content);
});
