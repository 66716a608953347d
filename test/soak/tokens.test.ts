import { afterAll, beforeAll, expect, it } from "vitest";
import { ask, KUBELET, succeeding } from "../lab/apiServer";
import { BOUND, boundToken, claims, DIRECT } from "../lab/boundTokens";
import { deploy, withConfiguration, withTokens } from "../lab/configuration";
import {
    allUp,
    breakLab,
    controllerManager,
    expectedJobs,
    handle,
    heal,
    scrapesSince,
    up,
    vm,
    waitFor,
} from "../lab/lab";
import { vmState } from "../lab/state";

// Kubernetes gives no token of less than ten minutes, so this takes an hour.

const MINUTE = 60_000;
const LIFETIME = 10 * MINUTE;
/** Of the slowest of the lab's direct jobs (lab/stack.sh), in seconds. */
const INTERVAL = 15;

const deployBound = (...args: string[]) => deploy(withTokens(BOUND), ...args);
const expiry = (token: string) => claims(token).exp * 1000;

function pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

beforeAll(async () => {
    await up();
    await allUp(await expectedJobs());
    await deployBound();
});

afterAll(async () => {
    await heal();
    await up();
});

it("renews a token of ten minutes twice, each time well before its end, and fails no scrape", async () => {
    const begun = Date.now();
    const left: number[] = [];
    for (let current = await boundToken("kubelet"); left.length < 2;) {
        const next = await waitFor(
            "another token",
            () => boundToken("kubelet"),
            (text) => text !== current,
            LIFETIME / 1000,
        );
        left.push(Math.round((expiry(current) - Date.now()) / 1000));
        current = next;
    }
    console.log(`seconds left of a token when it was replaced: ${left.join(", ")}`);
    expect(Math.min(...left)).toBeGreaterThan(200);
    const scrapes = await scrapesSince(begun, DIRECT);
    console.log("scrapes:", scrapes);
    expect(scrapes.failed).toBe(0);
});

it("goes on by itself within two intervals when the API server comes back after three lives of a token", async () => {
    await breakLab("api");
    await pause(3 * LIFETIME);
    expect(expiry(await boundToken("discovery"))).toBeLessThan(Date.now());

    let seen = 0;
    const watched = waitFor(
        "the API server's port to answer",
        () => vm("curl -sk --max-time 2 -o /dev/null -w '%{http_code}' https://10.98.0.10:6443/readyz || true"),
        (status) => status === "200" || status === "401",
        240,
    ).then(() => (seen = Date.now()));
    const healed = heal();
    await watched;
    await allUp(await expectedJobs());
    const seconds = (Date.now() - seen) / 1000;
    console.log(`seconds until each direct scrape was up again: ${seconds}`);
    await healed;
    expect(seconds).toBeLessThanOrEqual(2 * INTERVAL);
});

it("knows tokens no longer at the kubelet, two minutes and what that remembers after their account has ended", async () => {
    const stolen = await boundToken("kubelet");
    const status = async () => (await ask(`${KUBELET}/metrics`, { token: stolen })).status;
    expect(await status()).toBe(200);
    await succeeding("/api/v1/namespaces/external-prometheus/serviceaccounts/external-prometheus-kubelet", {
        method: "DELETE",
    });
    const begun = Date.now();
    await waitFor("the kubelet to know it no longer", status, (code) => code === 401, 260);
    console.log(`seconds until the kubelet knew it no longer: ${(Date.now() - begun) / 1000}`);
    await deployBound("--refresh");
    await allUp(await expectedJobs());
});

it("says that a token Secret was not filled, two minutes later, and leaves the VM as it is", async () => {
    const pid = controllerManager();
    await up();
    const before = await vmState();
    process.kill(pid, "SIGSTOP");
    try {
        const deployed = withConfiguration(withTokens({ generation: 2 }), (file) =>
            handle("pulumi", ["up", "--yes", "--skip-preview", "--non-interactive", "--config-file", file]),
        );
        const { code, stdout, stderr } = await deployed;
        expect(code).not.toBe(0);
        expect(stdout + stderr).toMatch(/lab-access-\w+-token-2/);
        expect(await vmState()).toBe(before);
    } finally {
        process.kill(pid, "SIGCONT");
    }
    await up();
    await allUp(await expectedJobs());
});
