import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { announce, QUICK, sample } from "./sample";
import { SPARE_VMS } from "./vms";

announce();
const others = ["badConfigurations", "brokenRelease", "diskFull", "downloads", "front", "reboot", "survivor"];
const drawn = (): string => sample(`suites of ${others.join(", ")}`, others, 1).join(",");
const suites = QUICK ? `{killCalls,killMoments,powerCut,${drawn()}}` : "*";

/** A suite of kills that began last would go on alone for minutes. */
class KillsFirst extends BaseSequencer {
    override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
        const sorted = await super.sort(files);
        const kills = (file: TestSpecification): number => Number(file.moduleId.includes("/kill"));
        return sorted.sort((a, b) => kills(b) - kills(a));
    }
}

// FAULT_SEED, FAULT_SAMPLE and FAULT_VMS choose what runs where; see docs/faults.md.
export default defineConfig({
    test: {
        root: join(__dirname, "../.."),
        include: [`test/faults/${suites}.test.ts`],
        globalSetup: ["test/vm/setup.ts"],
        maxWorkers: SPARE_VMS.length,
        sequence: { sequencer: KillsFirst },
        testTimeout: 900_000,
        hookTimeout: 900_000,
    },
});
