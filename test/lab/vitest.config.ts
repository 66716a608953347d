import { basename, join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

// One lab, so one suite at a time; what costs the lab most comes last.
const ORDER = [
    "deploy",
    "noop",
    "pullRequest",
    "docsCommands",
    "evidence",
    "access",
    "leastAccess",
    "kubeScore",
    "gateway",
    "endpoints",
    "doctor",
    "proxied",
    "tokens",
    "production",
    "move",
    "secrets",
    "badInput",
    "outage",
    "breaks",
    "destroy",
];

class InOrder extends BaseSequencer {
    override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
        const place = (file: TestSpecification) => ORDER.indexOf(basename(file.moduleId, ".test.ts"));
        return Promise.resolve([...files].sort((a, b) => place(a) - place(b)));
    }
}

export default defineConfig({
    test: {
        root: join(__dirname, "../.."),
        include: ["test/lab/*.test.ts"],
        globalSetup: ["test/lab/setup.ts"],
        fileParallelism: false,
        sequence: { sequencer: InOrder },
        testTimeout: 900_000,
        hookTimeout: 900_000,
        teardownTimeout: 900_000,
    },
});
