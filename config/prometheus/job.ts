import { milliseconds, type Duration, type JobPath } from "../source";
import type { RelabelConfig, ScrapeConfig } from "./types";

/** A scrape job, and what people call it. */
export interface Job {
    /** Empty for a job that belongs to no cluster, as Prometheus holds an absent label to be an empty one. */
    readonly cluster: string;
    readonly job: string;
    readonly path: Exclude<JobPath, "off">;
    readonly scrape: ScrapeConfig;
}

/** What all jobs have: a name that is unique on the VM, and its times. */
export function jobBasics(cluster: string, job: string, interval: Duration) {
    return {
        job_name: cluster === "" ? job : `${cluster}/${job}`,
        scrape_interval: interval,
        scrape_timeout: timeoutFor(interval),
    };
}

/**
 * Prometheus's default of 10s, or three quarters of a shorter interval: a scrape must have ended before the next begins.
 * No longer even where the interval would allow it, since a stop or a reload waits for every scrape that is under way.
 */
export function timeoutFor(interval: Duration): Duration {
    const whole = milliseconds(interval);
    return whole > 10_000 ? "10s" : `${Math.floor(whole * 0.75)}ms`;
}

/** Gives a target its labels `job`, which is `<cluster>/<job>` before, and `cluster`. */
export function identity(cluster: string, job: string): RelabelConfig[] {
    return [
        { target_label: "job", replacement: job },
        { target_label: "cluster", replacement: cluster },
    ];
}
