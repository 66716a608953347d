import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { endpointLines } from "../config/prometheus/endpoints";
import { namingOf } from "../config/prometheus/naming";
import { ANNOTATED_JOBS, JOB_NAMES, type ScrapeSource } from "../config/source";
import { Failure } from "./failure";
import { lastLine } from "./process";
import { type ExpectedJob, jobKey, type ObservedJob } from "./table";
import { runOnVm, type Vm } from "./vm";

const TIMEOUT_SECONDS = 60;

/** What the last scrape of each target brought; a federation reports under the name `federate/<job>`. */
const SERIES = `sum by (cluster, job, metrics_path, instance, replica) (${underOneName("scrape_samples_post_metric_relabeling")})`;

/** A scrape that failed writes an `up` too, so only a success proves that a target gave a sample. */
const SCRAPED = newest("timestamp(up) and up == 1");

/** A federated `up` of either value is a sample that the cluster gave, and has the time at which the cluster took it. */
const FEDERATED = newest("timestamp(up)");

/** The probes that fail: with the status that they were answered with by HTTP, else with 0. */
export const FAILING = "probe_http_status_code and probe_success == 0 or probe_success == 0";

/** As of now, else looks back an hour finely, then a week coarsely; all are cheap, since a target has one `up`. */
function newest(expression: string): string {
    const lookingBack = ["1h:5s", "7d:5m"].map((range) => `max_over_time((${expression})[${range}])`);
    return [expression, ...lookingBack]
        .map((each) => `max by (cluster, job, metrics_path) (${underOneName(each)})`)
        .join(" or ");
}

/** What is scraped slowly belongs to the job of the same name without that ending. */
function underOneName(expression: string): string {
    return `label_replace(${expression}, "job", "$1", "job", "(${ANNOTATED_JOBS.join("|")})-slow")`;
}

const Targets = z.object({
    data: z.object({
        activeTargets: z.array(
            z.object({
                scrapePool: z.string(),
                health: z.string(),
                lastError: z.string(),
                labels: z.object({ instance: z.string(), replica: z.string().default("") }),
            }),
        ),
    }),
});

const Vector = z.object({
    data: z.object({
        result: z.array(
            z.object({
                metric: z.object({
                    cluster: z.string().default(""),
                    job: z.string().default(""),
                    metrics_path: z.string().default(""),
                    instance: z.string().default(""),
                    replica: z.string().default(""),
                }),
                value: z.tuple([z.number(), z.string()]),
            }),
        ),
    }),
});
type Vector = z.infer<typeof Vector>;

/** What a Prometheus has, job by job. */
export interface Observed {
    readonly jobs: ReadonlyMap<string, ObservedJob>;
    /** In words, which targets are down and why, and which federations find nothing and what there is instead. */
    readonly complaints: readonly string[];
}

/** Asks the Prometheus on the VM, in one connection, what it has of each expected job. */
export async function observe(
    vm: Vm,
    url: string,
    expected: readonly ExpectedJob[],
    sources: readonly ScrapeSource[],
): Promise<Observed> {
    const scripts = ["../host/offers.sh", "status.sh"].map((name) => readFileSync(join(__dirname, name), "utf8"));
    const text = scripts.join("\n");
    const values = {
        url: url.replace(/\/$/, ""),
        series: SERIES,
        scraped: SCRAPED,
        federated: FEDERATED,
        failing: FAILING,
        endpoints: endpointLines(sources),
    };
    const { code, stdout, stderr } = await runOnVm(vm, { text, values, timeoutSeconds: TIMEOUT_SECONDS });
    if (code !== 0) {
        throw new Failure(
            `The VM ${vm.host} answers, but its Prometheus at ${url} does not: ${lastLine(stderr)}\n` +
                "Look at 'systemctl status prometheus' and 'journalctl -u prometheus' on the VM.",
        );
    }
    return understand(stdout, expected, sources);
}

