import { defineConfig } from "vitest/config";

// Every file runs in a process of its own: Pulumi's mocks and its record of registered resources are global to one.
export default defineConfig({
    test: {
        include: ["test/**/*.test.ts"],
        exclude: ["test/{lab,vm,faults,soak}/**"],
        pool: "forks",
        testTimeout: 30_000,
    },
});
