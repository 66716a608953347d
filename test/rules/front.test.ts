import { expect, it } from "vitest";
import { firing } from "./rules";

const ALERTS = ["FrontCertificateExpiresSoon", "FrontDown"];
const DAY = 86_400;

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
    expect(firing("front.yml", ALERTS, series)).toEqual(alerts);
});
