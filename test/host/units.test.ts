import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { PROGRAM_NAMES, PROGRAMS } from "../../host/programs";
import { renderUnit } from "../../host/unit";
import { unitOf } from "../../host/units";

it("gives Prometheus its fixed flags, then the stack's, and its share of the memory", () => {
    const { Service } = unitOf("prometheus", { flags: ["--log.level=debug"], memoryMax: "80%" });
    expect(Service["ExecStart"]).toBe(
        "/usr/local/prometheus/prometheus --config.file=/usr/local/etc/prometheus/prometheus.yml " +
            "--storage.tsdb.path=/usr/local/var/lib/prometheus --web.listen-address=127.0.0.1:9090 --log.level=debug",
    );
    expect(Service).toMatchObject({ MemoryMax: "80%", TimeoutStopSec: "600s" });
});

it("sets no limit of memory where none is given", () => {
    expect(unitOf("node_exporter", { flags: [] }).Service).not.toHaveProperty("MemoryMax");
});

/** The most that `systemd-analyze security` may say, in tenths. */
const EXPOSURE = { prometheus: 15, node_exporter: 21, alertmanager: 15, blackbox_exporter: 15 };

describe.each(PROGRAM_NAMES)("%s", (program) => {
    const unit = unitOf(program, { flags: [] });

    it("listens on the VM itself only, as a user of its own, and comes back whatever ends it", () => {
        expect(unit.Service).toMatchObject({ User: program, Group: program, Restart: "always" });
        expect(String(unit.Service["ExecStart"])).toContain(` --web.listen-address=${PROGRAMS[program].address}`);
        expect(PROGRAMS[program].address).toMatch(/^127\.0\.0\.1:\d+$/);
        expect(unit.Unit).toMatchObject({ StartLimitIntervalSec: "0", After: "network-online.target" });
        expect(unit.Install).toEqual({ WantedBy: "multi-user.target" });
    });

    it("starts whatever files there are: nothing is checked before it", () => {
        expect(
            Object.keys(unit.Service).filter((key) => /^(Exec(StartPre|Condition)|Condition|Assert)/.test(key)),
        ).toEqual([]);
        expect(Object.keys(unit.Unit).filter((key) => /^(Condition|Assert|Requires|BindsTo)/.test(key))).toEqual([]);
    });

    it("is known to systemd in every line, and exposes next to nothing", () => {
        const folder = mkdtempSync(join(tmpdir(), "external-prometheus-"));
        onTestFinished(() => {
            rmSync(folder, { recursive: true });
        });
        const file = join(folder, `${program}.service`);
        // The program is not on this machine; its name does not count.
        writeFileSync(file, renderUnit(unit).replace(`/usr/local/${program}/${program}`, "/bin/true"));
        const verify = spawnSync("systemd-analyze", ["verify", file], { encoding: "utf8" });
        expect(verify.stderr.split("\n").filter((line) => line.includes(`${program}.service`))).toEqual([]);
        const threshold = EXPOSURE[program];
        const security = spawnSync(
            "systemd-analyze",
            ["security", "--offline=true", `--threshold=${threshold}`, file],
            { encoding: "utf8" },
        );
        const [, exposure = ""] = /Overall exposure level for \S+: (\d+\.\d) /.exec(security.stdout) ?? [];
        expect(Number(exposure) * 10).toBeLessThanOrEqual(threshold);
        expect(security.status).toBe(0);
    });
});
