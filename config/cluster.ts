import { z } from "zod";
import { type Endpoint, EndpointConfig } from "./endpoint";
import { ALWAYS, Certificate, field, isObject, ScrapeInterval } from "./scalars";
import { KUBERNETES_JOBS, type KubernetesJob, type ScrapeJob, ServerUrl } from "./source";
import { TokensConfig } from "./tokens";

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
        server: ServerUrl.describe("URL of the API server as the VM reaches it"),
        caCertificate: Certificate.describe("CA of the API server's and the kubelets' certificates, in PEM form"),
        context: z.string().min(1).optional().describe("Context in the kubeconfig, if not its current one"),
        jobs: Jobs.default({}).describe("Path and interval of the five Kubernetes jobs"),
        tokens: TokensConfig.prefault({}).describe("How the VM proves to the API server and the kubelets who it is"),
        endpoint: EndpointConfig.optional().describe("How the VM reaches the Prometheus in the cluster"),
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
export function pathOf(jobs: unknown, name: KubernetesJob): unknown {
    return field(field(jobs, name), "path") ?? DEFAULT_PATHS[name];
}

/** A cluster whose jobs are decided: what the stack's configuration leaves out is filled in. */
export type Cluster = Omit<ClusterConfig, "jobs" | "endpoint"> & {
    readonly name: string;
    readonly jobs: Readonly<Record<KubernetesJob, ScrapeJob>>;
    /** Present if and only if a job is federated. */
    readonly endpoint?: Endpoint;
};

/** Whether anything is to be made in the cluster; all of it may be open already. */
export function isTouched({ jobs, endpoint }: Pick<Cluster, "jobs" | "endpoint">): boolean {
    return (
        Object.values(jobs).some(({ path }) => path === "direct") || (endpoint !== undefined && endpoint.kind !== "url")
    );
}
