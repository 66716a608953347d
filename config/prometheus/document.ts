import type { PrometheusConfig } from "../programs";
import type { StaticJob } from "../schema";
import type { ScrapeSource } from "../source";
import { apiServerJobs } from "./apiservers";
import { federationJobs } from "./federation";
import { timeoutFor, type Job } from "./job";
import { nodeJobs } from "./nodes";
import { renderYaml } from "./render";
import { selfJob } from "./self";
import { staticJob } from "./static";
import type { PrometheusDocument, ScrapeConfigFile } from "./types";

/** All that the documents are made of; no secret is among it, so that a preview can show them. */
export interface Scraping {
    readonly sources: readonly ScrapeSource[];
    readonly staticJobs: readonly (StaticJob & { name: string })[];
    readonly prometheus: Pick<PrometheusConfig, "scrapeInterval">;
}

/** A file on the VM, below Prometheus's configuration directory. */
export interface Document {
    readonly path: string;
    /** Octal. */
    readonly mode: string;
    readonly content: string;
}

/** Jobs of one cluster, in the order of the document. */
export function clusterJobs(source: ScrapeSource): Job[] {
    return [...apiServerJobs(source), ...nodeJobs(source), ...federationJobs(source)];
}

/** Jobs that belong to no cluster, in the order of the document. */
export function localJobs({ staticJobs, prometheus }: Omit<Scraping, "sources">): Job[] {
    const others = staticJobs.map((job) => staticJob(job, prometheus.scrapeInterval));
    return [selfJob(prometheus.scrapeInterval), ...others.sort((a, b) => (a.job < b.job ? -1 : 1))];
}

export function prometheusDocument(scraping: Omit<Scraping, "sources">): PrometheusDocument {
    const interval = scraping.prometheus.scrapeInterval;
    return {
        global: { scrape_interval: interval, scrape_timeout: timeoutFor(interval) },
        scrape_config_files: ["clusters/*.yml"],
        scrape_configs: localJobs(scraping).map((job) => job.scrape),
    };
}

export function clusterDocument(source: ScrapeSource): ScrapeConfigFile {
    return { scrape_configs: clusterJobs(source).map((job) => job.scrape) };
}

/** The whole configuration, sorted by path. Without sources the VM watches itself and the static jobs. */
export function documents(scraping: Scraping): Document[] {
    const clusters = scraping.sources.map((source) => ({
        path: `clusters/${source.name}.yml`,
        mode: "0640",
        content: renderYaml(clusterDocument(source)),
    }));
    const main = { path: "prometheus.yml", mode: "0640", content: renderYaml(prometheusDocument(scraping)) };
    return [...clusters.sort((a, b) => (a.path < b.path ? -1 : 1)), main];
}
