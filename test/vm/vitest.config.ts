import { join } from "node:path";
import { defineConfig } from "vitest/config";

// What needs a VM of its own and no cluster. Each suite has another spare VM, so that they may run side by side; the
// processors are few.
export default defineConfig({
    test: {
        root: join(__dirname, "../.."),
        include: ["test/vm/*.test.ts"],
        globalSetup: ["test/vm/setup.ts"],
        maxWorkers: 3,
        testTimeout: 900_000,
        hookTimeout: 900_000,
    },
});