/** The answers of status.sh, joined by job. */
export function understand(
    stdout: string,
    expected: readonly ExpectedJob[],
    sources: readonly Pick<ScrapeSource, "name" | "naming">[],
): Observed {
    const [targetsLine, ...lines] = stdout.split("\n");
    const { activeTargets } = Targets.parse(JSON.parse(targetsLine ?? "")).data;
    const [brought = [], scraped = [], federated = [], failed = []] = lines.slice(0, 4).map(samples);
    const words = lines.slice(4);
    // What is not a target any more is among the answers for up to five minutes.
    const active = new Set(activeTargets.map(({ labels }) => place(labels)));
    const series = brought.filter(({ metric }) => active.has(place(metric)));
    const probed = new Set(activeTargets.map(({ scrapePool, labels }) => `${scrapePool} ${labels.instance}`));
    const failing = failed.filter(({ metric }) => probed.has(`${jobKey(metric)} ${metric.instance}`));
    const jobs = new Map(
        expected.map((job) => {
            const key = jobKey(job);
            const targets = activeTargets.filter(({ scrapePool }) => scrapePool === key);
            const own = labelsOf(job, sources);
            // What the VM says of a federation itself, and the newest that came by it.
            const reported = job.path === "federate" ? { ...job, job: `federate/${job.job}` } : own;
            const newest =
                job.path === "federate" ? [...of(federated, own), ...of(scraped, reported)] : of(scraped, own);
            const [sample] = newest;
            const probesFailed = failing.filter(({ metric }) => jobKey(metric) === key).length;
            const seen = {
                up: targets.filter(({ health }) => health === "up").length - probesFailed,
                targets: targets.length,
                series: of(series, reported).reduce((sum, { value }) => sum + value, 0),
                age: sample && sample.at - sample.value,
            };
            return [key, seen];
        }),
    );
    const isExpected = (key: string) => jobs.has(key);
    const down = activeTargets
        .filter(({ scrapePool, health }) => health === "down" && isExpected(scrapePool))
        .map(
            ({ scrapePool, lastError, labels }) =>
                `${scrapePool} is down at ${labels.instance}: ${lastError.replace(/^Get "[^"]*": /, "")}`,
        );
    const unanswered = failing
        .filter(({ metric }) => isExpected(jobKey(metric)))
        .map(({ metric, value }) => {
            const why = value === 0 ? "the probe has no answer, or no good one" : `HTTP status ${value}`;
            return `${jobKey(metric)} fails at ${metric.instance}: ${why}`;
        });
    return { jobs, complaints: [...[...down, ...unanswered].sort(), ...words.filter((line) => line !== "")] };
}

/** Where something is scraped, whichever job does it. */
function place({ instance, replica }: { instance: string; replica: string }): string {
    return `${instance} ${replica}`;
}

type Labels = Pick<Sample["metric"], "cluster" | "job"> & { readonly metrics_path?: string | undefined };

/** By which the series of a job that the VM scrapes are found. */
function labelsOf(job: ExpectedJob, sources: readonly Pick<ScrapeSource, "name" | "naming">[]): Labels {
    const source = sources.find(({ name }) => name === job.cluster);
    const name = JOB_NAMES.find((each) => each === job.job);
    return source === undefined || name === undefined || job.path === "federate"
        ? job
        : { cluster: job.cluster, ...namingOf(source, name) };
}

interface Sample {
    readonly metric: Vector["data"]["result"][number]["metric"];
    /** The VM's time when it was asked for: an age must not depend on this machine's clock. */
    readonly at: number;
    readonly value: number;
}

function samples(line: string): Sample[] {
    const { data }: Vector = Vector.parse(JSON.parse(line));
    return data.result.map(({ metric, value: [at, text] }) => ({ metric, at, value: Number(text) }));
}

/** Of one job, the highest value first. */
function of(all: readonly Sample[], { cluster, job, metrics_path }: Labels): Sample[] {
    return all
        .filter(({ metric }) => metric.cluster === cluster && metric.job === job)
        .filter(({ metric }) => metrics_path === undefined || metric.metrics_path === metrics_path)
        .sort((a, b) => b.value - a.value);
}
