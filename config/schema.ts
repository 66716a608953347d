import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { type Cluster, ClusterConfig } from "./cluster";
import type { EndpointSecrets } from "./endpointProof";
import type { UserFile } from "./files";
import { FrontConfig, PersonName } from "./front";
import { type Companion, companion, type CompanionConfig, PrometheusConfig } from "./programs";
import { HttpSecrets } from "./httpSecrets";
import { AlertmanagerConfig, RemoteWriteConfig } from "./receivers";
import { ScrapeJobConfig, ScrapeJobName, ServiceName } from "./scrapeJobs";
import { ClusterName } from "./source";
import { VmConfig } from "./vm";

// The descriptions are what docs/configuration.md and the messages about missing keys are made of.

const StackName = z
    .string()
    .regex(/^[\w.-]+(\/[\w.-]+){0,2}$/, "must be the name of a stack, such as organization/project/stack");

/** Keys whose values are shown in previews and outputs. */
export const PlainKeys = z.strictObject({
    vm: VmConfig.optional().describe("The machine that Prometheus runs on; without it the stack has no VM side"),
    prometheus: PrometheusConfig.prefault({}).describe(
        "Which Prometheus is installed, and what holds for all its jobs",
    ),
    nodeExporter: companion("node_exporter")
        .optional()
        .describe("A node_exporter for the VM itself; `{}` takes it as it is"),
    alertmanager: companion("alertmanager")
        .optional()
        .describe("An Alertmanager on the VM, which Prometheus sends to; `{}` takes it as it is"),
    blackboxExporter: companion("blackbox_exporter")
        .optional()
        .describe(
            "A blackbox_exporter on the VM, for probes by the modules `http_2xx`, `tcp_connect` and `tcp_tls`; `{}` takes it as it is",
        ),
    front: FrontConfig.optional().describe(
        "httpd before Prometheus, by which people and machines reach it over HTTPS; without it only the VM itself does",
    ),
    sourceStacks: z
        .array(StackName.describe("Its name, such as `organization/project/stack`"))
        .refine((stacks) => new Set(stacks).size === stacks.length, "must all be different")
        .default([])
        .describe("Stacks that have made the sides of other clusters, which the VM watches, too"),
    federatedStacks: z
        .record(StackName, PersonName.describe("The client, by the stack's name, such as `organization/project/stack`"))
        .default({})
        .describe(
            "Stacks of this program whose own Prometheus is federated from, each with the one of its `front.clients` as which that " +
                "is done: vital signs, results of rules and alerts, under the stack's name as `cluster`",
        ),
    heldClusters: z
        .array(ClusterName.describe("Its name, as that stack has it"))
        .refine((names) => new Set(names).size === names.length, "must all be different")
        .default([])
        .describe(
            "Clusters of other stacks that are watched as this stack was last deployed with them, whatever those stacks say now",
        ),
    clusters: z
        .record(ClusterName, ClusterConfig)
        .default({})
        .describe("The clusters that are watched, by a name that becomes the label `cluster`"),
    scrapeJobs: z
        .record(ScrapeJobName, ScrapeJobConfig)
        .default({})
        .describe("Other servers and services, by a name that becomes the label `job`"),
    alertmanagers: z
        .record(ServiceName, AlertmanagerConfig)
        .default({})
        .describe("Alertmanagers elsewhere, which get every alert as the one on the VM does"),
    remoteWrite: z
        .record(ServiceName, RemoteWriteConfig)
        .default({})
        .describe("Where every sample is written to as well, by a name that Prometheus's own metrics of it have"),
});

/** Keys that must be set with `--secret`; their schemas only describe them, since they are checked without any echo. */
export const SecretKeys = z.strictObject({
    vmPrivateKey: z.string().optional().describe("Private key for SSH, without a passphrase; needed with `vm`"),
    vmProxyPrivateKey: z
        .string()
        .optional()
        .describe("Private key for the jump host `vm.proxy`, if it is not the VM's own"),
    frontPrivateKey: z
        .string()
        .optional()
        .describe("Private key of `front.certificate`, in PEM form and without a passphrase; needed with it"),
    frontPasswordHashes: z
        .record(PersonName, z.string())
        .default({})
        .describe(
            "For each of `front.users`, by the same name, the bcrypt hash of the password, of a cost from 10 to 14",
        ),
    endpointPasswords: z
        .record(ClusterName, z.string())
        .default({})
        .describe("For each of `clusters` whose endpoint has a `username`, by the same name, the password"),
    endpointPrivateKeys: z
        .record(ClusterName, z.string())
        .default({})
        .describe(
            "For each of `clusters` whose endpoint has a `clientCertificate`, by the same name, its private key, in PEM form",
        ),
    kubeconfigs: z
        .record(ClusterName, z.string())
        .default({})
        .describe(
            "The kubeconfig of each of `clusters` in which something is to be made, by the same name; only this program uses " +
                "it, never the VM",
        ),
    httpSecrets: HttpSecrets.prefault({}).describe(
        "What HTTP clients show to servers: `password` with each `username`, `credentials` with each `authorization`, and " +
            "`privateKey` with each `clientCertificate`, in the same places",
    ),
});

/** What a program gives in the place of a stack's configuration: the same keys, of which secrets may be outputs. */
export type ConfigValues = z.input<typeof PlainKeys> & SecretValues;
export type SecretValues = WithOutputs<z.input<typeof SecretKeys>>;

type WithOutputs<T> = T extends string ? string | pulumi.Output<string> : { [K in keyof T]: WithOutputs<T[K]> };

/** A configuration, checked, with its defaults filled in. A side is present if and only if its keys are. */
export interface StackConfig {
    readonly vm?: VmConfig;
    /** Present with `vm`; secret. */
    readonly vmPrivateKey?: pulumi.Output<string>;
    /** Present if it is another one than the VM's; secret. */
    readonly vmProxyPrivateKey?: pulumi.Output<string>;
    readonly prometheus: PrometheusConfig;
    readonly front?: Front;
    /** What is installed beside Prometheus, in the order of `PROGRAM_NAMES`. */
    readonly companions: readonly { readonly program: Companion; readonly choice: CompanionConfig }[];
    /** The user's own files, in the order of their names. */
    readonly ruleFiles: readonly UserFile[];
    readonly scrapeConfigFiles: readonly UserFile[];
    readonly sourceStacks: readonly string[];
    /** By stack, the client of its front. */
    readonly federatedStacks: Readonly<Record<string, string>>;
    readonly heldClusters: readonly string[];
    /** Sorted by name, each with its kubeconfig, which is secret. */
    readonly clusters: readonly {
        readonly cluster: Cluster;
        readonly kubeconfig: pulumi.Output<string>;
        /** Secret. */
        readonly endpointSecrets: pulumi.Output<EndpointSecrets>;
    }[];
    /** Sorted by name. */
    readonly scrapeJobs: readonly (ScrapeJobConfig & { name: string })[];
    readonly alertmanagers: readonly (AlertmanagerConfig & { name: string })[];
    readonly remoteWrite: readonly (RemoteWriteConfig & { name: string })[];
    /** Secret. */
    readonly httpSecrets: pulumi.Output<HttpSecrets>;
}

/** How Prometheus is reached from outside the VM. */
export interface Front {
    readonly config: FrontConfig;
    /** Of the certificate, if that is given; secret. */
    readonly privateKey?: pulumi.Output<string>;
    /** By user; secret. */
    readonly passwordHashes: pulumi.Output<Readonly<Record<string, string>>>;
}
