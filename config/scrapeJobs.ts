import { z } from "zod";
import {
    HTTP_CLIENT,
    httpClientIssues,
    HttpUrl,
    isHttpUrl,
    lackingScheme,
    lackingUrl,
    type Refuse,
    refusing,
    REMOVE,
    setFields,
    withoutSecretParams,
} from "./httpClient";
import { OWN_JOBS } from "./ownJobs";
import { keyAt, type Problem, removal } from "./problems";
import { LIMITS } from "./prometheus/guard";
import { Line } from "./lines";
import { SECRET_PARAM } from "./secretNames";
import { ALWAYS, field, isObject, Labels, Port, RefreshInterval } from "./scalars";
import { ScrapeInterval } from "./source";

/** A name that becomes a part of file names, and that nothing in a message or a shell has to quote. */
export const ServiceName = z
    .string()
    .regex(/^[a-zA-Z][\w-]{0,99}$/, "must be up to 100 letters, digits, '_' and '-', a letter first");

export const ScrapeJobName = ServiceName.refine(
    (name) => !OWN_JOBS.includes(name),
    "is the name of a job that this program makes itself; choose another",
);

const ADDRESS = /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):([1-9]\d{0,4})$/;

const Target = withoutSecretParams(
    z
        .string()
        .refine(
            (target) => ADDRESS.test(target) || isHttpUrl(target),
            "must be host:port, or, to be probed by http_2xx, an http:// or https:// URL without user, password and fragment",
        )
        .refine((target) => Number(ADDRESS.exec(target)?.[2] ?? 0) <= 65535, "must have a port up to 65535"),
);

const FileSd = z.strictObject({
    files: z
        .array(
            z
                .string()
                .regex(
                    /^\/((?!\.\.?\/)[\w.@+-]+\/)*[\w.@+-]*\*?[\w.@+-]*\.(json|ya?ml)$/,
                    "must be an absolute path on the VM that ends in .json, .yml or .yaml, with one '*' at most, in its last part",
                ),
        )
        .min(1)
        .describe("The files; each must be there, and be readable by the user prometheus"),
    refreshInterval: RefreshInterval.default("5m").describe("How often they are read where no change was seen"),
});

const HttpSd = z.strictObject({
    url: HttpUrl.describe("Where the list is; it is shown, so no secret may be in it"),
    refreshInterval: RefreshInterval.default("60s").describe("How often it is asked"),
    ...HTTP_CLIENT,
});

const DnsSd = z.strictObject({
    names: z
        .array(z.string().regex(/^\w([\w.-]*\w)?\.?$/, "must be a name in the DNS"))
        .min(1)
        .describe("Names that are looked up"),
    type: z.enum(["SRV", "A", "AAAA"]).default("SRV").describe("Type of their records"),
    port: Port.optional().describe("Port of the targets; needed unless `type` is `SRV`, whose records have it"),
    refreshInterval: RefreshInterval.default("30s").describe("How often they are looked up"),
});

/** Servers and services outside the cluster. */
export const ScrapeJobConfig = z
    .strictObject({
        targets: z.array(Target).min(1).optional().describe("What is scraped, each as host:port; or what is probed"),
        fileSd: FileSd.optional().describe("Targets as files on the VM list them, which something else writes"),
        httpSd: HttpSd.optional().describe("Targets as a server lists them, with an HTTP client of its own"),
        dnsSd: DnsSd.optional().describe("Targets as the DNS knows them"),
        probe: z
            .strictObject({
                module: z
                    .enum(["http_2xx", "tcp_connect", "tcp_tls"])
                    .describe("Whether it answers with a status of 2xx, takes a connection, or speaks TLS"),
            })
            .optional()
            .describe("The targets are not scraped, but probed by the `blackboxExporter` beside Prometheus"),
        scheme: z.enum(["http", "https"]).default("http").describe("Protocol of the targets"),
        metricsPath: z
            .string()
            .regex(/^\/[\x21-\x7e]*$/, "must begin with '/'")
            .default("/metrics")
            .describe("Path on the targets"),
        params: z
            .record(
                z
                    .string()
                    .regex(
                        /^(?!(files|rule_files|scrape_config_files|targets|tls_config)$)[\w.[\]-]{1,100}$/,
                        "must be letters, digits and '._-[]', and none of files, rule_files, scrape_config_files, targets and " +
                            "tls_config",
                    )
                    .refine(
                        (name) => !SECRET_PARAM.test(name),
                        "must not be a secret's, since parameters are shown: use authorization or username",
                    ),
                z.array(Line).min(1),
            )
            .default({})
            .describe("Parameters of each request; they are shown, so no secret may be among them"),
        interval: ScrapeInterval.optional().describe("How often (default: `prometheus.scrapeInterval`)"),
        labels: Labels.default({}).describe("Labels of every target of `targets`, `fileSd`, `httpSd` and `dnsSd`"),
        honorLabels: z
            .boolean()
            .default(false)
            .describe(
                "Whether a target names the labels of its series itself; none of them is of a cluster or of this program's jobs even so",
            ),
        sampleLimit: z
            .int()
            .min(1)
            .default(LIMITS.sample_limit)
            .describe("A target with more samples is not scraped at all"),
        bodySizeLimit: z
            .string()
            .regex(/^[1-9]\d*(KB|MB|GB)$/, "must be a size such as 200MB")
            .default(LIMITS.body_size_limit)
            .describe("Nor is one that answers with more"),
        targetLimit: z
            .int()
            .min(1)
            .default(1_000)
            .describe("With more targets none is scraped, where some come from `fileSd`, `httpSd` or `dnsSd`"),
        ...HTTP_CLIENT,
    })
    .superRefine((job: unknown, context) => {
        if (isObject(job)) jobIssues(job, refusing(context));
    }, ALWAYS);
