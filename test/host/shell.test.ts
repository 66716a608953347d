import { execFileSync, spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostScript, scriptVariables } from "../../host/render";
import { quote, unquote } from "../../host/shell";

/** Login shells that a VM's user may have, as far as this machine has them. */
const SHELLS = ["sh", "bash", "dash", "fish", "zsh"].filter((shell) => spawnSync(shell, ["-c", "true"]).status === 0);

const word = fc.oneof(
    fc.string({ unit: "binary" }).filter((text) => !text.includes("\0")),
    fc.string({
        unit: fc.constantFrom("'", '"', "\\", "$", "`", "(", ")", "\n", " ", "!", "#", "%", "a", "é", "~", "*"),
    }),
);

it("knows at least the two shells of Debian", () => {
    expect(SHELLS).toEqual(expect.arrayContaining(["bash", "dash"]));
});

describe.each(SHELLS)("%s", (shell) => {
    it("reads back any word as it was", () => {
        fc.assert(
            fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (words) => {
                const command = `printf '%s\\0' ${words.map(quote).join(" ")}`.replace(
                    String.raw`'%s\0'`,
                    String.raw`%s\\0`,
                );
                const printed = execFileSync(shell, ["-c", command], { encoding: "utf8" });
                expect(printed.split("\0").slice(0, -1)).toEqual(words);
            }),
            { numRuns: 50 },
        );
    });

    it("gives a script its variables as they were, and executes none of them", () => {
        fc.assert(
            fc.property(word, (value) => {
                // What stands before the library: the assignments.
                const command = hostScript("gate", "root", {
                    owner: value,
                    component: value,
                    address: "a",
                    root: "/nonexistent",
                });
                const inner = spawnSync(
                    shell,
                    ["-c", command.replace(/^timeout -k 10 \d+ bash .*? -c /, "printf %s ")],
                    {
                        encoding: "utf8",
                    },
                );
                const seen = spawnSync("bash", [
                    "-c",
                    `${inner.stdout.split('\n: "${root=}"')[0] ?? ""}\nprintf '%s\\0' "$owner" "$component"`,
                ]);
                expect(seen.stdout.toString()).toBe(`${value}\0${value}\0`);
            }),
            { numRuns: 20 },
        );
    });
});

it("refuses what no shell can pass on", () => {
    expect(() => quote("a\0b")).toThrow("NUL");
});

it("leaves plain words as they are", () => {
    expect(quote("/usr/local/prometheus-3.13.2")).toBe("/usr/local/prometheus-3.13.2");
    expect(quote("")).toBe("''");
});

describe("unquote", () => {
    it("gives back what was quoted", () => {
        fc.assert(
            fc.property(word, (text) => unquote(quote(text)) === text),
            { numRuns: 500 },
        );
    });

    it.each(["two words", "'open", "$(id)", "'a'b'"])("refuses what quote has not made: %s", (text) => {
        expect(() => unquote(text)).toThrow("not one quoted word");
    });
});

describe("scriptVariables", () => {
    it("gives back what a script was given, whoever logs in", () => {
        fc.assert(
            fc.property(word, word, fc.constantFrom("root", "admin"), (owner, vm, user) => {
                expect(scriptVariables(hostScript("service", user, { owner, version: "3.13.2", vm }))).toEqual({
                    limit: "1800",
                    owner,
                    version: "3.13.2",
                    vm,
                });
            }),
            { numRuns: 200 },
        );
    });
});
