import { afterEach, beforeAll, expect, it } from "vitest";
import { sample } from "../faults/sample";
import { allUp, breakLab, expectedJobs, handle, heal, type Job, query, vm, waitFor } from "./lab";

let jobs: readonly Job[];

beforeAll(async () => {
    jobs = await expectedJobs();
    await allUp(jobs);
});

afterEach(async () => {
    await heal();
});

/** Whether this machine reaches the API server. */
async function apiAnswers(): Promise<boolean> {
    return (await handle("kubectl", ["get", "--raw", "/readyz", "--request-timeout=5s"])).code === 0;
}

/** What the VM gets of the cluster: the HTTP status, or 000 without an answer. */
function seenFromVm(address: string): Promise<string> {
    return vm(`curl -sk --max-time 4 -o /dev/null -w '%{http_code}' https://${address}/ || true`);
}

const API = "10.98.0.10:6443";
const GATEWAY = "10.98.0.10:30990";

async function breakApi(): Promise<void> {
    await breakLab("api");
    expect(await apiAnswers()).toBe(false);
    expect(await seenFromVm(API)).toBe("000");
    // The gateway wants a client certificate, and says so.
    expect(await seenFromVm(GATEWAY)).toBe("400");
    await heal();
    expect(await apiAnswers()).toBe(true);
    await allUp(jobs);
}

async function breakNetwork(): Promise<void> {
    await breakLab("network");
    expect(await seenFromVm(API)).toBe("000");
    expect(await seenFromVm(GATEWAY)).toBe("000");
    expect(await apiAnswers()).toBe(true);
    await heal();
    expect(await seenFromVm(GATEWAY)).toBe("400");
}

async function breakVm(): Promise<void> {
    await allUp(jobs);
    // What was scraped in the last half minute may not be on the disk yet.
    const before = Date.now() / 1000 - 120;
    await vm("echo kept >/root/synced && sync /root/synced /root && echo lost >/root/unsynced");
    await breakLab("vm");
    expect((await handle("vm", ["true"])).code).toBe(255);
    await heal();
    expect(await vm("cat /root/synced; rm /root/synced")).toBe("kept\n");
    expect(await vm("cat /root/unsynced 2>/dev/null || true")).toBe("");
    expect(await vm("systemctl is-active prometheus")).toBe("active\n");
    // It answers nothing before it has read its write-ahead log.
    await waitFor(
        "Prometheus to be ready",
        () => vm("curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:9090/-/ready || true"),
        (status) => status === "200",
    );
    await allUp(jobs);
    expect((await query("up", before)).length).toBeGreaterThan(0);
}

const BREAKS: readonly (readonly [string, () => Promise<void>])[] = [
    ["api ends the API server and leaves the gateway; lab/heal starts it again", breakApi],
    ["network parts the VM from the cluster and from nothing else; lab/heal joins them", breakNetwork],
    ["vm takes the VM's power and what was not on its disk; after lab/heal Prometheus runs with its data", breakVm],
];

it.each(sample("ways to break the lab", BREAKS, 1))("lab/break %s", async (_name, breakIt) => {
    await breakIt();
});
