import { createHash } from "node:crypto";
import { expect } from "vitest";
import type { BundleFile } from "../../host/bundle";
import { type Facts, readFacts } from "../../operate/driftFacts";
import type { Finding } from "../../operate/driftFinding";

/** What operate/drift.sh prints of files as they are declared, and of the timer that starts what is in them. */
export function timedRecords(folder: string, service: string, files: readonly BundleFile[]): string[] {
    return [
        "machine-id 1",
        ...files.flatMap(({ path, mode, content }) => {
            const place = path.startsWith(`${service}.`) ? `etc/systemd/system/${path}` : `${folder}/${path}`;
            const sum = createHash("sha256").update(content).digest("hex");
            return [`entry f ${mode.slice(1)} root:root 1 1 ${place}`, `sum ${sum}  ${place}`];
        }),
        ...["LoadState=loaded", "ActiveState=active", "UnitFileState=enabled"].map(
            (state) => `unit ${service}.timer ${state}`,
        ),
    ];
}

/** What is found, a line each, where some records are others, or lack; every finding is put right by that step. */
export function foundWith(
    records: readonly string[],
    step: string,
    look: (facts: Facts) => readonly Finding[],
    pattern = /^$/,
    replacement?: string,
): string[] {
    const changed = records.flatMap((record) => {
        if (!pattern.test(record)) return [record];
        return replacement === undefined ? [] : record.replace(pattern, replacement).split("\n");
    });
    const facts = readFacts(["", "begin", ...changed, "end", ""].join("\0"));
    return facts === undefined
        ? ["not whole"]
        : look(facts).map((finding) => {
              expect(finding.repair).toEqual({ program: "prometheus", step });
              return `${finding.what}: ${finding.found}, not ${finding.declared}`;
          });
}
