import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { prometheusUnit, renderUnit } from "../../host/unit";

it("writes a list as one line per entry", () => {
    const text = renderUnit({ Unit: { Description: "x" }, Service: { Environment: ["A=1", "B=2"] }, Install: {} });
    expect(text).toBe("[Unit]\nDescription=x\n\n[Service]\nEnvironment=A=1\nEnvironment=B=2\n\n[Install]\n");
});

it("listens on the VM itself only, opens no way to change it, and needs no file but its configuration to start", () => {
    const { Service } = prometheusUnit();
    expect(Service["ExecStart"]).toBe(
        "/usr/local/prometheus/prometheus --config.file=/usr/local/etc/prometheus/prometheus.yml " +
            "--storage.tsdb.path=/usr/local/var/lib/prometheus --web.listen-address=127.0.0.1:9090",
    );
    expect(Object.keys(Service)).not.toContain("ExecStartPre");
    expect(Service).toMatchObject({ Restart: "always", TimeoutStopSec: "600s", User: "prometheus" });
});

it("is known to systemd in every line, and exposes next to nothing", () => {
    const folder = mkdtempSync(join(tmpdir(), "external-prometheus-"));
    onTestFinished(() => {
        rmSync(folder, { recursive: true });
    });
    const file = join(folder, "prometheus.service");
    // The program is not on this machine; its name does not count.
    writeFileSync(file, renderUnit(prometheusUnit()).replace("/usr/local/prometheus/prometheus", "/bin/true"));
    const verify = spawnSync("systemd-analyze", ["verify", file], { encoding: "utf8" });
    expect(verify.stderr.split("\n").filter((line) => line.includes("prometheus.service"))).toEqual([]);
    const security = spawnSync("systemd-analyze", ["security", "--offline=true", "--threshold=15", file], {
        encoding: "utf8",
    });
    expect(security.stdout).toMatch(/Overall exposure level for prometheus\.service: (0\.\d|1\.[0-5]) OK/);
    expect(security.status).toBe(0);
});
