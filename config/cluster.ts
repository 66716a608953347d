import { z } from "zod";
import { type Endpoint, EndpointConfig } from "./endpoint";
import { ALWAYS, Certificate, field, isObject, ScrapeInterval } from "./scalars";
import { ANNOTATED_JOBS, KUBERNETES_JOBS, type KubernetesJob, Namespaces, type ScrapeJob, ServerUrl } from "./source";
import { TokensConfig } from "./tokens";

function fields<P extends ScrapeJob["path"]>(paths: readonly [P, ...P[]]) {
    return {
        path: z.enum(paths).optional().describe(`How its series reach the VM (default: ${paths[0]})`),
        interval: ScrapeInterval.optional().describe("How often (default: `prometheus.scrapeInterval`)"),
    };
}

function reachableJob(description: string) {
    return z
        .strictObject(fields(["direct", "federate", "off"]))
        .optional()
        .describe(description);
}

function annotatedJob(description: string) {
    return z
        .strictObject({
            ...fields(["federate", "apiServerProxy", "off"]),
            namespaces: Namespaces.optional().describe(
                "For the path `apiServerProxy`: those whose pods the VM may reach, each by its name, or `*` for all of them",
            ),
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
    "kubernetes-apiservers": reachableJob("The API servers' own metrics"),
    "kubernetes-nodes": reachableJob("The kubelets' own metrics"),
    "kubernetes-nodes-cadvisor": reachableJob("The kubelets' metrics of containers"),
    "kubernetes-pods": annotatedJob("Annotated pods, which cannot be reached from outside"),
    "kubernetes-service-endpoints": annotatedJob("Annotated services, which cannot be reached from outside"),
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
        for (const name of ANNOTATED_JOBS) {
            const jobPath = pathOf(jobs, name);
            const path = ["jobs", name, "namespaces"];
            const isGiven = field(field(jobs, name), "namespaces") !== undefined;
            if (jobPath === "apiServerProxy" && !isGiven) {
                const message =
                    "is missing: the namespaces whose pods the VM may reach through the API server, or '*' for all of them";
                context.addIssue({ code: "custom", path, message });
            }
            if ((jobPath === "federate" || jobPath === "off") && isGiven) {
                const message = "is of no use without the path apiServerProxy";
                context.addIssue({ code: "custom", path, message, params: { remove: true } });
            }
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
        Object.values(jobs).some(({ path }) => path === "direct" || path === "apiServerProxy") ||
        (endpoint !== undefined && endpoint.kind !== "url")
    );
}
