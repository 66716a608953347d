import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import * as yaml from "js-yaml";
import { describe, expect, it } from "vitest";
import { watchingJobs } from "../../../config/prometheus/document";
import type { Job } from "../../../config/prometheus/job";
import { SMALL, source } from "./scraping";

const federate = { path: "federate", interval: "30s" } as const;
const direct = { path: "direct", interval: "30s" } as const;
const CLUSTER = source("staging", {
    jobs: {
        ...source().jobs,
        etcd: direct,
        "node-exporter": direct,
        "kube-state-metrics": federate,
        "vital-signs": federate,
    },
});

function jobsOf(index: number, of: number): Job[] {
    const prometheus = { ...SMALL.prometheus, shard: { index, of } };
    return watchingJobs(CLUSTER, { ...SMALL, companions: [{ program: "blackbox_exporter" }], prometheus });
}

/** As Prometheus does it (model/relabel): the last eight bytes of the sum, as a number. */
function partOf(address: string, of: number): number {
    return Number(createHash("md5").update(address).digest().readBigUInt64BE(8) % BigInt(of));
}

/** Addresses that Prometheus itself keeps of some, by the rules of a job. */
function kept({ scrape }: Job, addresses: readonly string[]): string[] {
    const directory = mkdtempSync(join(tmpdir(), "external-prometheus-shard-"));
    try {
        const file = join(directory, "targets.json");
        writeFileSync(file, JSON.stringify([{ targets: addresses }]));
        const relabel_configs = scrape.relabel_configs?.slice(0, 2);
        const document = { scrape_configs: [{ job_name: "x", file_sd_configs: [{ files: [file] }], relabel_configs }] };
        writeFileSync(join(directory, "prometheus.yml"), yaml.dump(document));
        const args = ["check", "service-discovery", "--timeout=1s", join(directory, "prometheus.yml"), "x"];
        const text = execFileSync("promtool", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
        const found = JSON.parse(text) as {
            discoveredLabels: Record<string, string>;
            labels: Record<string, string>;
        }[];
        return found.flatMap(({ discoveredLabels, labels }) =>
            Object.keys(labels).length === 0 ? [] : [discoveredLabels["__address__"] ?? ""],
        );
    } finally {
        rmSync(directory, { recursive: true });
    }
}

/** Whether a VM takes a target, by the rules of its job. */
function takes({ scrape }: Job, address: string): boolean {
    const [hash, keep] = scrape.relabel_configs ?? [];
    return hash?.action !== "hashmod" || String(partOf(address, hash.modulus ?? NaN)) === keep?.regex;
}

describe("parts of what a cluster gives", () => {
    it("have each federated job in one of them", () => {
        for (const of of [2, 3, 7]) {
            const parts = Array.from({ length: of }, (_, index) => jobsOf(index, of));
            const federated = parts.flatMap((part) => part.filter(({ path }) => path === "federate"));
            expect(federated.map(({ job }) => job).sort()).toEqual([
                "kube-state-metrics",
                "kubernetes-pods",
                "kubernetes-service-endpoints",
                "vital-signs",
            ]);
        }
    });

    it("have each discovered target in one of them, whichever job finds it", () => {
        fc.assert(
            fc.property(fc.ipV4(), fc.integer({ min: 2, max: 9 }), (host, of) => {
                const parts = Array.from({ length: of }, (_, index) => jobsOf(index, of));
                const takers = parts.map((part) => {
                    const found = part.filter(({ scrape }) => scrape.kubernetes_sd_configs ?? scrape.file_sd_configs);
                    expect(found.length).toBeGreaterThan(4);
                    return new Set(found.map((job) => takes(job, `${host}:10250`)));
                });
                expect(takers.filter((taken) => taken.has(true))).toEqual([new Set([true])]);
            }),
            { numRuns: 50 },
        );
    });

    it("are told by Prometheus as they are here", () => {
        const addresses = Array.from({ length: 12 }, (_, i) => `192.0.2.${i}:10250`);
        const job = jobsOf(1, 3).find(({ scrape }) => scrape.kubernetes_sd_configs) as Job;
        const own = addresses.filter((address) => takes(job, address));
        expect(own.length).toBeGreaterThan(0);
        expect(kept(job, addresses).sort()).toEqual(own.sort());
    });

    it("have each what stands still, by which a VM tells that the cluster is gone", () => {
        for (const index of [0, 1]) {
            const still = jobsOf(index, 2).filter(({ path, scrape }) => path === "direct" && scrape.static_configs);
            expect(still.map(({ job }) => job)).toEqual([
                "kubernetes-apiservers-static",
                "probe-apiserver",
                "probe-federation",
            ]);
            for (const { scrape } of still) expect(JSON.stringify(scrape)).not.toContain("hashmod");
        }
    });
});
