import { z } from "zod";
import { Address, ServerUrl } from "./addresses";
import { PemCertificate } from "./certificate";
import { Host, Line, SecretLine, UnframedText, UserOfHttp } from "./lines";

/** Version of the contract between the two sides, which changes with what a reader could misunderstand. */
export const SOURCE_VERSION = 5;

const Version = z.literal(SOURCE_VERSION).describe("Version of this contract; a reader refuses any other");

/** The five Kubernetes jobs, by the names that Prometheus's own documentation and its chart give them. */
export const KUBERNETES_JOBS = [
    "kubernetes-apiservers",
    "kubernetes-nodes",
    "kubernetes-nodes-cadvisor",
    "kubernetes-pods",
    "kubernetes-service-endpoints",
] as const;
export type KubernetesJob = (typeof KUBERNETES_JOBS)[number];

/** Jobs that hold the evidence of what went on; one that a cluster does not name comes with whatever else brings it there. */
export const EVIDENCE_JOBS = [
    "etcd",
    "kube-scheduler",
    "kube-controller-manager",
    "node-exporter",
    "kube-state-metrics",
    "coredns",
] as const;
export type EvidenceJob = (typeof EVIDENCE_JOBS)[number];

/** Parts of what is federated that are told by the names of their metrics, not by jobs. */
export const SLICES = ["vital-signs", "recording-rules", "alerts"] as const;
export type Slice = (typeof SLICES)[number];

/** Everything that a cluster gives under a path of its own. */
export const JOB_NAMES = [...KUBERNETES_JOBS, ...EVIDENCE_JOBS, ...SLICES] as const;
const JobName = z.enum(JOB_NAMES);
export type JobName = z.infer<typeof JobName>;

export const JobPath = z.enum(["direct", "federate", "apiServerProxy", "off"]);
export type JobPath = z.infer<typeof JobPath>;

/** A Prometheus duration of one unit, for example `30s`. */
export const Duration = z
    .templateLiteral([z.number(), z.enum(["ms", "s", "m", "h", "d"])], { error: "must be a duration such as 30s" })
    .refine((duration) => /^[1-9]\d*[a-z]+$/.test(duration), "must be a duration such as 30s");
export type Duration = z.infer<typeof Duration>;

/** Milliseconds of a duration such as `30s`. */
export function milliseconds(duration: Duration): number {
    const factor = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
    const [, number, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(duration) ?? [];
    return Number(number) * factor[unit as keyof typeof factor];
}

/** Promtool's lint refuses 5m as well. */
export const ScrapeInterval = Duration.refine(
    (interval) => milliseconds(interval) >= 1_000 && milliseconds(interval) < 300_000,
    "must be at least 1s and below 5m, the time that a query looks back",
);

/** Becomes the label `cluster`, a file name and a part of every `job_name`: an RFC 1123 label. */
export const ClusterName = z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "must be lower-case letters, digits and '-' (an RFC 1123 label)");

/** A condition on a label, as in PromQL; a regular expression matches the whole value. */
export const Matcher = z.strictObject({
    label: z.string().regex(/^[A-Za-z_]\w*$/),
    operator: z.enum(["=", "!=", "=~", "!~"]),
    value: Line.min(1),
});
export type Matcher = z.infer<typeof Matcher>;

/** An RFC 1123 label, as Kubernetes demands it of most names. */
export const ObjectName = z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "must be lower-case letters, digits and '-' (an RFC 1123 label)");

