import { describe, expect, it } from "vitest";
import type { BundleFile } from "../../host/bundle";
import type { DeclaredProgram } from "../../operate/declared";
import { keeperFindings } from "../../operate/driftKeeper";
import { foundWith, timedRecords } from "./timed";

const FOLDER = "usr/local/lib/external-prometheus/keeper";
const SYSTEMD = "etc/systemd/system/external-prometheus-keeper";
const TIMER = "external-prometheus-keeper.timer";
const FILES: readonly BundleFile[] = [
    { path: "keep", mode: "0755", content: "a program\n" },
    { path: "external-prometheus-keeper.service", mode: "0644", content: "a unit\n" },
    { path: TIMER, mode: "0644", content: "a timer\n" },
];

function program(keeper: readonly BundleFile[]): DeclaredProgram {
    return { name: "prometheus", address: "", health: "", steps: {}, configuration: [], keeper };
}

const RECORDS = [`entry d 755 root:root 1 1 ${FOLDER}`, ...timedRecords(FOLDER, "external-prometheus-keeper", FILES)];

function found(keeper: readonly BundleFile[], pattern?: RegExp, replacement?: string): string[] {
    return foundWith(
        RECORDS,
        "configuration",
        (facts) => keeperFindings([program(keeper)], facts),
        pattern,
        replacement,
    );
}

describe("what keeps lists of nodes on the VM", () => {
    it("is as declared", () => {
        expect(found(FILES)).toEqual([]);
    });

    it.each<[RegExp, string | undefined, string]>([
        [/^(entry|sum) .*keeper\/keep$/, undefined, `/${FOLDER}/keep: missing, not a file`],
        [/ActiveState=active/, "ActiveState=failed", `${TIMER}: loaded, failed, enabled, not loaded, active, enabled`],
    ])("is seen to differ: %s", (pattern, replacement, line) => {
        expect(found(FILES, pattern, replacement)).toEqual([line]);
    });

    it("is seen where none is declared", () => {
        expect(found([])).toEqual(
            expect.arrayContaining([`/${FOLDER}/keep: there, not -`, `/${SYSTEMD}.timer: there, not -`]),
        );
    });
});
