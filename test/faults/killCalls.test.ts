import { afterAll, describe, expect, it } from "vitest";
import { Bench } from "./bench";
import { type Armed, type Call, onDisk, startCounting, wasReached } from "./calls";
import { QUICK, sample } from "./sample";
import { Trial } from "./trial";

/** Kills in a quick run. */
const QUICK_KILLS = 5;

let bench: Bench | undefined;

afterAll(async () => {
    await bench?.gone();
});

/** Each of the calls, and the middle of those that take their time. */
function points(
    calls: readonly Call[],
): (readonly [action: Armed["action"], at: number, step: string, words: string])[] {
    const LONG = /^(curl|tar|useradd|groupadd|userdel|groupdel|systemctl|chown -R|rm -rf \/usr)/;
    return onDisk(calls).flatMap(({ at, step, words }) => [
        ["before", at, step, words] as const,
        ...(LONG.test(words) ? [["during", at, step, words] as const] : []),
    ]);
}

describe("a kill of the step on the VM", async () => {
    bench = await Bench.create();
    const { vm } = bench;
    const trials = QUICK ? await Trial.ofTwo(bench, "that are killed by call") : await Trial.all(bench);

    // The others are parts of the second.
    for (const trial of trials.filter((_, place) => place < 2 || place === trials.length - 1)) {
        const { name } = trial.change;
        it.each(sample(`kills during ${name}`, points(trial.clean.calls), QUICK_KILLS))(
            `during ${name}, %s call %i (of %s: %s), is made good by the next run`,
            async (action, at) => {
                await trial.begin();
                await startCounting(vm, { at, action });
                const killed = await trial.deploy();
                expect(killed.code).not.toBe(0);
                expect(await wasReached(vm)).toBe(true);
                await trial.converges();
            },
        );
    }
});
