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
import type { ScrapeJob } from "../../../config/source";
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
const proxied: ScrapeJob = { path: "apiServerProxy", interval: "30s", namespaces: ["shop"] };
/** One without a Prometheus in it. */
const PROXIED = source("bank", {
    jobs: { ...source().jobs, "kubernetes-pods": proxied, "kubernetes-service-endpoints": proxied },
});

function jobsOf(index: number, of: number, cluster = CLUSTER): Job[] {
    const prometheus = { ...SMALL.prometheus, shard: { index, of } };
    return watchingJobs(cluster, { ...SMALL, companions: [{ program: "blackbox_exporter" }], prometheus });
}

/** What discovery knows of a target. */
type Discovered = Readonly<Record<string, string>>;

function node(address: string): Discovered {
    return { __address__: address };
}

/** A port of a pod, which may be of several Services. */
function port(namespace: string, pod: string, address: string, service = ""): Discovered {
    return {
        __address__: address,
        __meta_kubernetes_namespace: namespace,
        __meta_kubernetes_pod_name: pod,
        __meta_kubernetes_service_name: service,
    };
}

/** As Prometheus does it (model/relabel): the last eight bytes of the sum, as a number. */
function partOf(text: string, of: number): number {
    return Number(createHash("md5").update(text).digest().readBigUInt64BE(8) % BigInt(of));
}

/** Addresses that Prometheus itself keeps of some targets, by the rules of a job. */
function kept({ scrape }: Job, targets: readonly Discovered[]): string[] {
    const directory = mkdtempSync(join(tmpdir(), "external-prometheus-shard-"));
    try {
        const file = join(directory, "targets.json");
        const groups = targets.map(({ __address__, ...labels }) => ({ targets: [__address__], labels }));
        writeFileSync(file, JSON.stringify(groups));
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
function takes({ scrape }: Job, target: Discovered): boolean {
    const [hash, keep] = scrape.relabel_configs ?? [];
    const text = hash?.source_labels?.map((label) => target[label] ?? "").join(";") ?? "";
    return hash?.action !== "hashmod" || String(partOf(text, hash.modulus ?? NaN)) === keep?.regex;
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
                    return new Set(found.map((job) => takes(job, node(`${host}:10250`))));
                });
                expect(takers.filter((taken) => taken.has(true))).toEqual([new Set([true])]);
            }),
            { numRuns: 50 },
        );
    });

    it("have all ports of a pod in one of them, since an annotation may make one target of them all", () => {
        const name = fc.stringMatching(/^[a-z]{1,9}$/);
        const ports = fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength: 2, maxLength: 4 });
        fc.assert(
            fc.property(name, name, fc.ipV4(), ports, (namespace, pod, host, numbers) => {
                const parts = [0, 1, 2].map((index) => jobsOf(index, 3, PROXIED));
                const takers = parts.map((part) => {
                    const found = part.filter(({ path }) => path === "apiServerProxy");
                    expect(found).toHaveLength(2);
                    return found.flatMap((job) =>
                        numbers.map((number) => takes(job, port(namespace, pod, `${host}:${number}`, `s${number}`))),
                    );
                });
                const all = Array.from({ length: 2 * numbers.length }, () => true);
                expect(takers.filter((taken) => taken.includes(true))).toEqual([all]);
            }),
            { numRuns: 50 },
        );
    });

    it.each([
        ["nodes", CLUSTER, "kubernetes-nodes"],
        ["pods", PROXIED, "kubernetes-pods"],
    ])("are told by Prometheus as they are here, of %s", (_, cluster, name) => {
        const targets = Array.from({ length: 12 }, (_, i) => port("shop", `p${i}`, `192.0.2.${i}:10250`));
        const job = jobsOf(1, 3, cluster).find((each) => each.job === name) as Job;
        const own = targets.filter((target) => takes(job, target)).map(({ __address__ }) => __address__);
        expect(own.length).toBeGreaterThan(0);
        expect(kept(job, targets).sort()).toEqual(own.sort());
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
