import { describe, expect, it } from "vitest";
import { readFacts } from "../../operate/driftFacts";
import { findingsTable } from "../../operate/driftFinding";
import { replacements } from "../../operate/repairSteps";
import { MACHINE_ID, OWNER, printed, records, TOKEN, urn } from "./deployed";
import { compared, DECLARED } from "./seen";

it("finds nothing where nothing differs", () => {
    expect(compared(records())).toEqual([]);
});

describe("a machine that is not the one that was set up", () => {
    it.each([
        [
            /^(machine-id|mark) .*/,
            "machine-id ffff",
            "the machine (rebuilt?)",
            "machine id ffff",
            MACHINE_ID,
            "machine",
        ],
        // A repair would first remove what carries the stack's mark, with its data.
        [
            /^machine-id .*/,
            "machine-id ffff",
            "machine id (restored, or cloned?)",
            "machine id ffff",
            MACHINE_ID,
            undefined,
        ],
        [/^mark .*/, undefined, "the machine's mark (rebuilt?)", "missing", OWNER, "machine"],
        [/^mark .*\/dev/, "mark o/p/other", "owner of the machine", "o/p/other", OWNER, undefined],
        [
            /^mark cafe0001/,
            "mark cafe0002",
            "installation (is the state an old copy?)",
            "cafe0002",
            "cafe0001",
            undefined,
        ],
    ])("is the only finding: %s → %s", (pattern, replacement, what, found, wanted, repair) => {
        const all = records().flatMap((record) => {
            // Everything else differs as well.
            return record.startsWith("sum") ? [] : pattern.test(record) ? (replacement?.split("\n") ?? []) : [record];
        });
        expect(compared(all)).toEqual([{ what, found, declared: wanted, ...(repair !== undefined && { repair }) }]);
    });
});

describe("readFacts", () => {
    it("leaves out what a login shell says before", () => {
        const facts = readFacts(`Welcome\n\0begin\0${printed(records())}`);
        expect(facts).toEqual(readFacts(printed(records())));
        expect(facts?.machineId).toBe(MACHINE_ID);
    });

    it("takes no output for whole that names no machine", () => {
        const some = records().filter((record) => !record.startsWith("machine-id"));
        expect(readFacts(printed(some))).toBeUndefined();
    });

    it("takes no output for whole that was cut", () => {
        expect(readFacts(printed(records().slice(0, -1)))).toBeUndefined();
        expect(readFacts(printed(records()).slice(0, -5))).toBeUndefined();
        expect(readFacts("")).toBeUndefined();
    });
});

describe("findingsTable", () => {
    it("shows a line for each finding, and no character that a terminal obeys", () => {
        const table = findingsTable([
            { what: "/a/\u001b[2Jb\nc", found: "a file", declared: "-" },
            { what: "user prometheus", found: "x".repeat(500), declared: "as deployed" },
        ]);
        expect(table.split("\n").map((line) => line.slice(0, 24))).toEqual([
            "WHAT             FOUND  ",
            "/a/?[2Jb?c       a file ",
            "user prometheus  xxxxxxx",
            "",
        ]);
        expect(table).toContain(`${"x".repeat(119)}…  as deployed\n`);
    });

    it("holds no secret, whatever differs", () => {
        const changed = records().map((record) =>
            record.replace(/^sum \S+/, "sum 00").replace(/^(entry .) \d+/, "$1 777"),
        );
        const table = findingsTable(compared(changed));
        expect(table).toContain("discovery.token");
        expect(table).not.toContain(TOKEN);
    });
});

describe("replacements", () => {
    const of = (program: string, step: "release" | "credentials" | "service" | "configuration") => {
        return { what: "", found: "", declared: "", repair: { program, step } };
    };

    it("runs the first step that is concerned again, and all that stand on it", () => {
        expect(replacements(DECLARED, [of("prometheus", "configuration"), of("prometheus", "service")])).toEqual([
            urn("service"),
            urn("configuration"),
            urn("verify"),
        ]);
    });

    it("leaves other programs alone", () => {
        expect(replacements(DECLARED, [of("alertmanager", "release")])).toEqual([
            urn("release", "alertmanager"),
            urn("service", "alertmanager"),
        ]);
    });

    it("replaces the gate, and it alone, only where the machine is another one", () => {
        const machine = { what: "", found: "", declared: "", repair: "machine" } as const;
        expect(replacements(DECLARED, [of("prometheus", "release"), machine])).toEqual([urn("gate")]);
    });

    it("does nothing about what only a person can put right", () => {
        expect(replacements(DECLARED, [{ what: "", found: "", declared: "" }])).toEqual([]);
    });
});
