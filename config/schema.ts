import { isIPv6 } from "node:net";
import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { certificateProblem } from "./certificate";
import { releaseProblem, type ReleaseChoice } from "./releases";
import {
    Address,
    ClusterName,
    Duration,
    KUBERNETES_JOBS,
    type KubernetesJob,
    milliseconds,
    type ScrapeJob,
} from "./source";
import { hostKeyProblem } from "./ssh";

// The descriptions are what docs/configuration.md and the messages about missing keys are made of.

/** For checks of several fields: they run even where another field is wrong, so that all problems are found at once. */
const ALWAYS = { when: () => true };

function isObject(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null;
}

/** A field of what may be anything, since such a check sees values that are about to be refused. */
function field(value: unknown, name: string): unknown {
    return isObject(value) ? value[name] : undefined;
}

const Host = z
    .string()
    .regex(
        /^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9a-fA-F]*:[0-9a-fA-F:.]+)$/,
        "must be a host name or an IP address",
    )
    .refine((host) => !host.includes(":") || isIPv6(host), "must be a whole IPv6 address");

const Port = z.int().min(1).max(65535);

/** An RFC 1123 label, as Kubernetes demands it of most names. */
const ObjectName = z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "must be lower-case letters, digits and '-' (an RFC 1123 label)");

/** Promtool's lint refuses 5m as well. */
const ScrapeInterval = Duration.refine(
    (interval) => milliseconds(interval) >= 1_000 && milliseconds(interval) < 300_000,
    "must be at least 1s and below 5m, the time that a query looks back",
);

export const VmConfig = z.strictObject({
    host: Host.describe("Address of the VM"),
    port: Port.default(22).describe("Port of its SSH server"),
    user: z
        .string()
        .regex(/^[a-z_][a-z0-9_-]{0,31}$/, "must be the name of a user on the VM")
        .default("root")
        .describe("Who logs in: root, or a user who may run sudo without a password"),
    hostKey: z
        .string()
        .trim()
        .superRefine(customIssue(hostKeyProblem))
        .describe("The VM's own SSH key, one line; `ssh-keyscan -t ed25519 HOST` prints it behind the host's name"),
    bootTimeout: Duration.default("5m").describe("How long a VM that was just made may take until it answers"),
    purgeData: z
        .boolean()
        .default(false)
        .describe("Whether `pulumi destroy` also removes what was recorded, and the user `prometheus`"),
});
export type VmConfig = z.infer<typeof VmConfig>;

const VERSION = /^\d+\.\d+\.\d+$/;

export const PrometheusConfig = z
    .strictObject({
        version: z
            .string()
            .regex(VERSION, "must be three numbers, such as 3.13.2")
            .default("3.13.2")
            .describe("Release; the default is the LTS release that is supported until 2027-07-31"),
        url: z
            .string()
            .regex(/^https?:\/\/[^\s@/][^\s@]*$/, "must be an http:// or https:// URL, without user and password")
            .optional()
            .describe("Where its tarball is downloaded from, if not from upstream's release page"),
        sha256: z
            .string()
            .regex(/^[0-9a-f]{64}$/, "must be 64 lower-case hexadecimal digits")
            .optional()
            .describe("Sum of the tarball at `url`, if not the one that is known for the version"),
        scrapeInterval: ScrapeInterval.default("30s").describe("Interval of every job that has none of its own"),
    })
    .superRefine((choice: ReleaseChoice, context) => {
        const problem = VERSION.test(choice.version) ? releaseProblem(choice) : undefined;
        if (problem !== undefined) {
            context.addIssue({ code: "custom", path: [problem.key], message: problem.message });
        }
    });
export type PrometheusConfig = z.infer<typeof PrometheusConfig>;

