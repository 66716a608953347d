import type { ScrapeJobConfig } from "../schema";
import type { Duration } from "../source";
import { jobBasics, type Job } from "./job";

/** Servers and services that belong to no cluster. */
export function scrapeJob(job: ScrapeJobConfig & { name: string }, defaultInterval: Duration): Job {
    const labels = Object.entries(job.labels).sort(([a], [b]) => (a < b ? -1 : 1));
    return {
        cluster: "",
        job: job.name,
        path: "direct",
        scrape: {
            ...jobBasics("", job.name, job.interval ?? defaultInterval),
            scheme: job.scheme,
            metrics_path: job.metricsPath,
            static_configs: [
                { targets: job.targets, ...(labels.length > 0 && { labels: Object.fromEntries(labels) }) },
            ],
        },
    };
}
