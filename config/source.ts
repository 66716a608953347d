import { z } from "zod";

/** Version of the contract; a reader refuses any other and says what to do. */
export const SOURCE_VERSION = 1;

/** The five Kubernetes jobs, by the names that Prometheus's own documentation and its chart give them. */
export const KUBERNETES_JOBS = [
    "kubernetes-apiservers",
    "kubernetes-nodes",
    "kubernetes-nodes-cadvisor",
    "kubernetes-pods",
    "kubernetes-service-endpoints",
] as const;
export const KubernetesJob = z.enum(KUBERNETES_JOBS);
export type KubernetesJob = z.infer<typeof KubernetesJob>;

/** How a job's series reach the VM: scraped by the VM itself, federated from the Prometheus in the cluster, or not at all. */
export const JobPath = z.enum(["direct", "federate", "off"]);
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

/** Becomes the label `cluster`, a file name and a part of every `job_name`: an RFC 1123 label. */
export const ClusterName = z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "must be lower-case letters, digits and '-' (an RFC 1123 label)");

const PemCertificate = z
    .string()
    .regex(/^-----BEGIN CERTIFICATE-----\n[\s\S]+\n-----END CERTIFICATE-----\n*$/, "must be a certificate in PEM form");

/** `host:port` that the VM can reach. */
export const Address = z
    .string()
    .regex(/^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):[1-9]\d{0,4}$/, "must be host:port")
    .refine((address) => Number(address.replace(/^.*:/, "")) <= 65535, "must have a port up to 65535");

export const ScrapeJob = z.strictObject({ path: JobPath, interval: Duration });
export type ScrapeJob = z.infer<typeof ScrapeJob>;

/**
 * What the VM must know about one cluster in order to watch it. Holds no secret, so that a document built from it can be
 * shown in a preview.
 */
export const ScrapeSource = z.strictObject({
    version: z.literal(SOURCE_VERSION),
    name: ClusterName,
    /** URL of the API server as the VM reaches it. */
    server: z.url({ protocol: /^https$/ }),
    /** CA that signed the API server's and the kubelets' certificates. */
    caCertificate: PemCertificate,
    jobs: z.record(KubernetesJob, ScrapeJob),
    /** Where the Prometheus in the cluster is federated from; absent where no job takes that path. */
    federation: z
        .strictObject({
            /** One target per replica of the Prometheus in the cluster. */
            targets: z.array(z.strictObject({ address: Address, replica: z.string().min(1) })).min(1),
            /** Name in the gateway's certificate, since targets are addresses. */
            serverName: z.string().min(1),
        })
        .optional(),
});
export type ScrapeSource = z.infer<typeof ScrapeSource>;

/** A JSON Web Token in compact form (RFC 7519); the value never shows in a message. */
const Token = z.string().regex(/^[\w-]+\.[\w-]+\.[\w-]+$/, "must be a token of a ServiceAccount (a JSON Web Token)");

/** What the VM needs in order to be let in. Secret as a whole: it is an output of its own. */
export const SourceCredentials = z.strictObject({
    version: z.literal(SOURCE_VERSION),
    /** By purpose, so that no node ever sees the token that may list the cluster's objects. */
    tokens: z.strictObject({ discovery: Token.optional(), kubelet: Token.optional() }),
    /** Client side of the gateway's mutual TLS, and the CA that signed the gateway's own certificate. */
    federation: z
        .strictObject({
            caCertificate: PemCertificate,
            clientCertificate: PemCertificate,
            clientKey: z.string().min(1),
        })
        .optional(),
});
export type SourceCredentials = z.infer<typeof SourceCredentials>;
