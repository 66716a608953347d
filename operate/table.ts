import { columns } from "./columns";

/** One job as the stack's configuration promises it; `cluster` is empty for what belongs to none. */
export interface ExpectedJob {
    readonly cluster: string;
    readonly job: string;
    readonly path: string;
}

/** One job as the running Prometheus sees it. */
export interface ObservedJob {
    readonly up: number;
    readonly targets: number;
    /** Series that the job's targets gave and that are alive now; Prometheus's own reports on a scrape do not count. */
    readonly series: number;
    /** Age in seconds of the newest sample that a target gave; undefined when there is none within the queries' reach. */
    readonly age: number | undefined;
}

const NOTHING: ObservedJob = { up: 0, targets: 0, series: 0, age: undefined };

const COLUMNS = ["CLUSTER", "JOB", "PATH", "TARGETS", "SERIES", "NEWEST SAMPLE"] as const;
const RIGHT_ALIGNED = [3, 4, 5];

/** The name of a job among all clusters' jobs, which is also what its `job_name` is. */
export function jobKey({ cluster, job }: { cluster: string; job: string }): string {
    return cluster === "" ? job : `${cluster}/${job}`;
}

/** Lines up what is expected with what is seen, in the order of `expected`; a `-` stands for "nothing seen". */
export function table(expected: readonly ExpectedJob[], observed: ReadonlyMap<string, ObservedJob>): string {
    const rows = expected.map((job) => row(job, observed.get(jobKey(job)) ?? NOTHING));
    return columns([COLUMNS, ...rows], { rightAligned: RIGHT_ALIGNED });
}

/** A whole number of seconds in at most two units, for example `42s`, `5m07s`, `3h00m`, `12d04h`. */
export function renderAge(seconds: number): string {
    // Clocks differ a little; a sample from the future is not news to anyone.
    const whole = Math.max(0, Math.round(seconds));
    if (whole < 60) {
        return `${whole}s`;
    }
    const minutes = Math.floor(whole / 60);
    if (minutes < 60) {
        return `${minutes}m${twoDigits(whole % 60)}s`;
    }
    const hours = Math.floor(minutes / 60);
    return hours < 24 ? `${hours}h${twoDigits(minutes % 60)}m` : `${Math.floor(hours / 24)}d${twoDigits(hours % 24)}h`;
}

function row(expected: ExpectedJob, seen: ObservedJob): readonly string[] {
    return [
        expected.cluster === "" ? "-" : expected.cluster,
        expected.job,
        expected.path,
        `${seen.up}/${seen.targets}`,
        seen.age === undefined && seen.series === 0 ? "-" : String(seen.series),
        seen.age === undefined ? "-" : renderAge(seen.age),
    ];
}

function twoDigits(value: number): string {
    return String(value).padStart(2, "0");
}
