import { afterAll, describe, expect, it } from "vitest";
import { Bench, said } from "./bench";
import { onDisk, startCounting, wasReached, writes } from "./calls";
import { managed, ready } from "./managed";
import { sample } from "./sample";
import { Trial } from "./trial";
import { contents, expectWhole } from "./whole";

/** Disks that fill up in a quick run. */
const QUICK_FILLED = 1;

let bench: Bench | undefined;

afterAll(async () => {
    await bench?.gone();
});

/** Fills the VM's disk until so many MB are left for anybody but root. */
function leave(bench: Bench, megabytes: number): Promise<string> {
    const free = "$(stat -f -c %a /) * $(stat -f -c %S /)";
    return bench.vm.text(`fallocate -l $((${free} - ${megabytes} * 1048576)) /var/filling && sync`);
}

function empty(bench: Bench): Promise<string> {
    return bench.vm.text("rm -f /var/filling /var/filling.rest; sync");
}

describe("a full disk", async () => {
    bench = await Bench.create();
    const { vm } = bench;
    const trials = await Trial.ofTwo(bench, "on a full disk");

    it.each(trials.map((trial) => [trial.change.name, trial] as const))(
        "refuses %s on 19 MB with clear words, and changes nothing",
        async (_, trial) => {
            await trial.begin();
            await leave(bench as Bench, 19);
            const before = await managed(vm);
            const refused = await trial.deploy();
            expect(refused.code).not.toBe(0);
            expect(said(refused)).toMatch(
                /error: only 1\d MB are free where \/usr\/local lies, \d+ MB are needed; nothing was changed/,
            );
            expect(withoutMark(await managed(vm))).toBe(withoutMark(before));
            await empty(bench as Bench);
            await trial.converges();
        },
    );

    for (const trial of trials) {
        const { name, from } = trial.change;
        const known = await trial.moments();
        const rows = onDisk(trial.clean.calls)
            .filter(writes)
            .map(({ at, step, words }) => [at, step, words] as const);

        it.each(sample(`disks that fill up during ${name}`, rows, QUICK_FILLED))(
            `that fills up during ${name}, at call %i (of %s: %s), leaves every file old or new`,
            async (at, step) => {
                await trial.begin();
                await startCounting(vm, { at, action: "fill" });
                const filled = await trial.deploy();
                expect(await wasReached(vm)).toBe(true);
                if (filled.code !== 0) {
                    expect(said(filled)).toMatch(/No space left|MB are free|not write|failed/);
                }
                expectWhole(await contents(vm), known);
                // One that was just to be started cannot start without room for its own files.
                if (from === "installed" && step !== "service") {
                    expect(await ready(vm)).toBe(true);
                }
                await empty(bench as Bench);
                if (from === "installed") {
                    expect(await ready(vm)).toBe(true);
                }
                await trial.converges();
            },
        );
    }
});

/** The gate may have marked the VM as the stack's before another step was refused. */
function withoutMark(text: string): string {
    return text.replaceAll(/^.*usr\/local\/lib\/external-prometheus.*\n/gm, "");
}