export type ScrapeJobConfig = z.infer<typeof ScrapeJobConfig>;

const DISCOVERIES = ["targets", "fileSd", "httpSd", "dnsSd"];

/** What is wrong with fields that each are right. Sees values that are about to be refused, and passes over them. */
function jobIssues(job: Readonly<Record<string, unknown>>, refuse: Refuse): void {
    if (setFields(job, DISCOVERIES).length === 0) {
        refuse([], `must have one of ${DISCOVERIES.join(", ")}`);
    }
    const { httpSd, dnsSd, probe } = job;
    if (isObject(httpSd)) {
        httpClientIssues(httpSd, lackingUrl(httpSd["url"]), (path, ...rest) => {
            refuse(["httpSd", ...path], ...rest);
        });
    }
    if (isObject(dnsSd)) {
        dnsIssues(dnsSd, refuse);
    }
    if (probe === undefined) {
        httpClientIssues(job, lackingScheme(job["scheme"]), refuse);
    } else {
        scrapeFields(job).forEach((name) => {
            refuse([name], "must not be set beside probe: the blackbox_exporter asks, by its module", REMOVE);
        });
    }
    const isTcp = ["tcp_connect", "tcp_tls"].some((module) => module === field(probe, "module"));
    const targets = Array.isArray(job["targets"]) ? (job["targets"] as unknown[]) : [];
    for (const [i, target] of targets.entries()) {
        if (isHttpUrl(target) && (probe === undefined || isTcp)) {
            refuse(["targets", i], "must be host:port, unless it is probed by http_2xx");
        }
    }
}

function dnsIssues({ type = "SRV", port }: Readonly<Record<string, unknown>>, refuse: Refuse): void {
    if (type === "SRV" && port !== undefined) {
        refuse(["dnsSd", "port"], "is of no use with the type SRV, whose records have a port", REMOVE);
    }
    if (type !== "SRV" && port === undefined) {
        refuse(["dnsSd", "port"], "is missing: only records of the type SRV have a port");
    }
}

/** What is said of how the targets are scraped. */
function scrapeFields({ scheme, metricsPath, params, ...job }: Readonly<Record<string, unknown>>): string[] {
    return [
        ...((scheme ?? "http") === "http" ? [] : ["scheme"]),
        ...((metricsPath ?? "/metrics") === "/metrics" ? [] : ["metricsPath"]),
        ...(isObject(params) && Object.keys(params).length === 0 ? [] : setFields({ params }, ["params"])),
        ...setFields(job, Object.keys(HTTP_CLIENT)),
    ];
}

/** Probes without the exporter that would make them. */
export function probeProblems(jobs: unknown, hasExporter: boolean): Problem[] {
    const probes = isObject(jobs) && !hasExporter ? Object.keys(jobs).filter((name) => field(jobs[name], "probe")) : [];
    return probes.map((name) => {
        // Without `probe` alone, what it probes would be scraped.
        const remedy = `set blackboxExporter ('{}' will do), or: ${removal(keyAt("scrapeJobs", [name]))}`;
        return {
            key: keyAt("scrapeJobs", [name, "probe"]),
            message: "is set, but there is no blackboxExporter",
            remedy,
        };
    });
}
