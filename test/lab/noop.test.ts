import { beforeAll, describe, expect, it } from "vitest";
import { withConfiguration } from "./configuration";
import { preview, up } from "./lab";
import { clusterState, vmState } from "./state";

let before: { vm: string; cluster: string };

async function state() {
    return { vm: await vmState(), cluster: await clusterState() };
}

beforeAll(async () => {
    before = await state();
});

describe("up without a change", () => {
    it("changes nothing, however often", async () => {
        await up("--expect-no-changes");
        await up("--expect-no-changes");
        expect(await state()).toEqual(before);
    });
});

/** The lines that a preview marks as added or removed in the configuration's documents. */
function changedLines(shown: string): string[] {
    const [, documents = ""] = /^ *~ stdin:(.*?)^ {4}~ /ms.exec(shown) ?? [];
    return documents.split("\n").flatMap((line) => {
        const [, sign, text] = /^ {10}([-+]) +(.*)$/.exec(line) ?? [];
        return sign === undefined || text === undefined ? [] : [`${sign} ${text}`];
    });
}

describe("preview of a change", () => {
    it("shows an inserted job's lines and no others, and touches nothing", async () => {
        const shown = await withConfiguration(
            (configuration) => {
                configuration["staticJobs"] = {
                    ...configuration["staticJobs"],
                    "a-new-service": { targets: ["192.0.2.1:9100"], labels: { site: "elsewhere" } },
                };
            },
            (configFile) => preview("--diff", "--config-file", configFile),
        );
        expect(changedLines(shown)).toEqual([
            "+ - job_name: a-new-service",
            "+ scrape_interval: 15s",
            "+ scrape_timeout: 10s",
            "+ scheme: http",
            "+ metrics_path: /metrics",
            "+ static_configs:",
            "+ - targets:",
            "+ - 192.0.2.1:9100",
            "+ labels:",
            "+ site: elsewhere",
        ]);
        expect(await state()).toEqual(before);
    });

    it("shows the lines of one of the cluster's jobs that is switched off and no others", async () => {
        const shown = await withConfiguration(
            ({ clusters }) => {
                Object.assign(clusters?.["lab"] ?? {}, { jobs: { "kubernetes-nodes-cadvisor": { path: "off" } } });
            },
            (configFile) => preview("--diff", "--show-full-output", "--config-file", configFile),
        );
        const lines = changedLines(shown);
        expect(lines.filter((line) => line.includes("job_name"))).toEqual([
            "- - job_name: lab/kubernetes-nodes-cadvisor",
        ]);
        expect(lines.filter((line) => !line.startsWith("- "))).toEqual([]);
        expect(await state()).toEqual(before);
    });
});
