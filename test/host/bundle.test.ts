import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bundle, unbundle } from "../../host/bundle";
import { Machine } from "./machine";
import { ETC } from "./serving";

const name = fc.stringMatching(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,8}$/).filter((text) => text !== "end");
const file = fc.record({
    path: fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/")),
    mode: fc.constantFrom("0640", "0600", "0644"),
    content: fc
        .array(fc.string({ unit: "grapheme" }).map((text) => text.replaceAll(/[\r\n]/g, "") + "\n"))
        .map((lines) => lines.join("")),
});

describe("bundle", () => {
    it("gives back what was put in", () => {
        fc.assert(
            fc.property(fc.array(file), (files) => {
                fc.pre(files.every(({ content }) => !/^==> .* <==$/m.test(content)));
                expect(unbundle(bundle(files))).toEqual(files);
            }),
        );
    });

    it("ends every file with a newline", () => {
        expect(bundle([{ path: "a/b", mode: "0640", content: "x" }])).toBe("==> a/b 0640 <==\nx\n==> end <==\n");
    });

    it.each(["/etc/passwd", "../x", "a/../b", "a//b", "a/.", "", "a b", "a\nb", "end", "$(x)"])(
        "refuses the path %j",
        (path) => {
            expect(() => bundle([{ path, mode: "0640", content: "" }])).toThrow(
                "cannot be the path of a file on the VM",
            );
        },
    );

    it.each(["640", "0888", "4755", ""])("refuses the mode %j", (mode) => {
        expect(() => bundle([{ path: "a", mode, content: "" }])).toThrow("four octal digits");
    });

    it("refuses a file that holds a line like its own", () => {
        expect(() => bundle([{ path: "a", mode: "0640", content: "x\n==> b 0640 <==\ny\n" }])).toThrow(
            "a holds a line of the form",
        );
    });

    it.each(["\u2028", "\u2029", "\r", "\x85"])(
        "refuses one with %j in that line, which ends no line on the VM",
        (end) => {
            const content = `x: |\n==> prometheus.yml 0640 : ${end} <==\ny\n`;
            expect(() => bundle([{ path: "a", mode: "0640", content }])).toThrow("a holds a line of the form");
        },
    );

    it("knows when its end is missing", () => {
        const text = bundle([{ path: "a", mode: "0640", content: "x\n" }]);
        for (let length = 0; length < text.length; length++) {
            expect(() => unbundle(text.slice(0, length))).toThrow("incomplete");
        }
    });
});

it("is taken apart on the VM as it was put together", async () => {
    const machine = await Machine.prepared();
    const files = fc.sample(file, { numRuns: 40, seed: 1 }).map((one, i) => ({ ...one, path: `c${i}/${one.path}` }));
    await machine.succeed("credentials", {}, files);
    for (const { path, content } of files) {
        expect(machine.read(`${ETC}/credentials/${path}`)).toBe(content);
    }
});
