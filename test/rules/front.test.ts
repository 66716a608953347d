import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";

const DAY = 86_400;

/** The alerts that fire after ten minutes, by promtool, where these series hold all the time; it begins at the second 0. */
function firing(series: Readonly<Record<string, number>>): string[] {
    const folder = mkdtempSync(join(tmpdir(), "external-prometheus-rules-"));
    const alerts = ["FrontCertificateExpiresSoon", "FrontDown"].filter((alertname) => {
        const test = {
            rule_files: [join(__dirname, "../../rules/front.yml")],
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
        const file = join(folder, "test.yml");
        writeFileSync(file, JSON.stringify(test));
        const { status, stdout, stderr } = spawnSync("promtool", ["test", "rules", file], { encoding: "utf8" });
        expect(status === 0 || (stdout + stderr).includes(`alertname: ${alertname}`), stdout + stderr).toBe(true);
        return status !== 0;
    });
    rmSync(folder, { recursive: true });
    return alerts;
}

const expiry = (renewal: string) =>
    `probe_ssl_earliest_cert_expiry{job="front",renewal="${renewal}",instance="https://x/"}`;
const SUCCESS = 'probe_success{job="front",instance="https://x/"}';
const UP = 'up{job="front",instance="https://x/"}';

it.each([
    ["a year left", { [expiry("up")]: 365 * DAY, [SUCCESS]: 1, [UP]: 1 }, []],
    ["22 days left", { [expiry("up")]: 22 * DAY, [SUCCESS]: 1, [UP]: 1 }, []],
    ["20 days left", { [expiry("up")]: 20 * DAY, [SUCCESS]: 1, [UP]: 1 }, ["FrontCertificateExpiresSoon"]],
    ["20 days left, and renewed on the VM", { [expiry("vm")]: 20 * DAY, [SUCCESS]: 1, [UP]: 1 }, []],
    [
        "4 days left, and renewed on the VM",
        { [expiry("vm")]: 4 * DAY, [SUCCESS]: 1, [UP]: 1 },
        ["FrontCertificateExpiresSoon"],
    ],
    ["no answer", { [expiry("up")]: 365 * DAY, [SUCCESS]: 0, [UP]: 1 }, ["FrontDown"]],
    ["nobody who asks", { [UP]: 0 }, ["FrontDown"]],
    ["nothing known of another job", { 'probe_success{job="other"}': 0, 'up{job="other"}': 0 }, []],
])("with %s", (_what, series, alerts) => {
    expect(firing(series)).toEqual(alerts);
});
