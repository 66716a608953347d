import fc from "fast-check";
import { expect, it } from "vitest";
import { commandLine, commandWords, renderUnit } from "../../host/unit";

it("writes a list as one line per entry", () => {
    const text = renderUnit({ Unit: { Description: "x" }, Service: { Environment: ["A=1", "B=2"] }, Install: {} });
    expect(text).toBe("[Unit]\nDescription=x\n\n[Service]\nEnvironment=A=1\nEnvironment=B=2\n\n[Install]\n");
});

it.each([
    ["--log.level=debug", "--log.level=debug"],
    ["--cluster.listen-address=", "--cluster.listen-address="],
    ["--a=50%", "--a=50%%"],
    ["--a=$HOME", "--a=$$HOME"],
    ["--a=b c", '"--a=b c"'],
    ["--a=$x y", '"--a=$$x y"'],
    [`--a="b"`, String.raw`"--a=\"b\""`],
    ["--a='b'", `"--a='b'"`],
    [String.raw`--a=\d+`, String.raw`"--a=\\d+"`],
    ["--a=b;c", '"--a=b;c"'],
    ["", '""'],
])("gives systemd the argument %j as itself", (word, written) => {
    expect(commandLine(["/bin/true", word])).toBe(`/bin/true ${written}`);
});

it("reads a command line back as it was given", () => {
    const word = fc.string({ unit: fc.constantFrom("'", '"', "\\", "$", "%", ";", " ", "=", "-", "a", "é") });
    fc.assert(
        fc.property(fc.array(word, { minLength: 1 }), (words) => {
            expect(commandWords(commandLine(words))).toEqual(words);
        }),
        { numRuns: 500 },
    );
});
