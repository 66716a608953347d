import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";

/** Which of the alerts of a file fire after ten minutes, by promtool, where these series hold all the time; it begins at the second 0. */
export function firing(file: string, alerts: readonly string[], series: Readonly<Record<string, number>>): string[] {
    const folder = mkdtempSync(join(tmpdir(), "external-prometheus-rules-"));
    const found = alerts.filter((alertname) => {
        const test = {
            rule_files: [join(__dirname, "../../rules", file)],
            evaluation_interval: "1m",
            tests: [
                {
                    interval: "1m",
                    input_series: Object.entries(series).map(([name, value]) => ({
                        series: name,
                        values: `${value}x20`,
                    })),
                    // None is expected: promtool fails, and names it, where there is one.
                    alert_rule_test: [{ eval_time: "10m", alertname, exp_alerts: [] }],
                },
            ],
        };
        const path = join(folder, "test.yml");
        writeFileSync(path, JSON.stringify(test));
        const { status, stdout, stderr } = spawnSync("promtool", ["test", "rules", path], { encoding: "utf8" });
        expect(status === 0 || (stdout + stderr).includes(`alertname: ${alertname}`), stdout + stderr).toBe(true);
        return status !== 0;
    });
    rmSync(folder, { recursive: true });
    return found;
}
