import { afterAll, describe, expect, it } from "vitest";
import { bundle } from "../../host/bundle";
import { hostScript } from "../../host/render";
import { LISTEN_ADDRESS } from "../../host/unit";
import { Bench } from "./bench";
import { counted, startCounting, stopCounting, wasReached } from "./calls";
import { managed } from "./managed";
import { sample } from "./sample";
import { contents, expectWhole } from "./whole";

/** Kills in a quick run. */
const QUICK_KILLS = 4;

let bench: Bench | undefined;

afterAll(async () => {
    await bench?.gone();
});

/** A rotation of all credentials, and another cluster. A stack without clusters has none, so the step runs by itself here. */
const OLD = credentials({ alpha: "old", beta: "old" });
const NEW = credentials({ alpha: "new", beta: "new", gamma: "new" });

function credentials(clusters: Readonly<Record<string, string>>): string {
    const files = ["ca.crt", "discovery.token", "kubelet.token"];
    return bundle(
        Object.entries(clusters).flatMap(([cluster, word]) =>
            files.map((file) => ({
                path: `${cluster}/${file}`,
                mode: "0640",
                content: `${word} ${file}\n`.repeat(50),
            })),
        ),
    );
}

/** The step's command line, as the stack's own steps know the VM. */
async function command({ vm }: Bench): Promise<string> {
    const mark = "/usr/local/lib/external-prometheus/owner";
    const [machine = "", owner = "", component = "", word = ""] = (await vm.text(`cat /etc/machine-id ${mark}`)).split(
        "\n",
    );
    return hostScript("credentials", "root", {
        owner,
        component,
        address: LISTEN_ADDRESS,
        vm: `machine-id=${machine} mark=${word}`,
    });
}

describe("a kill during a rotation of all credentials", async () => {
    bench = await Bench.create();
    const { vm, stack } = bench;
    await stack.mustUp();
    const step = await command(bench);
    await vm.text(step, { stdin: OLD });
    const old = await contents(vm);
    await startCounting(vm);
    await vm.text(step, { stdin: NEW });
    const calls = await counted(vm);
    const [known, wanted] = [[old, await contents(vm)], await managed(vm)];
    const rows = calls.map(({ at, words }) => [at, words] as const);

    it.each(sample("kills during a rotation of all credentials", rows, QUICK_KILLS))(
        "before call %i (%s), leaves every file old or new, and is made good by the next run",
        async (at) => {
            await stopCounting(vm);
            await vm.text(`rm -rf /usr/local/etc/prometheus/credentials/gamma; ${step}`, { stdin: OLD });
            await startCounting(vm, { at, action: "before" });
            expect((await vm.run(step, { stdin: NEW })).code).not.toBe(0);
            expect(await wasReached(vm)).toBe(true);
            expectWhole(await contents(vm), known);
            await stopCounting(vm);
            await vm.text(step, { stdin: NEW });
            expect(await managed(vm)).toBe(wanted);
        },
    );
});