/** Opens the Prometheus in the cluster by a reverse proxy of our own: mutual TLS, `/federate` and health only. */
export const GatewayEndpoint = z
    .strictObject({
        kind: z
            .literal("gateway")
            .describe("A reverse proxy with mutual TLS that lets through `/federate` and health only"),
        prometheus: z
            .strictObject({
                namespace: ObjectName.describe("Namespace of the Prometheus in the cluster"),
                pods: z
                    .array(ObjectName)
                    .min(1)
                    .describe("Names of its pods, one a replica; pods of a StatefulSet, whose names are stable"),
                port: Port.default(9090).describe("Port that the pods listen on"),
            })
            .describe("The Prometheus in the cluster"),
        nodeAddresses: z.array(Host).min(1).describe("Addresses of nodes that the VM reaches"),
        nodePorts: z
            .array(z.int().min(30000).max(32767))
            .min(1)
            .describe("Ports on the nodes, one for each of `prometheus.pods` in their order"),
        image: z
            .string()
            .regex(/^[a-z0-9][\w.:/@-]*$/, "must be the name of a container image")
            .default("docker.io/library/nginx:1.28")
            .describe("Image of the proxy, an nginx"),
        imagePullPolicy: z
            .enum(["Always", "IfNotPresent", "Never"])
            .optional()
            .describe("When it is pulled, if not as Kubernetes decides by the image's tag"),
    })
    .superRefine((endpoint: unknown, context) => {
        const pods = field(field(endpoint, "prometheus"), "pods");
        const nodePorts = field(endpoint, "nodePorts");
        if (Array.isArray(pods) && Array.isArray(nodePorts) && nodePorts.length !== pods.length) {
            const message = `must be one port for each of prometheus.pods, which are ${pods.length}`;
            context.addIssue({ code: "custom", path: ["nodePorts"], message });
        }
        for (const [path, values] of [[["prometheus", "pods"], pods] as const, [["nodePorts"], nodePorts] as const]) {
            if (Array.isArray(values) && new Set(values).size !== values.length) {
                context.addIssue({ code: "custom", path: [...path], message: "must all be different" });
            }
        }
    }, ALWAYS);
export type GatewayEndpoint = z.infer<typeof GatewayEndpoint>;

function job<P extends ScrapeJob["path"]>(paths: readonly [P, ...P[]], description: string) {
    return z
        .strictObject({
            path: z.enum(paths).optional().describe(`How its series reach the VM (default: ${paths[0]})`),
            interval: ScrapeInterval.optional().describe("How often (default: `prometheus.scrapeInterval`)"),
        })
        .optional()
        .describe(description);
}

/** What is taken where the configuration names no path: directly whatever can be reached from outside. */
export const DEFAULT_PATHS: Readonly<Record<KubernetesJob, ScrapeJob["path"]>> = {
    "kubernetes-apiservers": "direct",
    "kubernetes-nodes": "direct",
    "kubernetes-nodes-cadvisor": "direct",
    "kubernetes-pods": "federate",
    "kubernetes-service-endpoints": "federate",
};

const Jobs = z.strictObject({
    "kubernetes-apiservers": job(["direct", "federate", "off"], "The API servers' own metrics"),
    "kubernetes-nodes": job(["direct", "federate", "off"], "The kubelets' own metrics"),
    "kubernetes-nodes-cadvisor": job(["direct", "federate", "off"], "The kubelets' metrics of containers"),
    "kubernetes-pods": job(["federate", "off"], "Annotated pods, which cannot be reached from outside"),
    "kubernetes-service-endpoints": job(
        ["federate", "off"],
        "Annotated services, which cannot be reached from outside",
    ),
});

export const ClusterConfig = z
    .strictObject({
        server: z
            .string()
            .regex(
                /^https:\/\/([A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])(:[1-9]\d{0,4})?(\/[\w.~/-]*)?$/,
                "must be an https:// URL of host, port and path, such as https://k8s.example.com:6443",
            )
            .describe("URL of the API server as the VM reaches it"),
        caCertificate: z
            .string()
            .superRefine(customIssue(certificateProblem))
            .describe("CA of the API server's and the kubelets' certificates, in PEM form"),
        context: z.string().min(1).optional().describe("Context in the kubeconfig, if not its current one"),
        jobs: Jobs.default({}).describe("Path and interval of the five Kubernetes jobs"),
        endpoint: GatewayEndpoint.optional().describe("How the VM reaches the Prometheus in the cluster"),
    })
    .superRefine((cluster: unknown, context) => {
        const jobs = field(cluster, "jobs");
        const federated = KUBERNETES_JOBS.filter((name) => pathOf(jobs, name) === "federate");
        if (isObject(cluster) && federated.length > 0 && field(cluster, "endpoint") === undefined) {
            const message = `is missing, but federated jobs need it: ${federated.join(", ")} (or set their path to off)`;
            context.addIssue({ code: "custom", path: ["endpoint"], message });
        }
    }, ALWAYS);
