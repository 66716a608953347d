import { join } from "node:path";
import { defineConfig } from "vitest/config";

// FAULT_SEED and FAULT_SAMPLE choose what runs; see docs/faults.md. One VM, so one suite at a time.
export default defineConfig({
    test: {
        root: join(__dirname, "../.."),
        include: ["test/faults/*.test.ts"],
        globalSetup: ["test/vm/setup.ts", "test/faults/seed.ts"],
        fileParallelism: false,
        testTimeout: 300_000,
        hookTimeout: 300_000,
    },
});
