import type { UserFile } from "../files";
import { userJobs } from "../scrapeFile";
import type { Duration, JobPath } from "../source";
import { localJobs, type Scraping, watchingJobs } from "./document";

/** One line of the stack's output `jobs`: what is scraped, by which path, how often. */
export interface JobOutput {
    /** Empty for a job that belongs to no cluster. */
    readonly cluster: string;
    readonly job: string;
    readonly path: Exclude<JobPath, "off">;
    /** As Prometheus takes it, such as `30s`. */
    readonly interval: string;
}

/** Every job of the documents, sorted by cluster and name; one that is off is not among them. */
export function jobs(scraping: Scraping): JobOutput[] {
    const { prometheus, scrapeConfigFiles, sources } = scraping;
    return [...localJobs(scraping), ...sources.flatMap((source) => watchingJobs(source, scraping))]
        .map(({ cluster, job, path, scrape }): JobOutput => ({ cluster, job, path, interval: scrape.scrape_interval }))
        .concat(scrapeConfigFiles.flatMap((file) => userJobOutputs(file, prometheus.scrapeInterval)))
        .sort((a, b) => (a.cluster === b.cluster ? (a.job < b.job ? -1 : 1) : a.cluster < b.cluster ? -1 : 1));
}

/** They belong to no cluster that this program knows of. */
function userJobOutputs({ content }: UserFile, defaultInterval: Duration): JobOutput[] {
    return userJobs(content).map(({ job_name, scrape_interval }) => ({
        cluster: "",
        job: job_name,
        path: "direct",
        interval: typeof scrape_interval === "string" ? scrape_interval : defaultInterval,
    }));
}
