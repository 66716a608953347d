import { PROGRAMS } from "../../host/programs";
import { sorted } from "../scalars";
import type { ScrapeJobConfig } from "../scrapeJobs";
import type { Duration } from "../source";
import { guardService, LIMITS, OF_NO_CLUSTER } from "./guard";
import { httpClientFields } from "./httpClient";
import { jobBasics, type Job } from "./job";
import type { RelabelConfig, ScrapeConfig } from "./types";

/** Servers and services that belong to no cluster; `names` are those of all such jobs. */
export function scrapeJob(
    job: ScrapeJobConfig & { name: string },
    defaultInterval: Duration,
    names: readonly string[],
): Job {
    const { name, probe, honorLabels, sampleLimit, bodySizeLimit, targetLimit } = job;
    const relabelings = [...discoveredLabels(job), ...(probe ? PROBING : [])];
    return {
        cluster: "",
        job: name,
        path: "direct",
        scrape: {
            ...jobBasics("", name, job.interval ?? defaultInterval),
            ...(honorLabels && { honor_labels: true }),
            sample_limit: sampleLimit,
            // Whoever lists targets could list any number of them.
            ...(isDiscovered(job) && { target_limit: targetLimit }),
            label_limit: LIMITS.label_limit,
            body_size_limit: bodySizeLimit,
            ...(probe ? { metrics_path: "/probe", params: { module: [probe.module] } } : scraped(job)),
            ...places(job),
            ...(relabelings.length > 0 && { relabel_configs: relabelings }),
            metric_relabel_configs: [...(honorLabels ? guardService(name, names) : []), ...OF_NO_CLUSTER],
        },
    };
}

function scraped(job: ScrapeJobConfig & { name: string }): Partial<ScrapeConfig> {
    const { scheme, metricsPath, params } = job;
    return {
        // What says nothing of its format has always been taken for text.
        fallback_scrape_protocol: "PrometheusText0.0.4",
        scheme,
        metrics_path: metricsPath,
        ...(Object.keys(params).length > 0 && { params: sorted(params) }),
        ...httpClientFields(job, ["scrapeJobs", job.name]),
    };
}

/** Where the targets are. */
function places(job: ScrapeJobConfig & { name: string }): Partial<ScrapeConfig> {
    const { name, targets, labels, fileSd, httpSd, dnsSd } = job;
    const hasLabels = Object.keys(labels).length > 0 && !isDiscovered(job);
    return {
        ...(targets && { static_configs: [{ targets, ...(hasLabels && { labels: sorted(labels) }) }] }),
        ...(fileSd && { file_sd_configs: [{ files: fileSd.files, refresh_interval: fileSd.refreshInterval }] }),
        ...(httpSd && {
            http_sd_configs: [
                {
                    url: httpSd.url,
                    refresh_interval: httpSd.refreshInterval,
                    ...httpClientFields(httpSd, ["scrapeJobs", name, "httpSd"]),
                },
            ],
        }),
        ...(dnsSd && {
            dns_sd_configs: [
                {
                    names: dnsSd.names,
                    type: dnsSd.type,
                    ...(dnsSd.port !== undefined && { port: dnsSd.port }),
                    refresh_interval: dnsSd.refreshInterval,
                },
            ],
        }),
    };
}

function isDiscovered({ fileSd, httpSd, dnsSd }: Pick<ScrapeJobConfig, "fileSd" | "httpSd" | "dnsSd">): boolean {
    return (fileSd ?? httpSd ?? dnsSd) !== undefined;
}

/**
 * What is discovered has its labels from who lists it: none of them may tell of a cluster or of another job. Those of the job are
 * set for all.
 */
function discoveredLabels(job: ScrapeJobConfig & { name: string }): RelabelConfig[] {
    if (!isDiscovered(job)) {
        return [];
    }
    return [
        { target_label: "cluster", replacement: "" },
        { target_label: "job", replacement: job.name },
        ...Object.entries(sorted(job.labels)).map(([name, value]) => ({
            target_label: name,
            // Or it would stand for a part of what was matched.
            replacement: value.replaceAll("$", "$$$$"),
        })),
    ];
}

/** Makes a target what the blackbox_exporter is asked about. */
const PROBING: readonly RelabelConfig[] = [
    { source_labels: ["__address__"], target_label: "__param_target" },
    { source_labels: ["__param_target"], target_label: "instance" },
    { target_label: "__address__", replacement: PROGRAMS.blackbox_exporter.address },
];
