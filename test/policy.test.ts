import { basename, dirname } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { completeKeys, type Keys } from "./config/environment";
import { deployed } from "./policy/deployed";
import { report } from "./policy/rules";
import { readStackFile, stackFiles, stackKeys } from "./policy/stackFiles";

// Which key belongs to a certificate cannot be told without the key, and that is one of the secrets that nobody has here.
vi.mock("../config/privateKey", () => ({ certificateKeyProblem: () => undefined }));

describe("every stack and every example", () => {
    it.each(stackFiles())("%s keeps all rules", async (path) => {
        const found = report(path, await deployed(readStackFile(path), path));
        if (found !== "") expect.fail(found);
    });

    it("is found: those beside Pulumi.yaml, and those of the production shape", () => {
        const names = (folder: string) =>
            stackFiles().flatMap((path) => (dirname(path) === folder ? basename(path).split(".")[1] : []));
        expect(names(".")).toContain("dev");
        expect(names("examples/production")).toEqual(["prod-eu", "prod-monitor-a", "prod-monitor-b", "prod-us"]);
    });
});

describe("a stack", () => {
    // Where no file of a stack lies beside it that it reads.
    const PATH = "elsewhere/Pulumi.all.yaml";
    const { plain } = completeKeys();
    const keys = (changes: Keys) => {
        const config = Object.entries({ ...plain, ...changes });
        return stackKeys(Object.fromEntries(config.map(([key, value]) => [`external-prometheus:${key}`, value])));
    };

    it("may have every key there is, and gets a stand-in for each secret", async () => {
        expect(report(PATH, await deployed(keys({}), PATH))).toBe("");
    });

    it("that breaks a rule is told with its file, what breaks it, and the remedy", async () => {
        const purging = keys({ vm: { ...(plain["vm"] as Keys), purgeData: true } });
        const path = "examples/elsewhere/Pulumi.all.yaml";
        expect(report(path, await deployed(purging, path))).toBe(
            `${path} breaks 1 of the rules for all stacks.

✖ What was recorded outlives replacements, and the stack.
    prometheus-gate (command:remote:Command) removes what was recorded with the stack
    → let an example leave out vm.purgeData; a delete is the gate's alone, and nothing has triggers
`,
        );
    });

    it("may say in its own file that what was recorded goes with it", async () => {
        const purging = keys({ vm: { ...(plain["vm"] as Keys), purgeData: true } });
        expect(report(PATH, await deployed(purging, PATH))).toBe("");
    });

    it("with a secret in clear is refused by the program, which does not show it", async () => {
        const refused = deployed(keys({ vmPrivateKey: "a key in clear" }), PATH).then(String, String);
        expect(await refused).toContain("vmPrivateKey is a secret, but stands in clear");
        expect(await refused).not.toContain("a key in clear");
    });
});
