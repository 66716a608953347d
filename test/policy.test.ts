import { expect, it, vi } from "vitest";
import { deployed } from "./policy/deployed";
import { report } from "./policy/rules";
import { readStackFile, stackFiles } from "./policy/stackFiles";

// Which key belongs to a certificate cannot be told without the key, and that is one of the secrets that nobody has here.
vi.mock("../config/privateKey", () => ({ certificateKeyProblem: () => undefined }));

// Nothing in here depends on what the stacks are: they are the user's own.
it.each(stackFiles())("%s keeps the rules for all stacks", async (path) => {
    const found = report(path, await deployed(readStackFile(path), path));
    if (found !== "") expect.fail(found);
});
