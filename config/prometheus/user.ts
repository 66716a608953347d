import type { UserFile } from "../files";
import { userJobs } from "../scrapeFile";
import type { Duration } from "../source";
import type { JobOutput } from "./jobs";
import { renderText } from "./render";

/**
 * The jobs of a user's file as the scripts on the VM read them, line by line: rendered like all others, the name first, so
 * that it begins each job.
 */
export function userDocument({ content }: UserFile): string {
    const jobs = userJobs(content).map(({ job_name, ...fields }) => ({ job_name, ...fields }));
    return renderText({ scrape_configs: jobs });
}

/** They belong to no cluster that this program knows of. */
export function userJobOutputs({ content }: UserFile, defaultInterval: Duration): JobOutput[] {
    return userJobs(content).map(({ job_name, scrape_interval }) => ({
        cluster: "",
        job: job_name,
        path: "direct",
        interval: typeof scrape_interval === "string" ? scrape_interval : defaultInterval,
    }));
}
