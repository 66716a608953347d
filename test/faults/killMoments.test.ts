import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, it } from "vitest";
import { Bench } from "./bench";
import { killStepAfter } from "./calls";
import { cable, ended, family, kill } from "./injury";
import { QUICK, random, sample } from "./sample";
import { Trial } from "./trial";

const MOMENTS = 60;
/** Each victim once, and one twice. */
const QUICK_MOMENTS = 5;

let bench: Bench | undefined;

afterAll(async () => {
    await bench?.gone();
});

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
        const turn = Math.floor(i / VICTIMS.length);
        // Shifted by one each turn: each fourth row is not always the same victim.
        const victim = VICTIMS[(i + turn) % VICTIMS.length] ?? "the engine";
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

describe("a kill at a random moment", async () => {
    bench = await Bench.create();
    const { vm, stack } = bench;
    const trials = await Trial.all(bench, QUICK ? 2 : undefined);
    if (QUICK) {
        console.log(`not run: ${MOMENTS - QUICK_MOMENTS} of ${MOMENTS} kills at random moments`);
    }
    const rows = moments(trials, QUICK ? QUICK_MOMENTS : MOMENTS);

    it.each(sample("kills at random moments", rows, rows.length))(
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
