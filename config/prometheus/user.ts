import type { UserFile } from "../files";
import { userJobs } from "../scrapeFile";
import { renderText } from "./render";

/**
 * The jobs of a user's file as the scripts on the VM read them, line by line: rendered like all others, the name first, so
 * that it begins each job.
 */
export function userDocument({ content }: UserFile): string {
    const jobs = userJobs(content).map(({ job_name, ...fields }) => ({ job_name, ...fields }));
    return renderText({ scrape_configs: jobs });
}
