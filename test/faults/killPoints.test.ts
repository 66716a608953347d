import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { Bench } from "./bench";
import { type Armed, type Call, killStepAfter, startCounting, wasReached } from "./calls";
import { cable, ended, family, kill } from "./injury";
import { QUICK, random, sample } from "./sample";
import { Trial } from "./trial";

/** How many random moments, and how many calls of each change, a quick run draws. */
const QUICK_MOMENTS = 4;
const QUICK_CALLS = 4;
const MOMENTS = 60;

let bench: Bench | undefined;
const survived: number[] = [];

afterEach(({ task }) => {
    if (task.result?.state !== "fail") {
        survived.push((Date.now() - (task.result?.startTime ?? 0)) / 1000);
    }
});

afterAll(async () => {
    const seconds = survived.reduce((a, b) => a + b, 0) / survived.length;
    console.log(`survived ${survived.length} kills, each tried in ${seconds.toFixed(1)} s on average`);
    await bench?.gone();
});

/** Each of the calls, and the middle of those that take their time. */
function points(
    calls: readonly Call[],
): (readonly [action: Armed["action"], at: number, step: string, words: string])[] {
    const LONG = /^(curl|tar|useradd|groupadd|userdel|groupdel|systemctl|sync|rm -rf \/usr) /;
    return calls.flatMap(({ at, step, words }) => [
        ["before", at, step, words] as const,
        ...(LONG.test(words) ? [["during", at, step, words] as const] : []),
    ]);
}

/** What is killed or cut in the middle of a deployment. */
const VICTIMS = ["the step on the VM", "the engine", "the engine and its plugins", "the network"] as const;

interface Moment {
    readonly victim: (typeof VICTIMS)[number];
    readonly trial: Trial;
    /** Of the time that the undisturbed run took. */
    readonly part: number;
}

/** Evenly spread over the run for each victim, with the changes in turn. */
function moments(trials: readonly Trial[], count: number): (readonly [name: string, moment: Moment])[] {
    const draw = random("moments");
    return Array.from({ length: count }, (_, i) => {
        const victim = VICTIMS[i % VICTIMS.length] ?? "the engine";
        const turn = Math.floor(i / VICTIMS.length);
        const part = (turn + draw()) / Math.ceil(count / VICTIMS.length);
        const trial = trials[Math.floor(draw() * trials.length)] as Trial;
        const name = `${victim}, ${(part * trial.clean.seconds).toFixed(1)} s into ${trial.change.name}`;
        return [name, { victim, trial, part }];
    });
}

async function killStep({ trial, part }: Moment, vm: Bench["vm"]): Promise<void> {
    // The program's own start, in which no step runs, is not of interest here.
    await killStepAfter(vm, part * Math.max(1, trial.clean.seconds - 6));
    await trial.deploy();
}

/** Returns what it has left behind: the plugins may go on without their engine. */
async function killEngine({ victim, trial, part }: Moment, { stack, vm }: Bench): Promise<() => void> {
    const engine = stack.spawn(trial.change.command);
    await sleep(part * trial.clean.seconds * 1000);
    const all = family(engine);
    if (victim === "the network") {
        await cable(vm, "down");
        // Neither end of the connection learns of it.
        await ended(engine, 5);
    }
    kill(victim === "the engine" ? all.slice(0, 1) : all);
    await ended(engine, 10);
    if (victim === "the network") {
        await cable(vm, "up");
    }
    await stack.recover();
    return () => {
        kill(all);
    };
}

describe("a kill", async () => {
    bench = await Bench.create(7, "faults");
    const { vm, stack } = bench;
    const trials = await Trial.all(bench, QUICK ? 2 : 6);

    for (const trial of [trials[0], trials[1], trials[5]].filter((found) => found !== undefined)) {
        const { name } = trial.change;
        it.each(sample(`kills during ${name}`, points(trial.clean.calls), QUICK_CALLS))(
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

    it.each(sample("kills at random moments", moments(trials, MOMENTS), QUICK_MOMENTS))(
        "of %s, is made good by the next run",
        async (_, moment) => {
            const { trial, victim } = moment;
            await trial.begin();
            if (victim === "the step on the VM") {
                await killStep(moment, vm);
                await trial.converges();
            } else {
                const clear = await killEngine(moment, bench as Bench);
                await trial.converges();
                clear();
            }
            if (trial.change.command === "up") {
                await stack.mustUp("--expect-no-changes");
            }
        },
    );
});
