import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { announce, QUICK, sample } from "./sample";
import { SPARE_VMS } from "./vms";

announce();
const others = ["badConfigurations", "brokenRelease", "diskFull", "downloads", "reboot", "survivor"];
const drawn = sample(`suites of ${others.join(", ")}`, others, 2);
const suites = QUICK ? `{killCalls,killMoments,powerCut,${drawn.join(",")}}` : "*";

// FAULT_SEED, FAULT_SAMPLE and FAULT_VMS choose what runs where; see docs/faults.md.
export default defineConfig({
    test: {
        root: join(__dirname, "../.."),
        include: [`test/faults/${suites}.test.ts`],
        globalSetup: ["test/vm/setup.ts"],
        maxWorkers: SPARE_VMS.length,
        testTimeout: 300_000,
        hookTimeout: 300_000,
    },
});
