import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { hostKeyProblem } from "./ssh";
import { Address, ClusterName, Duration, JobPath, KubernetesJob, milliseconds, type ScrapeJob } from "./source";

/** A host as the engine or the VM reaches it: a DNS name, an IPv4 address, or an IPv6 address without brackets. */
const Host = z
    .string()
    .regex(
        /^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9a-fA-F:]*:[0-9a-fA-F:.]+)$/,
        "must be a host name or an IP address",
    );

const Port = z.int().min(1).max(65535);

/** An RFC 1123 label, as Kubernetes demands it of most names. */
const ObjectName = z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "must be lower-case letters, digits and '-' (an RFC 1123 label)");

/**
 * How often a job is scraped. Below the 5 minutes that a query looks back: a longer interval would leave gaps in every
 * graph, and promtool's lint refuses it.
 */
const ScrapeInterval = Duration.refine(
    (interval) => milliseconds(interval) >= 1_000 && milliseconds(interval) < 300_000,
    "must be at least 1s and below 5m, the time that a query looks back",
);

/** The machine that Prometheus runs on, and how it is reached over SSH. */
export const VmConfig = z.strictObject({
    host: Host,
    /** @default 22 */
    port: Port.default(22),
    /** root, or a user who may run sudo without a password. @default "root" */
    user: z
        .string()
        .regex(/^[a-z_][a-z0-9_-]{0,31}$/, "must be the name of a user on the VM")
        .default("root"),
    /** The VM's own SSH key, one line, as `ssh-keyscan` prints it behind the host's name. */
    hostKey: z.string().superRefine((line, context) => {
        const problem = hostKeyProblem(line);
        if (problem !== undefined) {
            context.addIssue({ code: "custom", message: problem });
        }
    }),
    /** How long a VM that was just made may take until it answers. @default "5m" */
    bootTimeout: Duration.default("5m"),
    /** Whether `pulumi destroy` removes the recorded data and the user too. @default false */
    purgeData: z.boolean().default(false),
});
export type VmConfig = z.infer<typeof VmConfig>;

/** Which Prometheus is installed, and what holds for all its jobs. */
export const PrometheusConfig = z.strictObject({
    /** A release, three numbers. @default "3.13.2", the LTS release that is supported until 2027-07-31 */
    version: z
        .string()
        .regex(/^\d+\.\d+\.\d+$/, "must be three numbers, such as 3.13.2")
        .default("3.13.2"),
    /** Where the release's tarball is downloaded from. @default upstream's release page */
    url: z.url({ protocol: /^https?$/, error: "must be an http:// or https:// URL" }).optional(),
    /** Of the tarball at `url`. @default the sum that is known for the version */
    sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/, "must be 64 lower-case hexadecimal digits")
        .optional(),
    /** Of every job that has no interval of its own. @default "30s" */
    scrapeInterval: ScrapeInterval.default("30s"),
});
export type PrometheusConfig = z.infer<typeof PrometheusConfig>;

/** Opens the Prometheus in the cluster by a reverse proxy of our own: mutual TLS, `/federate` and health only. */
export const GatewayEndpoint = z.strictObject({
    kind: z.literal("gateway"),
    /** The Prometheus in the cluster, replica by replica. */
    prometheus: z.strictObject({
        namespace: ObjectName,
        /** Names of its pods, one a replica; a StatefulSet's are stable. */
        pods: z.array(ObjectName).min(1),
        /** @default 9090 */
        port: Port.default(9090),
    }),
    /** Addresses of nodes that the VM reaches. */
    nodeAddresses: z.array(Host).min(1),
    /** One for each of `prometheus.pods`, in their order. */
    nodePorts: z.array(z.int().min(30000).max(32767)).min(1),
    /** An nginx. @default "docker.io/library/nginx:1.28" */
    image: z
        .string()
        .regex(/^[a-z0-9][\w.:/@-]*$/, "must be the name of a container image")
        .default("docker.io/library/nginx:1.28"),
    /** @default Kubernetes's own */
    imagePullPolicy: z.enum(["Always", "IfNotPresent", "Never"]).optional(),
});
export type GatewayEndpoint = z.infer<typeof GatewayEndpoint>;

const PemCertificate = z
    .string()
    .regex(/^-----BEGIN CERTIFICATE-----\n[\s\S]+\n-----END CERTIFICATE-----\n*$/, "must be a certificate in PEM form");

/** One cluster that is watched. */
export const ClusterConfig = z.strictObject({
    /** URL of the API server as the VM reaches it. */
    server: z.url({ protocol: /^https$/, error: "must be an https:// URL" }),
    /** CA of the API server's and the kubelets' certificates. */
    caCertificate: PemCertificate,
    /** Context in the kubeconfig. @default its current context */
    context: z.string().min(1).optional(),
    /** How each of the five jobs reaches the VM. @default directly where it can be reached from outside, else by federation */
    jobs: z
        .partialRecord(KubernetesJob, z.strictObject({ path: JobPath.optional(), interval: ScrapeInterval.optional() }))
        .default({}),
    /** How the VM reaches the Prometheus in the cluster; needed by jobs that are federated. */
    endpoint: GatewayEndpoint.optional(),
});
export type ClusterConfig = z.infer<typeof ClusterConfig>;

/** A cluster whose jobs are decided: what the stack's configuration leaves out is filled in. */
export type Cluster = Omit<ClusterConfig, "jobs"> & { name: string; jobs: Record<KubernetesJob, ScrapeJob> };

/** Servers and services outside the cluster, listed by hand. */
export const StaticJob = z.strictObject({
    targets: z.array(Address).min(1),
    /** @default "http" */
    scheme: z.enum(["http", "https"]).default("http"),
    /** @default "/metrics" */
    metricsPath: z
        .string()
        .regex(/^\/\S*$/, "must begin with '/'")
        .default("/metrics"),
    /** @default prometheus.scrapeInterval */
    interval: ScrapeInterval.optional(),
    /** Labels of every target. @default none */
    labels: z.record(z.string().regex(/^[a-zA-Z_]\w*$/, "must be the name of a label"), z.string()).default({}),
});
export type StaticJob = z.infer<typeof StaticJob>;

/** The stack's configuration, checked. A side is present if and only if its keys are. */
export interface StackConfig {
    readonly vm?: VmConfig;
    /** Private key for SSH, present with `vm`; secret, and so outside of every schema. */
    readonly vmPrivateKey?: pulumi.Output<string>;
    readonly prometheus: PrometheusConfig;
    /** Sorted by name. */
    readonly clusters: readonly Cluster[];
    /** By cluster name; secret. */
    readonly kubeconfigs: Readonly<Record<string, pulumi.Output<string>>>;
    /** Sorted by name. */
    readonly staticJobs: readonly (StaticJob & { name: string })[];
}

/** The keys of the namespace `external-prometheus`, each with its schema. */
export const StackKeys = {
    vm: VmConfig,
    prometheus: PrometheusConfig,
    clusters: z.record(ClusterName, ClusterConfig),
    staticJobs: z.record(z.string(), StaticJob),
} as const;
