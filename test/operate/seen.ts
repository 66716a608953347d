import { expect } from "vitest";
import { declared } from "../../operate/declared";
import { Export, readState } from "../../operate/declaredState";
import { readFacts } from "../../operate/driftFacts";
import type { Finding } from "../../operate/driftFinding";
import { compare } from "../../operate/driftLook";
import { exported, printed, records } from "./deployed";

export const DECLARED = declared("dev", readState(Export.parse(exported())));

/** What is found on a VM of which the script prints these records. */
export function compared(changed: readonly string[]): Finding[] {
    const facts = readFacts(printed(changed));
    if (facts === undefined) {
        throw new Error("the records are not whole");
    }
    return compare(DECLARED, facts);
}

/** What is found where some records are others, one a line, or lack if the replacement is undefined. */
export function findings(pattern: RegExp, replacement: string | undefined): Finding[] {
    const changed = records().flatMap((record) => {
        if (!pattern.test(record)) {
            return [record];
        }
        return replacement === undefined ? [] : record.replace(pattern, replacement).split("\n");
    });
    expect(changed).not.toEqual(records());
    return compared(changed);
}

/** What is found where there are more records behind one. */
export function more(after: RegExp, ...added: string[]): Finding[] {
    return findings(after, ["$&", ...added].join("\n"));
}
