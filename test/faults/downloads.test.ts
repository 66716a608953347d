import { afterAll, beforeAll, expect, it } from "vitest";
import { type Behaviour, ReleaseServer } from "../vm/releaseServer";
import { Bench, said } from "./bench";
import { managed, ready } from "./managed";
import { type LabRelease, labRelease } from "./releases";
import { sample } from "./sample";

let bench: Bench;
let release: LabRelease;
let server: ReleaseServer;
let blank: string;

beforeAll(async () => {
    release = await labRelease();
    server = await ReleaseServer.start();
    bench = await Bench.create();
    blank = await managed(bench.vm);
});

afterAll(async () => {
    await server.stop();
    await bench.gone();
});

/** What a server does, what is said about it, and within how many seconds. */
type Row = readonly [name: string, behaviour: (good: string) => Behaviour, words: RegExp, seconds: number];

const ROWS: readonly Row[] = [
    [
        "cuts the download off",
        () => "truncated",
        /could not download http:\S+: curl: \(18\) .*; nothing was installed/,
        60,
    ],
    ["changes one byte", () => "corrupt", /wrong sha256 of http:\S+: expected [0-9a-f]{64}, got [0-9a-f]{64}/, 60],
    ["shows a page that nothing is there", () => "missing", /could not download http:\S+: curl: \(22\) .* 404/, 40],
    [
        "redirects to another page",
        () => ({ redirect: "/elsewhere" }),
        /could not download http:\S+: curl: \(22\) .* 404/,
        40,
    ],
    ["says nothing", () => "silent", /could not download http:\S+: curl: \(28\)/, 320],
    ["sends five bytes a second", () => "trickle", /could not download http:\S+: curl: \(28\)/, 320],
];
/** The last two are waited for through all tries. */
const QUICK_ROWS = 2;

it.each(sample("servers that keep a download waiting", ROWS.slice(4), 0))(
    "installs nothing from a server that %s",
    refused,
);

it.each(sample("servers that fail a download", ROWS.slice(0, 4), QUICK_ROWS))(
    "installs nothing from a server that %s",
    refused,
);

async function refused(...[, behaviour, words, seconds]: Row): Promise<void> {
    await bench.load("blank");
    bench.configure((configuration) => {
        const url = server.serve(release.file, behaviour(server.serve(release.file, "ok")));
        configuration["prometheus"] = { ...(configuration["prometheus"] as object), url, sha256: release.sha256 };
    });
    const begun = Date.now();
    const up = await bench.stack.run(["up", "--yes", "--skip-preview", "--non-interactive", "--color=never"], {
        seconds: 400,
    });
    expect(up.code).not.toBe(0);
    expect(said(up)).toMatch(words);
    expect((Date.now() - begun) / 1000).toBeLessThanOrEqual(seconds);
    // The mark says whose the VM is to be.
    const mark = /^.*usr\/local\/lib\/.*\n/gm;
    expect((await managed(bench.vm)).replaceAll(mark, "")).toBe(blank.replaceAll(mark, ""));
}

it.each<[name: string, behaviour: (good: string) => Behaviour]>([
    ["fails twice before it serves the release", () => "flaky"],
    ["redirects to the release", (good) => ({ redirect: good })],
])("installs from a server that %s", async (_, behaviour) => {
    await bench.load("blank");
    bench.configure((configuration) => {
        const url = server.serve(release.file, behaviour(server.serve(release.file, "ok")));
        configuration["prometheus"] = { ...(configuration["prometheus"] as object), url, sha256: release.sha256 };
    });
    await bench.stack.mustUp();
    expect(await ready(bench.vm)).toBe(true);
});
