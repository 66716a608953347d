import type { types } from "@pulumi/kubernetes";
import type { IngressEndpoint } from "../endpoint";
import { labels } from "./labels";
import { replicaServiceName } from "./replicaService";

/** Not awaited: `up` has to work while the controller or a replica is down. */
function metadata(cluster: string, { annotations, prometheus }: IngressEndpoint) {
    return {
        // Beside the Services that it leads to, which it sees in its own namespace only.
        namespace: prometheus.namespace,
        labels: labels(cluster, "ingress"),
        annotations: { ...annotations, "pulumi.com/skipAwait": "true" },
    };
}

/** One host a replica; `/federate` and nothing beside it. */
export function ingress(cluster: string, endpoint: IngressEndpoint): types.input.networking.v1.Ingress {
    const { className, hosts, prometheus, tlsSecret } = endpoint;
    return {
        metadata: metadata(cluster, endpoint),
        spec: {
            ...(className !== undefined && { ingressClassName: className }),
            tls: [{ hosts, ...(tlsSecret !== undefined && { secretName: tlsSecret }) }],
            rules: hosts.map((host, i) => ({
                host,
                http: {
                    paths: [
                        {
                            path: `${prometheus.routePrefix}/federate`,
                            pathType: "Exact",
                            backend: { service: { name: replicaServiceName(i), port: { number: prometheus.port } } },
                        },
                    ],
                },
            })),
        },
    };
}

/** The same for a Gateway API controller (gateway.networking.k8s.io/v1): one route a replica, GET and nothing else. */
export function httpRoutes(cluster: string, endpoint: IngressEndpoint) {
    const { hosts, httpRoute, prometheus } = endpoint;
    if (httpRoute === undefined) {
        return [];
    }
    const { gateway, namespace, sectionName } = httpRoute;
    return hosts.map((host, i) => ({
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "HTTPRoute",
        metadata: metadata(cluster, endpoint),
        spec: {
            parentRefs: [{ name: gateway, namespace, ...(sectionName !== undefined && { sectionName }) }],
            hostnames: [host],
            rules: [
                {
                    matches: [{ method: "GET", path: { type: "Exact", value: `${prometheus.routePrefix}/federate` } }],
                    backendRefs: [{ name: replicaServiceName(i), port: prometheus.port }],
                },
            ],
        },
    }));
}
