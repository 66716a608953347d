import { z } from "zod";
import { certificateProblem } from "./certificate";
import { ALWAYS, customIssue, field, Host, isObject, ObjectName, Port, ScrapeInterval } from "./scalars";
import { KUBERNETES_JOBS, type KubernetesJob, type ScrapeJob } from "./source";

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
