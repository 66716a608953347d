import { OWN_JOBS } from "../ownJobs";
import { isAnnotated, JOB_NAMES, type JobName, type JobPath, type Matcher, type ScrapeSource } from "../source";
import { namingOf, STATIC_API_SERVERS } from "./naming";
import type { RelabelConfig } from "./types";

/** Far above what one job of a cluster brings, far below what would fill the VM's memory. */
export const LIMITS = { sample_limit: 200_000, label_limit: 64, body_size_limit: "200MB" };

/** By these series Prometheus takes up its own alerts again after a restart. */
const NO_STATE: RelabelConfig = { source_labels: ["__name__"], regex: "ALERTS_FOR_STATE", action: "drop" };

type Guarded = Pick<ScrapeSource, "name" | "jobs" | "naming">;

/** Names that series of the VM's own making have, besides those of the jobs themselves. */
const OWN = [`${STATIC_API_SERVERS};.*`, "federate/.+;.*", "probe-.+;.*"];

/**
 * Lets series that keep their own labels (`honor_labels`) be none of another cluster, or of a job that the VM scrapes itself. The
 * order matters: first none stay under the name of such a job; then a foreign `cluster` is kept as `exported_cluster` (or two
 * series that differ in it alone would become one), then the label is forced.
 */
export function guard(source: Guarded, job: JobName, more: readonly string[] = []): RelabelConfig[] {
    const others = JOB_NAMES.filter((other) => other !== job && isReserved(other, source.jobs[other]?.path));
    const names = others.map((other) => seriesOf(source, other));
    const cluster = source.name;
    return [
        { source_labels: ["job", "metrics_path"], regex: [...names, ...more, ...OWN].join("|"), action: "drop" },
        NO_STATE,
        { source_labels: ["cluster"], regex: "(.+)", target_label: "exported_cluster" },
        { source_labels: ["cluster"], regex: cluster, target_label: "exported_cluster", replacement: "" },
        { target_label: "cluster", replacement: cluster },
    ];
}

/** Whether no series of another job may have its name. Evidence may be among Services that are left out otherwise. */
function isReserved(job: JobName, path: JobPath | undefined): boolean {
    return path === "off" ? job !== "kubernetes-service-endpoints" : path !== undefined && path !== "federate";
}

/** The same for what an exporter says of itself: it is nothing either that is federated from the Prometheus in the cluster. */
export function guardExporter(source: Guarded & Pick<ScrapeSource, "federation">, job: JobName): RelabelConfig[] {
    const federated = JOB_NAMES.flatMap((each) => source.federation?.matchers[each] ?? [])
        .filter(({ label, operator }) => label === "job" && operator.startsWith("="))
        .map(patternOf);
    const own = namingOf(source, job).job;
    const others = [...new Set(federated)].filter((pattern) => !new RegExp(`^(?:${pattern})$`).test(own));
    return guard(
        source,
        job,
        others.map((pattern) => `(${pattern});.*`),
    );
}

/** Keeps beside what a server of no cluster says of one, as Prometheus does where a target has such a label itself. */
export const OF_NO_CLUSTER: readonly RelabelConfig[] = [
    { source_labels: ["cluster"], regex: "(.+)", target_label: "exported_cluster" },
    { target_label: "cluster", replacement: "" },
];

/**
 * Lets a server of no cluster that names its series itself say nothing under the name of a job that is scraped here: it is told as
 * of its own job. Nor has it an alert of this Prometheus.
 */
export function guardService(job: string, others: readonly string[]): RelabelConfig[] {
    const names = [...OWN_JOBS, ...others].filter((name) => name !== job).sort();
    const reserved = [...names, "federate/.+"].join("|");
    return [
        { source_labels: ["job"], regex: `(${reserved})`, target_label: "exported_job" },
        // An empty one is kept by Prometheus too, and would leave the series with nobody.
        { source_labels: ["job"], regex: `(${reserved}|)`, target_label: "job", replacement: job },
        { source_labels: ["__name__"], regex: "ALERTS|ALERTS_FOR_STATE", action: "drop" },
    ];
}

/** The regular expression (RE2) of a matcher's value. */
export function patternOf({ operator, value }: Matcher): string {
    return operator.endsWith("~") ? value : literally(value);
}

/** Labels `job` and `metrics_path` of what the VM scrapes itself, with a semicolon between them. */
function seriesOf(source: Pick<ScrapeSource, "naming">, job: JobName): string {
    const { job: name, metrics_path = ".*" } = namingOf(source, job);
    return `${isAnnotated(job) ? `${name}(-slow)?` : name};${metrics_path}`;
}

/** A regular expression (RE2) that this text alone matches. */
export function literally(text: string): string {
    return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
