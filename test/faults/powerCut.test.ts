import { afterAll, describe, expect, it } from "vitest";
import { Bench } from "./bench";
import { onDisk } from "./calls";
import { ready, samples } from "./managed";
import { sample } from "./sample";
import { Trial } from "./trial";
import { contents, expectWhole } from "./whole";

/** Power cuts in a quick run. */
const QUICK_CUTS = 1;

let bench: Bench | undefined;
/** How many seconds of samples each power cut took, where Prometheus ran. */
const lost: number[] = [];

afterAll(async () => {
    if (lost.length > 0) {
        const most = Math.max(...lost).toFixed(1);
        console.log(`of ${lost.length} power cuts under a running Prometheus, the worst took ${most} s of samples`);
    }
    await bench?.gone();
});

describe("a power cut", async () => {
    bench = await Bench.create();
    const { vm, stack } = bench;

    for (const trial of await Trial.ofTwo(bench, "that a power cut ends")) {
        const { name, from } = trial.change;
        const known = await trial.moments();
        const rows = onDisk(trial.clean.calls).map(({ at, step, words }) => [at, step, words] as const);

        it.each(sample(`power cuts during ${name}`, rows, QUICK_CUTS))(
            `during ${name}, at call %i (of %s: %s), leaves every file old or new`,
            async (at) => {
                await trial.begin();
                const begun = Date.now() / 1000;
                const end = await trial.deployUntil(at);
                // It does not run in the middle of a restart.
                const held = from === "blank" || !(await ready(vm, 1)) ? [] : await samples(vm);
                await vm.cut();
                end();
                await vm.start();

                expectWhole(await contents(vm), known);
                if (held.length > 0) {
                    expect(await ready(vm)).toBe(true);
                    const kept = await samples(vm);
                    // What the disk held when the change began.
                    const old = held.filter((time) => time < begun - 1);
                    expect(old.length).toBeGreaterThan(0);
                    expect(kept).toEqual(expect.arrayContaining(old));
                    const last = held.at(-1) ?? 0;
                    lost.push(last - (kept.filter((time) => time <= last).at(-1) ?? 0));
                }
                await stack.recover();
                await trial.converges();
            },
        );
    }
});
