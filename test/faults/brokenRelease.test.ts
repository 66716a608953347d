import { afterAll, beforeAll, expect, it } from "vitest";
import { type Defect, brokenRelease } from "../vm/brokenRelease";
import { ReleaseServer } from "../vm/releaseServer";
import { HELD_UP } from "../vm/running";
import { Bench, said } from "./bench";
import { managed, ready, running, samples } from "./managed";
import { sample } from "./sample";

let bench: Bench;
let server: ReleaseServer;

beforeAll(async () => {
    server = await ReleaseServer.start();
    bench = await Bench.create();
    await bench.stack.mustUp();
    await bench.save("installed");
});

afterAll(async () => {
    await server.stop();
    await bench.gone();
});

type Row = readonly [name: string, defect: Defect, words: RegExp];

const ROWS: readonly Row[] = [
    ["ends at once", "exits", /did not become healthy/],
    ["dies after five seconds", "dies-after-5s", /did not become healthy/],
    ["never answers", "never-ready", /did not become healthy/],
    ["is made for another architecture", "wrong-architecture", /is built for arm64, but this VM is amd64/],
    ["is another version than it should be", "wrong-version", /does not say that it is prometheus 3\.13\.9/],
];
const QUICK_ROWS = 1;

/** Seconds for which no sample may be there. */
const OUTAGE = 30;

it.each(sample("broken releases", ROWS, QUICK_ROWS))(
    "goes on with the release before when the new one %s",
    async (_, defect, words) => {
        const { vm, stack } = bench;
        await bench.load("installed");
        expect(await ready(vm)).toBe(true);
        const [before, ran] = [await managed(vm), await running(vm)];
        const broken = await brokenRelease(defect);
        const begun = Date.now() / 1000;
        bench.configure((configuration) => {
            Object.assign(configuration["prometheus"] as object, {
                version: broken.version,
                url: server.serve(broken.file, "ok"),
                sha256: broken.sha256,
            });
        });
        const up = await stack.up();
        broken.remove();

        expect(up.code).not.toBe(0);
        expect(said(up)).toMatch(words);
        expect(await ready(vm, 5)).toBe(true);
        expect(await running(vm)).toEqual(ran);
        await new Promise((resolve) => setTimeout(resolve, 5000));
        const times = (await samples(vm)).filter((time) => time >= begun);
        const gaps = times.slice(1).map((time, i) => time - (times[i] ?? time));
        expect(Math.max(...gaps)).toBeLessThanOrEqual(OUTAGE);
        // One sample a second but for that one gap.
        expect(gaps.filter((gap) => gap > HELD_UP).length).toBeLessThanOrEqual(1);

        bench.configure(() => undefined);
        await stack.mustUp();
        // The release that failed stays as the one before; the next upgrade removes it.
        const left = /^.*3\.13\.9.*\n/gm;
        expect((await managed(vm)).replaceAll(left, "")).toBe(before);
    },
);
