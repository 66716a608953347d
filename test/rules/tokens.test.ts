import { expect, it } from "vitest";
import { firing } from "./rules";

const ALERTS = ["TokenNotRenewed", "TokenRenewalRefused", "TokenMetricsMissing"];
const LABELS = '{cluster="prod",account="discovery"}';

/** Ten minutes after the beginning, of a token that is good for so many seconds more. */
function series(seconds: number, lifetime: number, status: number): Record<string, number> {
    return {
        [`external_prometheus_token_expiry_timestamp_seconds${LABELS}`]: 600 + seconds,
        [`external_prometheus_token_lifetime_seconds${LABELS}`]: lifetime,
        'external_prometheus_token_renewal_http_status{cluster="prod"}': status,
    };
}

/** The VM's own file, by the second at which it was written. */
function written(second: number): Record<string, number> {
    return { 'node_textfile_mtime_seconds{file="/usr/local/var/lib/external-prometheus/metrics/tokens.prom"}': second };
}

it.each([
    ["a token that is to be renewed soon", series(0.51 * 3600, 3600, 201), []],
    ["one that is being renewed", series(0.49 * 3600, 3600, 201), []],
    ["one that was not renewed for two minutes", series(0.35 * 3600, 3600, 0), ["TokenNotRenewed"]],
    ["one that has expired", series(-600, 3600, 0), ["TokenNotRenewed"]],
    ["one that nobody gives anew", series(0.45 * 3600, 3600, 401), ["TokenRenewalRefused"]],
    ["metrics that were just written", written(590), []],
    ["metrics that are not written any more", written(-3600), ["TokenMetricsMissing"]],
    ["a file that cannot be read", { 'node_textfile_scrape_error{job="node_exporter"}': 1 }, ["TokenMetricsMissing"]],
    ["an API server that breaks down", series(0.45 * 3600, 3600, 500), []],
])("with %s", (_what, given, alerts) => {
    expect(firing("tokens.yml", ALERTS, given)).toEqual(alerts);
});
