import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { endpointLines } from "../config/prometheus/endpoints";
import { ANNOTATED_JOBS, type ScrapeSource } from "../config/source";
import { Failure } from "./failure";
import { lastLine } from "./process";
import { type ExpectedJob, jobKey, type ObservedJob } from "./table";
import { runOnVm, type Vm } from "./vm";

const TIMEOUT_SECONDS = 60;

/** What the last scrape of each target brought; a federation reports under the name `federate/<job>`. */
const SERIES = `sum by (cluster, job) (${underOneName("scrape_samples_post_metric_relabeling")})`;

/** A scrape that failed writes an `up` too, so only a success proves that a target gave a sample. */
const SCRAPED = newest("timestamp(up) and up == 1");

/** A federated `up` of either value is a sample that the cluster gave, and has the time at which the cluster took it. */
const FEDERATED = newest("timestamp(up)");

/** As of now, else looks back an hour finely, then a week coarsely; all are cheap, since a target has one `up`. */
function newest(expression: string): string {
    const lookingBack = ["1h:5s", "7d:5m"].map((range) => `max_over_time((${expression})[${range}])`);
    return [expression, ...lookingBack].map((each) => `max by (cluster, job) (${underOneName(each)})`).join(" or ");
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
                labels: z.object({ instance: z.string() }),
            }),
        ),
    }),
});

const Vector = z.object({
    data: z.object({
        result: z.array(
            z.object({
                metric: z.object({ cluster: z.string().default(""), job: z.string().default("") }),
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
        endpoints: endpointLines(sources),
    };
    const { code, stdout, stderr } = await runOnVm(vm, { text, values, timeoutSeconds: TIMEOUT_SECONDS });
    if (code !== 0) {
        throw new Failure(
            `The VM ${vm.host} answers, but its Prometheus at ${url} does not: ${lastLine(stderr)}\n` +
                "Look at 'systemctl status prometheus' and 'journalctl -u prometheus' on the VM.",
        );
    }
    return understand(stdout, expected);
}

/** The answers of status.sh, joined by job. */
export function understand(stdout: string, expected: readonly ExpectedJob[]): Observed {
    const [targetsLine, seriesLine, scrapedLine, federatedLine, ...words] = stdout.split("\n");
    const { activeTargets } = Targets.parse(JSON.parse(targetsLine ?? "")).data;
    const series = byJob(seriesLine);
    const scraped = byJob(scrapedLine);
    const federated = byJob(federatedLine);
    const jobs = new Map(
        expected.map((job) => {
            const key = jobKey(job);
            const targets = activeTargets.filter(({ scrapePool }) => scrapePool === key);
            const isFederated = job.path === "federate";
            const reported = isFederated ? jobKey({ ...job, job: `federate/${job.job}` }) : key;
            const sample = (isFederated ? federated : scraped).get(key);
            const seen = {
                up: targets.filter(({ health }) => health === "up").length,
                targets: targets.length,
                series: series.get(reported)?.value ?? 0,
                age: sample && sample.at - sample.value,
            };
            return [key, seen];
        }),
    );
    const down = activeTargets
        .filter(({ scrapePool, health }) => health === "down" && jobs.has(scrapePool))
        .map(
            ({ scrapePool, lastError, labels }) =>
                `${scrapePool} is down at ${labels.instance}: ${lastError.replace(/^Get "[^"]*": /, "")}`,
        );
    return { jobs, complaints: [...down.sort(), ...words.filter((line) => line !== "")] };
}

/** Each series' value, and the VM's time when it was asked for: an age must not depend on this machine's clock. */
function byJob(line: string | undefined): ReadonlyMap<string, { at: number; value: number }> {
    const { data }: Vector = Vector.parse(JSON.parse(line ?? ""));
    return new Map(data.result.map(({ metric, value: [at, text] }) => [jobKey(metric), { at, value: Number(text) }]));
}
