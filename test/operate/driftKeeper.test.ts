import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { BundleFile } from "../../host/bundle";
import type { DeclaredProgram } from "../../operate/declared";
import { readFacts } from "../../operate/driftFacts";
import { keeperFindings } from "../../operate/driftKeeper";

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

/** What operate/drift.sh prints of a VM that is as declared. */
const RECORDS = [
    "machine-id 1",
    `entry d 755 root:root 1 1 ${FOLDER}`,
    ...FILES.flatMap(({ path, mode, content }) => {
        const place = path.startsWith("external-") ? `etc/systemd/system/${path}` : `${FOLDER}/${path}`;
        const sum = createHash("sha256").update(content).digest("hex");
        return [`entry f ${mode.slice(1)} root:root 1 1 ${place}`, `sum ${sum}  ${place}`];
    }),
    ...["LoadState=loaded", "ActiveState=active", "UnitFileState=enabled"].map((state) => `unit ${TIMER} ${state}`),
];

/** What is found, a line each, where some records are others, or lack. */
function found(keeper: readonly BundleFile[], pattern = /^$/, replacement?: string): string[] {
    const records = RECORDS.flatMap((record) => {
        if (!pattern.test(record)) return [record];
        return replacement === undefined ? [] : record.replace(pattern, replacement).split("\n");
    });
    const facts = readFacts(["", "begin", ...records, "end", ""].join("\0"));
    return facts === undefined
        ? ["not whole"]
        : keeperFindings([program(keeper)], facts).map((finding) => {
              expect(finding.repair).toEqual({ program: "prometheus", step: "configuration" });
              return `${finding.what}: ${finding.found}, not ${finding.declared}`;
          });
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
