import { afterAll, describe, expect, it } from "vitest";
import { Bench } from "./bench";
import { onDisk, points, startCounting, wasReached, writes } from "./calls";
import { frontAnswers } from "./managed";
import { sample } from "./sample";
import { Trial } from "./trial";
import { contents, expectWhole } from "./whole";

/** Of each fault in a quick run. */
const QUICK_ROWS = 1;
/** What deals with the front; what else the changes do is disturbed by other suites. */
const STEPS = ["front", "frontCredentials"];

let bench: Bench | undefined;

afterAll(async () => {
    await bench?.gone();
});

describe("the front", async () => {
    bench = await Bench.create();
    const { vm, stack } = bench;

    for (const trial of await Trial.ofFront(bench)) {
        const { name, from, command } = trial.change;
        const { before, after } = trial.clean;
        const calls = onDisk(trial.clean.calls).filter(
            ({ step, words }) => STEPS.includes(step) || /httpd|apache2/.test(words),
        );
        const row = ({ at, step, words }: (typeof calls)[number]) => [at, step, words] as const;
        /** Where there is one before and after, there is one. */
        const serves = from === "fronted" && after.has("usr/local/etc/httpd/current/front.conf");

        it.each(sample(`kills during ${name}`, points(calls), QUICK_ROWS))(
            `during ${name}, a kill %s call %i (of %s: %s) is made good by the next run`,
            async (action, at) => {
                await trial.deployKilled(action, at);
                expect(!serves || (await frontAnswers(vm, 5))).toBe(true);
                await trial.converges();
            },
        );

        it.each(sample(`power cuts during ${name}`, calls.map(row), QUICK_ROWS))(
            `during ${name}, a power cut at call %i (of %s: %s) leaves every file old or new`,
            async (at) => {
                await trial.begin();
                const end = await trial.deployUntil(at);
                await vm.cut();
                end();
                await vm.start();
                expectWhole(await contents(vm), [before, after]);
                expect(!serves || (await frontAnswers(vm))).toBe(true);
                await stack.recover();
                await trial.converges();
            },
        );

        it.each(sample(`disks that fill up during ${name}`, calls.filter(writes).map(row), QUICK_ROWS))(
            `during ${name}, a disk that fills up at call %i (of %s: %s) leaves every file old or new`,
            async (at) => {
                await trial.begin();
                await startCounting(vm, { at, action: "fill" });
                await trial.deploy();
                expect(await wasReached(vm)).toBe(true);
                expectWhole(await contents(vm), [before, after]);
                expect(!serves || command === "destroy" || (await frontAnswers(vm, 5))).toBe(true);
                await vm.text("rm -f /var/filling /var/filling.rest; sync");
                await trial.converges();
            },
        );
    }
});
