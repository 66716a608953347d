import { describe, expect, it } from "vitest";
import { localJobs, watchingJobs } from "../../../config/prometheus/document";
import type { ScrapeConfig } from "../../../config/prometheus/types";
import { ENVIRONMENT_NAMES, scrapingOf } from "./environments";
import { scrapeJob, SMALL } from "./scraping";

/** A job that names its series itself, beside another. */
const OWN = localJobs({ ...SMALL, scrapeJobs: [scrapeJob("own", { honorLabels: true }), scrapeJob("other")] }).find(
    ({ job }) => job === "own",
);
const [exported, renamed, ...rest] = OWN?.scrape.metric_relabel_configs ?? [];

/** The labels `job` that a job's targets can have. */
function names({ job_name, relabel_configs = [] }: ScrapeConfig): string[] {
    const set = relabel_configs.filter(({ target_label }) => target_label === "job");
    return set.length === 0 ? [job_name] : set.map(({ replacement = "" }) => replacement);
}

/** How a series of another job's name is called, and what is kept of that. */
function called(name: string): { job: string; exported_job: string | undefined } {
    const matches = (rule: typeof renamed) => new RegExp(`^(?:${rule?.regex ?? ""})$`).test(name);
    return {
        job: matches(renamed) ? (renamed?.replacement ?? "") : name,
        exported_job: matches(exported) ? name : undefined,
    };
}

describe("a server that names its series itself", () => {
    it.each(ENVIRONMENT_NAMES)("writes none of a job that is made in an environment with %s", (environment) => {
        const scraping = { ...scrapingOf(environment), scrapeJobs: [] };
        const jobs = [...localJobs(scraping), ...scraping.sources.flatMap((each) => watchingJobs(each, scraping))];
        const all = jobs.flatMap(({ scrape }) => names(scrape));
        expect(all.length).toBeGreaterThan(0);
        for (const name of all) {
            expect(called(name)).toEqual({ job: "own", exported_job: name });
        }
    });

    it("writes none of another server's job, and none of no job", () => {
        expect(called("other")).toEqual({ job: "own", exported_job: "other" });
        expect(called("")).toEqual({ job: "own", exported_job: undefined });
    });

    it.each(["own", "another", "etcd-backup", "probe", "probe-website"])("may call its series %s", (name) => {
        expect(called(name)).toEqual({ job: name, exported_job: undefined });
    });

    it("has no alerts, and is of no cluster", () => {
        expect([exported?.target_label, renamed?.target_label]).toEqual(["exported_job", "job"]);
        expect(rest).toEqual([
            { source_labels: ["__name__"], regex: "ALERTS|ALERTS_FOR_STATE", action: "drop" },
            { source_labels: ["cluster"], regex: "(.+)", target_label: "exported_cluster" },
            { target_label: "cluster", replacement: "" },
        ]);
    });
});
