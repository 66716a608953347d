import { afterAll, beforeAll, expect, it } from "vitest";
import { managed, ready, running, samples } from "../faults/managed";
import { Bench } from "../faults/bench";
import { random } from "../faults/sample";
import { HELD_UP } from "../vm/running";

const MINUTES = Number(process.env["SOAK_MINUTES"] ?? 60);
/** Seconds without a sample of Prometheus's own, which it takes every second, at a restart. */
const RESTART = 15;

let bench: Bench;
const draw = random("soak");

beforeAll(async () => {
    bench = await Bench.create();
    await bench.stack.mustUp();
    expect(await ready(bench.vm)).toBe(true);
});

afterAll(async () => {
    await bench.gone();
});

function pick<T>(values: readonly [T, ...T[]]): T {
    return values[Math.floor(draw() * values.length)] ?? values[0];
}

/** Settings that a reload takes in. */
function otherJobs(): Record<string, unknown> {
    const names = ["web", "database", "a b: c", 'quote "d"', "ünïcode"].filter(() => draw() < 0.6);
    return Object.fromEntries(
        names.map((name) => [
            `job-${name.replaceAll(/[^a-z]/g, "-")}`,
            { targets: ["10.98.0.1:9100"], interval: pick(["1s", "5s", "1m"]), labels: { place: name } },
        ]),
    );
}

function processId(): Promise<string> {
    return bench.vm.text("systemctl show --value -p MainPID prometheus");
}

/** When Prometheus last loaded a configuration. */
function reloads(): Promise<string> {
    return bench.vm.text(
        "curl -s http://127.0.0.1:9090/metrics | grep ^prometheus_config_last_reload_success_timestamp_seconds",
    );
}

/** The longest time between two samples since then, the last ones before it included. */
async function longestGap(since: number): Promise<number> {
    const times = (await samples(bench.vm)).filter((time) => time >= since - 3);
    return Math.max(...times.slice(1).map((time, i) => time - (times[i] ?? time)));
}

/** Each deploys, and says what must hold afterwards. */
const ACTS = {
    async "three times nothing"() {
        const before = [await managed(bench.vm), await processId()];
        for (let time = 0; time < 3; time += 1) {
            await bench.stack.mustUp("--expect-no-changes");
        }
        expect([await managed(bench.vm), await processId()]).toEqual(before);
    },
    async "other jobs"() {
        const before = await processId();
        const begun = Date.now() / 1000;
        bench.stack.configuration["scrapeJobs"] = otherJobs();
        await bench.stack.mustUp();
        expect(await processId()).toBe(before);
        expect(await running(bench.vm)).toMatchObject({ reloaded: true });
        expect(await longestGap(begun)).toBeLessThan(HELD_UP);
    },
    async "another flag"() {
        const begun = Date.now() / 1000;
        const prometheus = bench.stack.configuration["prometheus"] as Record<string, unknown>;
        prometheus["extraFlags"] = [`--log.level=${pick(["debug", "info", "warn"])}`];
        await bench.stack.mustUp();
        expect(await longestGap(begun)).toBeLessThanOrEqual(RESTART);
    },
    async "other credentials"() {
        const before = [await processId(), await reloads()];
        const begun = Date.now() / 1000;
        const vm = bench.stack.configuration["vm"] as Record<string, unknown>;
        vm["bootTimeout"] = vm["bootTimeout"] === "6m" ? "5m" : "6m";
        await bench.stack.mustUp();
        expect([await processId(), await reloads()]).toEqual(before);
        expect(await longestGap(begun)).toBeLessThan(HELD_UP);
    },
    async "another key for SSH"() {
        const before = await processId();
        const begun = Date.now() / 1000;
        const made = "rm -f /root/new*; ssh-keygen -q -t ed25519 -N '' -C '' -f /root/new </dev/null && cat /root/new";
        const key = await bench.vm.text(made);
        await bench.vm.text("cat /root/new.pub >>/root/.ssh/authorized_keys; rm /root/new*");
        bench.stack.configuration["vmPrivateKey"] = await bench.stack.encrypt(key);
        await bench.stack.mustUp();
        expect(await processId()).toBe(before);
        expect(await longestGap(begun)).toBeLessThan(HELD_UP);
    },
} as const;

it(`goes on for ${MINUTES} minutes without more than a restart's interruption`, async () => {
    const end = Date.now() + MINUTES * 60_000;
    const done: Record<string, number> = {};
    const names = Object.keys(ACTS) as [keyof typeof ACTS, ...(keyof typeof ACTS)[]];
    while (Date.now() < end) {
        // Half of all are changes of the configuration, as they are in life.
        const name = draw() < 0.5 ? "other jobs" : pick(names);
        await ACTS[name]();
        done[name] = (done[name] ?? 0) + 1;
    }
    console.log("done:", done);
    const lines = await bench.vm.text("journalctl -u prometheus -o cat --no-pager | grep -c 'level=ERROR' || true");
    expect(Number(lines)).toBe(0);
});
