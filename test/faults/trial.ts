import { expect } from "vitest";
import type { Finished } from "../../operate/process";
import { Bench, said } from "./bench";
import { type Armed, type Call, counted, reached, startCounting, stopCounting, wasReached } from "./calls";
import { type Change, changes, FIRST, installation } from "./changes";
import { frontChanges } from "./frontChanges";
import { family, kill } from "./injury";
import { managed, ready, running } from "./managed";
import { otherRelease } from "./releases";
import { QUICK, sample } from "./sample";
import { type Contents, contents } from "./whole";

/** How a change goes that nobody disturbs, and what it leads to. */
export interface Clean {
    readonly calls: readonly Call[];
    readonly seconds: number;
    readonly managed: string;
    readonly before: Contents;
    readonly after: Contents;
    /** Absent after a removal. */
    readonly running?: Record<string, unknown>;
}

/** A change that is deployed again and again from where it begins, each time disturbed in another way. */
export class Trial {
    private constructor(
        private readonly bench: Bench,
        public readonly change: Change,
        public readonly clean: Clean,
    ) {}

    /** Of all changes, or the first so many; runs each once in peace. */
    static async all(bench: Bench, count?: number): Promise<Trial[]> {
        return Trial.each(bench, changes(await otherRelease()).slice(0, count));
    }

    /** Of all that is done with a front, in a quick run of one of them. */
    static async ofFront(bench: Bench): Promise<Trial[]> {
        const all = await frontChanges(bench.stack, installation);
        const chosen = QUICK ? sample("changes of the front", all, 1) : all;
        const needed = all.filter(
            (change) => chosen.includes(change) || chosen.some(({ from }) => from === change.leads),
        );
        return (await Trial.each(bench, [FIRST, ...needed])).filter(({ change }) => chosen.includes(change));
    }

    private static async each(bench: Bench, all: readonly Change[]): Promise<Trial[]> {
        const trials: Trial[] = [];
        for (const change of all) {
            await begin(bench, change);
            trials.push(new Trial(bench, change, await runInPeace(bench, change)));
            if (change.leads !== undefined) {
                await bench.save(change.leads);
            }
        }
        return trials;
    }

    /** Of the first installation and of everything at once; in a quick run of one of the two. */
    static async ofTwo(bench: Bench, purpose: string): Promise<Trial[]> {
        if (!QUICK) {
            return Trial.all(bench, 2);
        }
        const [count] = sample(`changes ${purpose}`, [1, 2], 1);
        return (await Trial.all(bench, count)).slice(-1);
    }

    /** The VM and the stack are where the change begins, and the stack's configuration is what it is to become. */
    begin(): Promise<void> {
        return begin(this.bench, this.change);
    }

    deploy(): Promise<Finished> {
        return deploy(this.bench, this.change);
    }

    /** Deploys from the beginning, and kills the step at that call. */
    async deployKilled(action: Armed["action"], at: number): Promise<void> {
        await this.begin();
        await startCounting(this.bench.vm, { at, action });
        const killed = await this.deploy();
        expect(killed.code).not.toBe(0);
        expect(await wasReached(this.bench.vm)).toBe(true);
    }

    /** Deploys until that call, and lets the step stand still there. Returns what ends the engine. */
    async deployUntil(at: number): Promise<() => void> {
        const { vm, stack } = this.bench;
        await startCounting(vm, { at, action: "halt" });
        const engine = stack.spawn(this.change.command);
        expect(await reached(vm)).toBe(true);
        return () => {
            kill(family(engine));
        };
    }

    /** What the files hold before the change, after it, and in between: a first start has a configuration of its own. */
    async moments(): Promise<Contents[]> {
        const { before, after, calls } = this.clean;
        const own = calls.find(({ step }) => step === "configuration");
        if (this.change.from !== "blank" || own === undefined) {
            return [before, after];
        }
        await this.begin();
        const end = await this.deployUntil(own.at);
        const between = await contents(this.bench.vm);
        end();
        return [before, between, after];
    }

    /** One run more, whatever became of the one before, leads to what the undisturbed one led to. */
    async converges(): Promise<void> {
        const { vm } = this.bench;
        await stopCounting(vm);
        const again = await this.deploy();
        expect(again.code, said(again)).toBe(0);
        expect(await managed(vm)).toBe(this.clean.managed);
        if (this.clean.running !== undefined) {
            expect(await ready(vm)).toBe(true);
            expect(await running(vm)).toEqual(this.clean.running);
        }
    }
}

async function begin(bench: Bench, change: Change): Promise<void> {
    await bench.load(change.from);
    bench.configure(change.configure);
}

function deploy({ stack }: Bench, { command }: Change): Promise<Finished> {
    return command === "up" ? stack.up() : stack.destroy();
}

async function runInPeace(bench: Bench, change: Change): Promise<Clean> {
    const { vm } = bench;
    const before = await contents(vm);
    await startCounting(vm);
    const begun = Date.now();
    const done = await deploy(bench, change);
    expect(done.code, said(done)).toBe(0);
    const seconds = (Date.now() - begun) / 1000;
    return {
        seconds,
        calls: await counted(vm),
        before,
        after: await contents(vm),
        managed: await managed(vm),
        ...(change.command === "up" && { running: await running(vm) }),
    };
}
