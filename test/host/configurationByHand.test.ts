import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { expect, it } from "vitest";
import type { Machine } from "./machine";
import { ETC, reloads, serving, WITH_CLUSTER } from "./serving";

/** What somebody does on the VM by hand. */
const DRIFT: [what: string, change: (machine: Machine) => void][] = [
    [
        "a document was edited",
        (m) => {
            m.write(`${ETC}/clusters/c.yml`, "scrape_configs: []\n");
        },
    ],
    [
        "a document was added",
        (m) => {
            m.write(`${ETC}/clusters/d.yml`, "scrape_configs: []\n");
        },
    ],
    [
        "a document's mode was changed, and all was loaded again",
        (m) => {
            chmodSync(m.path(`${ETC}/prometheus.yml`), 0o644);
            m.prometheus.load();
        },
    ],
    [
        "the link of the main document was replaced by a file",
        (m) => {
            const text = m.read(`${ETC}/prometheus.yml`);
            rmSync(m.path(`${ETC}/prometheus.yml`));
            m.write(`${ETC}/prometheus.yml`, text);
        },
    ],
    [
        "the link of a folder was replaced by a folder",
        (m) => {
            rmSync(m.path(`${ETC}/clusters`));
            mkdirSync(m.path(`${ETC}/clusters`));
            m.write(`${ETC}/clusters/e.yml`, "scrape_configs: []\n");
        },
    ],
    [
        "another configuration is loaded than the one that lies there",
        (m) => {
            const text = m.read(`${ETC}/clusters/c.yml`);
            m.write(`${ETC}/clusters/c.yml`, "scrape_configs:\n  - job_name: c/other\n");
            m.prometheus.load();
            m.write(`${ETC}/clusters/c.yml`, text);
        },
    ],
];

it("puts right what somebody has done by hand", async () => {
    const machine = await serving();
    await machine.succeed("configuration", {}, WITH_CLUSTER);
    const linked = () => {
        const tree = Object.entries(machine.tree(ETC)).filter(([path]) => !/^(versions\/|current$)/.test(path));
        return { tree: Object.fromEntries(tree), content: machine.tree(`${ETC}/current/`) };
    };
    const before = linked();
    for (const [what, change] of DRIFT) {
        const reloaded = reloads(machine);
        change(machine);
        await machine.succeed("configuration", {}, WITH_CLUSTER);
        expect(linked(), what).toEqual(before);
        expect(reloads(machine), what).toBe(reloaded + 1);
        expect((await machine.run("verify", { first_scrapes: "0" })).code, what).toBe(0);
    }
});
