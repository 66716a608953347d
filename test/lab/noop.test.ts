import { beforeAll, describe, expect, it } from "vitest";
import { withConfiguration } from "./configuration";
import { preview, up } from "./lab";
import { clusterState, vmState } from "./state";

let before: { vm: string; cluster: string };

async function state() {
    return { vm: await vmState(), cluster: await clusterState() };
}

beforeAll(async () => {
    await up();
    before = await state();
});

describe("up without a change", () => {
    it("changes nothing, however often", async () => {
        await up("--expect-no-changes");
        await up("--expect-no-changes");
        expect(await state()).toEqual(before);
    });
});

describe("preview of a change", () => {
    it("shows the inserted job's lines and no others, and touches nothing", async () => {
        const shown = await withConfiguration(
            (configuration) => {
                configuration["staticJobs"] = {
                    ...configuration["staticJobs"],
                    "a-new-service": { targets: ["192.0.2.1:9100"], labels: { site: "elsewhere" } },
                };
            },
            (configFile) => preview("--diff", "--config-file", configFile),
        );
        const changed = shown.split("\n").filter((line) => /^\s*[-+] {2,}/.test(line));
        expect(changed).toEqual([]);
        expect(await state()).toEqual(before);
    });
});
