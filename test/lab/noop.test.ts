import { beforeAll, describe, expect, it } from "vitest";
import { withConfiguration } from "./configuration";
import { preview, up, vm } from "./lab";
import { labState } from "./state";

let before: { vm: string; cluster: string };

/** The content of all that a deployment writes to the VM, its data aside. */
function managedFiles(): Promise<string> {
    return vm(
        "cd / && find usr/local etc/systemd/system -path usr/local/var/lib/prometheus -prune -o -type f -print0 | " +
            "sort -z | xargs -0 sha256sum",
    );
}

/** How often somebody has logged in, or tried to, since a moment in the journal; this question itself is one of them. */
async function connections(since: string): Promise<number> {
    const lines = await vm(`journalctl --after-cursor='${since}' -t sshd -o cat --no-pager`);
    return lines.split("\n").filter((line) => /^Accepted |preauth/.test(line)).length;
}

async function now(): Promise<string> {
    const [, cursor = ""] =
        /^-- cursor: (.*)$/m.exec(await vm("journalctl -n 1 --show-cursor -o cat --no-pager")) ?? [];
    return cursor;
}

beforeAll(async () => {
    before = await labState();
});

describe("up without a change", () => {
    it("changes nothing, writes nothing, restarts nothing and does not even ask the VM, three times in a row", async () => {
        const files = await managedFiles();
        const cursor = await now();
        const start = Date.now();
        for (let i = 0; i < 3; i++) {
            await up("--expect-no-changes");
        }
        const seconds = (Date.now() - start) / 3_000;
        expect(await connections(cursor)).toBe(1);
        expect(await connections(cursor)).toBe(2);
        expect(await labState()).toEqual(before);
        expect(await managedFiles()).toBe(files);
        console.info(`an up without a change took ${seconds.toFixed(1)} s`);
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
                configuration["scrapeJobs"] = {
                    ...configuration["scrapeJobs"],
                    "a-new-service": { targets: ["192.0.2.1:9100"], labels: { site: "elsewhere" } },
                };
            },
            (configFile) => preview("--diff", "--config-file", configFile),
        );
        expect(changedLines(shown)).toEqual([
            "+ - job_name: a-new-service",
            "+ scrape_interval: 5s",
            "+ scrape_timeout: 3750ms",
            "+ sample_limit: 200000",
            "+ label_limit: 64",
            "+ body_size_limit: 200MB",
            "+ fallback_scrape_protocol: PrometheusText0.0.4",
            "+ scheme: http",
            "+ metrics_path: /metrics",
            "+ static_configs:",
            "+ - targets:",
            "+ - 192.0.2.1:9100",
            "+ labels:",
            "+ site: elsewhere",
            "+ metric_relabel_configs:",
            "+ - source_labels:",
            "+ - cluster",
            "+ regex: (.+)",
            "+ target_label: exported_cluster",
            "+ - target_label: cluster",
            "+ replacement: ''",
        ]);
        expect(await labState()).toEqual(before);
    });

    it("shows the lines of one of the cluster's jobs that is switched off and no others", async () => {
        const shown = await withConfiguration(
            ({ clusters }) => {
                const { jobs } = clusters?.["lab"] as { jobs: object };
                Object.assign(jobs, { "kubernetes-nodes-cadvisor": { path: "off" } });
            },
            (configFile) => preview("--diff", "--show-full-output", "--config-file", configFile),
        );
        const lines = changedLines(shown);
        expect(lines.filter((line) => line.includes("job_name"))).toEqual([
            "- - job_name: lab/kubernetes-nodes-cadvisor",
        ]);
        expect(lines.filter((line) => !line.startsWith("- "))).toEqual([]);
        expect(await labState()).toEqual(before);
    });
});
