import { afterAll, describe, it } from "vitest";
import { Bench } from "./bench";
import { points } from "./calls";
import { QUICK, sample } from "./sample";
import { Trial } from "./trial";

/** Kills in a quick run. */
const QUICK_KILLS = 5;

let bench: Bench | undefined;

afterAll(async () => {
    await bench?.gone();
});

describe("a kill of the step on the VM", async () => {
    bench = await Bench.create();
    const trials = QUICK ? await Trial.ofTwo(bench, "that are killed by call") : await Trial.all(bench);

    // The others are parts of the second.
    for (const trial of trials.filter((_, place) => place < 2 || place === trials.length - 1)) {
        const { name } = trial.change;
        it.each(sample(`kills during ${name}`, points(trial.clean.calls), QUICK_KILLS))(
            `during ${name}, %s call %i (of %s: %s), is made good by the next run`,
            async (action, at) => {
                await trial.deployKilled(action, at);
                await trial.converges();
            },
        );
    }
});
