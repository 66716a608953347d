import { defineConfig } from "vitest/config";

// Every file runs in a process of its own: Pulumi's mocks and its record of registered resources are global to one.
export default defineConfig({
    test: {
        include: ["test/**/*.test.ts"],
        exclude: ["test/{lab,vm,faults,soak}/**"],
        pool: "forks",
        // Half of the time is spent in waiting for other programs, such as those of the steps for a VM.
        maxWorkers: 3,
        // What hangs; machines differ, and are shared.
        testTimeout: 300_000,
        hookTimeout: 300_000,
        // As the engine has it; messages name the namespace in a project of another name.
        env: { PULUMI_NODEJS_PROJECT: "external-prometheus" },
    },
});