export type ClusterConfig = z.infer<typeof ClusterConfig>;

/** The path of a job of a cluster. Values that are about to be refused count as the default. */
function pathOf(jobs: unknown, name: KubernetesJob): unknown {
    return field(field(jobs, name), "path") ?? DEFAULT_PATHS[name];
}

/** A cluster whose jobs are decided: what the stack's configuration leaves out is filled in. */
export type Cluster = Omit<ClusterConfig, "jobs"> & { name: string; jobs: Record<KubernetesJob, ScrapeJob> };

/** Servers and services outside the cluster, listed by hand. */
export const StaticJob = z.strictObject({
    targets: z.array(Address).min(1).describe("What is scraped, each as host:port"),
    scheme: z.enum(["http", "https"]).default("http").describe("Protocol of the targets"),
    metricsPath: z
        .string()
        .regex(/^\/[\x21-\x7e]*$/, "must begin with '/'")
        .default("/metrics")
        .describe("Path on the targets"),
    interval: ScrapeInterval.optional().describe("How often (default: `prometheus.scrapeInterval`)"),
    labels: z
        .record(
            z
                .string()
                .regex(
                    /^(?!__|cluster$|job$|job_name$|instance$|\w*_file$)[a-zA-Z_]\w*$/,
                    "must be the name of a label other than cluster, job, job_name, instance and *_file",
                ),
            z.string().regex(/^\P{Cc}*$/u, "must be one line of text"),
        )
        .default({})
        .describe("Labels of every target"),
});
export type StaticJob = z.infer<typeof StaticJob>;

const StaticJobName = z
    .string()
    .regex(/^[a-zA-Z][\w-]*$/, "must be letters, digits, '_' and '-', a letter first")
    .refine(
        (name) => !["prometheus", ...KUBERNETES_JOBS].includes(name),
        "is the name of a job that this program makes itself; choose another",
    );

/** Keys whose values are shown in previews and outputs. */
export const PlainKeys = z.strictObject({
    vm: VmConfig.optional().describe("The machine that Prometheus runs on; without it the stack has no VM side"),
    prometheus: PrometheusConfig.prefault({}).describe(
        "Which Prometheus is installed, and what holds for all its jobs",
    ),
    clusters: z
        .record(ClusterName, ClusterConfig)
        .default({})
        .describe("The clusters that are watched, by a name that becomes the label `cluster`"),
    staticJobs: z
        .record(StaticJobName, StaticJob)
        .default({})
        .describe("Other servers and services, by a name that becomes the label `job`"),
});

/** Keys that must be set with `--secret`; their schemas only describe them, since they are checked without any echo. */
export const SecretKeys = z.strictObject({
    vmPrivateKey: z.string().optional().describe("Private key for SSH, without a passphrase; needed with `vm`"),
    kubeconfigs: z
        .record(ClusterName, z.string())
        .default({})
        .describe("The kubeconfig of each of `clusters`, by the same name; only this program uses it, never the VM"),
});

/** The stack's configuration, checked. A side is present if and only if its keys are. */
export interface StackConfig {
    readonly vm?: VmConfig;
    /** Present with `vm`; secret. */
    readonly vmPrivateKey?: pulumi.Output<string>;
    readonly prometheus: PrometheusConfig;
    /** Sorted by name, each with its kubeconfig, which is secret. */
    readonly clusters: readonly { readonly cluster: Cluster; readonly kubeconfig: pulumi.Output<string> }[];
    /** Sorted by name. */
    readonly staticJobs: readonly (StaticJob & { name: string })[];
}

/** A check of one value as zod wants it. */
function customIssue(problem: (value: string) => string | undefined) {
    return (value: string, context: z.RefinementCtx<string>) => {
        const message = problem(value);
        if (message !== undefined) {
            context.addIssue({ code: "custom", message });
        }
    };
}
