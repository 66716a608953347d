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
    const { plain } = completeKeys();
    const keys = (changes: Keys) => {
        const config = Object.entries({ ...plain, ...changes });
        return stackKeys(Object.fromEntries(config.map(([key, value]) => [`external-prometheus:${key}`, value])));
    };

    it("may have every key there is, and gets a stand-in for each secret", async () => {
        expect(report("Pulumi.all.yaml", await deployed(keys({}), "Pulumi.all.yaml"))).toBe("");
    });

    it("that breaks a rule is told with its file, what breaks it, and the remedy", async () => {
        const purging = keys({ vm: { ...(plain["vm"] as Keys), purgeData: true } });
        const path = "examples/production/Pulumi.all.yaml";
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
        expect(report("Pulumi.all.yaml", await deployed(purging, "Pulumi.all.yaml"))).toBe("");
    });
});
