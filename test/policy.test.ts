import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { deployed } from "./policy/deployed";
import { report } from "./policy/rules";
import { readStackFile, stackFiles, strayKeys } from "./policy/stackFiles";

// Which key belongs to a certificate cannot be told without the key, and that is one of the secrets that nobody has here.
vi.mock("../config/privateKey", () => ({ certificateKeyProblem: () => undefined }));

it.each(stackFiles())("%s has its keys where Pulumi reads them", (path) => {
    const stray = strayKeys(readFileSync(join(__dirname, "..", path), "utf8"));
    if (stray.length > 0) {
        expect.fail(`${stray.join(", ")} of ${path} is not read: indent it below 'config:'`);
    }
});

// Nothing in here depends on what the stacks are: they are the user's own.
it.each(stackFiles())("%s keeps the rules for all stacks", async (path) => {
    const found = report(path, await deployed(readStackFile(path), path));
    if (found !== "") expect.fail(found);
});
