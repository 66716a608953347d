import { afterAll, beforeAll, expect, it } from "vitest";
import { waitFor } from "../lab/lab";
import { Bench } from "./bench";
import { samples } from "./managed";

let bench: Bench;

beforeAll(async () => {
    bench = await Bench.create();
    await bench.stack.mustUp();
});

afterAll(async () => {
    await bench.gone();
});

const READY = "curl -s --fail -o /dev/null http://127.0.0.1:9090/-/ready";

/** Seconds from the start of the VM's first process until Prometheus is ready. */
async function secondsToReady(): Promise<number> {
    const text = await bench.vm.text(`until ${READY}; do sleep 0.1; done; ps -o etimes= -p 1`);
    return Number(text.trim());
}

it("is back within 15 s of a boot, with every sample from before", async () => {
    const { vm, stack } = bench;
    const before = await waitFor(
        "samples",
        () => samples(vm),
        (times) => times.length >= 5,
    );
    // The connection ends with the VM.
    await vm.run("systemctl --no-block reboot; sleep 30", { seconds: 60 });
    await vm.start();
    expect(await secondsToReady()).toBeLessThanOrEqual(15);
    expect(await samples(vm)).toEqual(expect.arrayContaining(before));
    await stack.mustUp("--expect-no-changes");
});

it("is back within 15 s of a boot after which nobody had shut it down", async () => {
    const { vm } = bench;
    const before = await samples(vm);
    await vm.off();
    await vm.start();
    expect(await secondsToReady()).toBeLessThanOrEqual(15);
    expect(await samples(vm)).toEqual(expect.arrayContaining(before));
});

it("is back within 15 s of each of three kills, with every sample from before", async () => {
    const { vm } = bench;
    for (let kill = 0; kill < 3; kill += 1) {
        const before = await samples(vm);
        const killed = Date.now();
        const old = await vm.text("systemctl show --value -p MainPID prometheus");
        await vm.text("systemctl kill --signal=KILL prometheus");
        await waitFor(
            "another process that is ready",
            () => vm.text(`${READY} && systemctl show --value -p MainPID prometheus || true`),
            (pid) => pid !== "" && pid !== old,
        );
        expect((Date.now() - killed) / 1000).toBeLessThanOrEqual(15);
        expect(await samples(vm)).toEqual(expect.arrayContaining(before));
    }
});
