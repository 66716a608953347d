import type { Cluster } from "../../../config/cluster";
import { chosenEndpoint, EndpointConfig, type GatewayEndpoint, type Endpoint } from "../../../config/endpoint";
import type { AnnotatedJob, JobPath, Jobs, KubernetesJob, ScrapeJob } from "../../../config/source";
import { CA } from "../frontCertificates";

/** Jobs that take these paths; `off` where none is given. */
export function jobs(paths: Partial<Record<KubernetesJob, JobPath>>): Record<KubernetesJob, ScrapeJob> {
    const job = (name: KubernetesJob): ScrapeJob => ({ path: paths[name] ?? "off", interval: "30s" });
    return {
        "kubernetes-apiservers": job("kubernetes-apiservers"),
        "kubernetes-nodes": job("kubernetes-nodes"),
        "kubernetes-nodes-cadvisor": job("kubernetes-nodes-cadvisor"),
        "kubernetes-pods": job("kubernetes-pods"),
        "kubernetes-service-endpoints": job("kubernetes-service-endpoints"),
    };
}

/** Jobs whose pods are reached through the API server. */
export function proxiedJobs(namespaces: Partial<Record<AnnotatedJob, string[]>>) {
    return Object.fromEntries(
        Object.entries(namespaces).map(([name, where]): [string, ScrapeJob] => [
            name,
            { path: "apiServerProxy", interval: "30s", namespaces: where },
        ]),
    );
}

const FEDERATED = jobs({ "kubernetes-pods": "federate", "kubernetes-service-endpoints": "federate" });

/** The endpoint that a stack's configuration means; two replicas where it names no others. */
export function endpointOf<K extends Endpoint["kind"]>(
    kind: K,
    way: unknown,
    prometheus: object = {},
    paths: Jobs = FEDERATED,
) {
    const replicas = { namespace: "monitoring", pods: ["prometheus-0", "prometheus-1"] };
    return chosenEndpoint(
        EndpointConfig.parse({ [kind]: way, prometheus: { ...(kind === "url" ? {} : replicas), ...prometheus } }),
        paths,
    ) as Extract<Endpoint, { kind: K }>;
}

export const endpoint: Endpoint & GatewayEndpoint = endpointOf("gateway", {
    nodeAddresses: ["192.0.2.10"],
    nodePorts: [30990, 30991],
});

/** A cluster with the default paths. */
export const cluster: Cluster = {
    name: "lab",
    server: "https://192.0.2.10:6443",
    caCertificate: CA,
    jobs: jobs({
        "kubernetes-apiservers": "direct",
        "kubernetes-nodes": "direct",
        "kubernetes-nodes-cadvisor": "direct",
        "kubernetes-pods": "federate",
        "kubernetes-service-endpoints": "federate",
    }),
    tokens: { generation: 1 },
    endpoint,
};