/** Where pods and Services are looked for. */
export const Namespaces = z
    .array(
        z
            .string()
            .regex(
                /^(\*|[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)$/,
                "must be the name of a namespace, or '*' for all of them",
            ),
    )
    .min(1)
    .refine(
        (names) => new Set(names).size === names.length && (names.length === 1 || !isAll(names)),
        "must name each namespace once, and none beside '*'",
    );

/** Whether all namespaces are meant, those that are still to come, too. */
export function isAll(namespaces: readonly string[]): boolean {
    return namespaces.includes("*");
}

export const ScrapeJob = z.strictObject({
    path: JobPath.describe(
        "How its series reach the VM: scraped by the VM itself or, of pods and Services, through the API server; " +
            "federated from the Prometheus in the cluster; or not",
    ),
    interval: ScrapeInterval.describe("How often, such as `30s`"),
    namespaces: Namespaces.optional().describe("Present with the path `apiServerProxy` alone, for which it is needed"),
    targets: z
        .array(Address)
        .min(1)
        .optional()
        .describe("With the path `direct`, where it is; absent where that follows from the cluster's nodes"),
    scheme: z.enum(["https", "http"]).optional().describe("With the path `direct`, if not as is usual for the job"),
    insecureSkipVerify: z
        .literal(true)
        .optional()
        .describe("With the path `direct`, takes any certificate, such as one that a kubelet signed itself"),
});
export type ScrapeJob = z.infer<typeof ScrapeJob>;

/** Jobs whose targets say of themselves by annotations how they are scraped. */
export const ANNOTATED_JOBS = ["kubernetes-pods", "kubernetes-service-endpoints"] as const;
export type AnnotatedJob = (typeof ANNOTATED_JOBS)[number];

export function isAnnotated(job: string): job is AnnotatedJob {
    return ANNOTATED_JOBS.some((annotated) => annotated === job);
}

export function isEvidence(job: string): job is EvidenceJob {
    return EVIDENCE_JOBS.some((evidence) => evidence === job);
}

export function isSlice(job: string): job is Slice {
    return SLICES.some((slice) => slice === job);
}

/** Jobs that run as pods somewhere: the VM scrapes them itself only where it is told a place. */
export const WITHOUT_PLACE: readonly JobName[] = ["kube-state-metrics", "coredns"];

/** The same for each of the names. */
export function each<K extends string, V>(names: readonly K[], value: V): Record<K, V> {
    return Object.fromEntries(names.map((name) => [name, value])) as Record<K, V>;
}

/** A proxied job is one that can be, and says where it looks; a slice has no path but that of the Prometheus in the cluster. */
const Jobs = z
    .strictObject({
        ...each(KUBERNETES_JOBS, ScrapeJob),
        ...each(EVIDENCE_JOBS, ScrapeJob.optional()),
        ...each(SLICES, ScrapeJob.optional()),
    })
    .superRefine((jobs, context) => {
        const refuse = (name: string, message: string) => {
            context.addIssue({ code: "custom", path: [name], message });
        };
        for (const [name, job] of Object.entries(jobs)) {
            const isProxied = job?.path === "apiServerProxy";
            if (isProxied !== (job?.namespaces !== undefined) || (isProxied && !isAnnotated(name))) {
                refuse(name, "must have namespaces if it is proxied, and only then");
            }
            if (
                job?.path === "direct" &&
                job.targets === undefined &&
                WITHOUT_PLACE.some((placeless) => placeless === name)
            ) {
                refuse(name, "must have targets where it is scraped directly");
            }
            if (
                job?.path === "direct" ? isSlice(name) || isAnnotated(name) : (job?.targets ?? job?.insecureSkipVerify)
            ) {
                refuse(name, "must be scraped directly where it has targets or takes any certificate, if it can be");
            }
        }
    });
export type Jobs = z.infer<typeof Jobs>;

/** What the VM uses a token for; each has an account of its own, so that no node ever sees the one that lists objects. */
export const SCRAPE_PURPOSES = ["discovery", "kubelet", "metrics", "federation", "proxy"] as const;
const ScrapePurpose = z.enum(SCRAPE_PURPOSES);
export type ScrapePurpose = z.infer<typeof ScrapePurpose>;

/**
 * What the VM must know about one cluster in order to watch it, or about another Prometheus outside of clusters, from which it
 * federates in turn. Holds no secret, so that a document built from it can be shown in a preview.
 */
export const ScrapeSource = z
    .strictObject({
        version: Version,
        name: ClusterName.describe("The cluster's name: label `cluster`, part of file names and of each `job_name`"),
        server: ServerUrl.optional().describe(
            "URL of the API server as the VM reaches it; absent, with `caCertificate`, where the source is no cluster",
        ),
        caCertificate: PemCertificate.optional().describe(
            "CA that signed the API server's and the kubelets' certificates",
        ),
        jobs: Jobs.describe(
            "Path and interval of each of the five Kubernetes jobs, and of what else is taken on a path of its own",
        ),
        naming: z
            .enum(["kube-prometheus"])
            .optional()
            .describe("Who has named direct jobs and their labels; absent for Prometheus's own example"),
        boundTokens: z
            .strictObject({
                purposes: z.array(ScrapePurpose).min(1).describe("For what: each has a ServiceAccount of its own"),
                lifetimeSeconds: z.int().min(600).max(86_400).describe("For which it asks"),
            })
            .optional()
            .describe("Present where the VM gets its tokens from the API server itself, again and again"),
        federation: z
            .strictObject({
                scheme: z.enum(["https", "http"]).describe("By which all targets are asked"),
                targets: z
                    .array(
                        z.strictObject({
                            address: Address.describe("`host:port` that the VM can reach"),
                            replica: Line.min(1).describe("Label `replica` of what comes from there"),
                            metricsPath: z
                                .string()
                                .regex(/^\/[\w.~:/-]*$/, "must be a path")
                                .describe("Path of `/federate` there"),
                        }),
                    )
                    .min(1)
                    .describe("One target per replica of the Prometheus in the cluster"),
                serverName: Host.optional().describe("Name in the targets' certificate; absent where it is their host"),
                ca: z
                    .enum(["own", "cluster", "system"])
                    .describe(
                        "Who signed it: the CA among the credentials, the cluster's own, or one that the VM trusts anyway",
                    ),
                shows: z
                    .array(z.enum(["certificate", "password", "token"]))
                    .describe("What of its credentials the VM shows there"),
                username: UserOfHttp.optional().describe("Name that goes with the password"),
                matchers: z
                    .partialRecord(JobName, z.array(Matcher).min(1))
                    .describe("Which series belong to each federated job, by their labels in the cluster"),
                nativeHistograms: z
                    .literal(true)
                    .optional()
                    .describe("Present where the Prometheus in the cluster has some"),
            })
            .optional()
            .describe("Where the Prometheus in the cluster is federated from; absent where no job takes that path"),
    })
    .superRefine(({ server, caCertificate, jobs, boundTokens, federation }, context) => {
        const needsCluster =
            Object.values(jobs).some((job) => job?.path === "direct" || job?.path === "apiServerProxy") ||
            boundTokens !== undefined ||
            federation?.ca === "cluster";
        const isCluster = server !== undefined && caCertificate !== undefined;
        if (!isCluster && (needsCluster || server !== undefined || caCertificate !== undefined)) {
            context.addIssue({ code: "custom", path: ["server"], message: "must be there, with caCertificate" });
        }
    });
export type ScrapeSource = z.infer<typeof ScrapeSource>;

/** A source that is a cluster. */
export type KubernetesSource = ScrapeSource & { readonly server: string; readonly caCertificate: string };

export function isCluster(source: ScrapeSource): source is KubernetesSource {
    return source.server !== undefined;
}

/** A JSON Web Token in compact form (RFC 7519); the value never shows in a message. */
const Token = z.string().regex(/^[\w-]+\.[\w-]+\.[\w-]+$/, "must be a token of a ServiceAccount (a JSON Web Token)");

/** What the VM needs in order to be let in. Secret as a whole: it is an output of its own. */
export const SourceCredentials = z.strictObject({
    version: Version,
    tokens: z
        .strictObject({
            discovery: Token.optional().describe("Lists objects, at the API server alone"),
            kubelet: Token.optional().describe("Reads the kubelets' metrics, and nothing else; every node sees it"),
            metrics: Token.optional().describe("Reads `/metrics` of the cluster's own components, and nothing else"),
            federation: Token.optional().describe("Reaches the Prometheus in the cluster through the API server"),
            proxy: Token.optional().describe("Reaches pods through the API server"),
            renewal: Token.optional().describe(
                "Asks for tokens of the others that soon expire, and for none of its own",
            ),
        })
        .describe("Of ServiceAccounts, by purpose; absent is one that no job needs, or that the VM asks for itself"),
    federation: z
        .strictObject({
            caCertificate: PemCertificate.optional().describe(
                "CA of what is federated from, where it has one of its own",
            ),
            clientCertificate: PemCertificate.optional().describe("What the VM shows it"),
            clientKey: UnframedText.optional().describe("Key of that certificate, in PEM form"),
            password: SecretLine.optional().describe("For the source's `username`"),
        })
        .optional()
        .describe(
            "By what the VM and what it federates from know each other; absent where nothing of the kind is needed",
        ),
});
export type SourceCredentials = z.infer<typeof SourceCredentials>;
