import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { announce } from "../faults/sample";

announce();

// SOAK_MINUTES is how long it goes on, FAULT_SEED what it draws; see docs/faults.md.
export default defineConfig({
    test: {
        root: join(__dirname, "../.."),
        include: ["test/soak/*.test.ts"],
        globalSetup: ["test/vm/setup.ts"],
        // Most of them deploy the lab's own stack.
        fileParallelism: false,
        testTimeout: 24 * 60 * 60_000,
        hookTimeout: 900_000,
    },
});
