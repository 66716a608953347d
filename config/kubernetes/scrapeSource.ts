import { isIPv6 } from "node:net";
import type { Cluster, GatewayEndpoint } from "../cluster";
import { SOURCE_VERSION, type ScrapeSource } from "../source";

/** What the VM must know about a cluster; follows from the configuration alone, so the first preview can show it. */
export function scrapeSource(cluster: Cluster): ScrapeSource {
    const endpoint = federatedEndpoint(cluster);
    return {
        version: SOURCE_VERSION,
        name: cluster.name,
        server: cluster.server,
        caCertificate: cluster.caCertificate,
        jobs: cluster.jobs,
        ...(endpoint && {
            federation: { targets: federationTargets(endpoint), serverName: gatewayServerName(cluster.name) },
        }),
    };
}

/** The endpoint, if any job is federated through it. */
export function federatedEndpoint(cluster: Cluster): GatewayEndpoint | undefined {
    return Object.values(cluster.jobs).some((job) => job.path === "federate") ? cluster.endpoint : undefined;
}

/** Name in the gateway's certificate; `.internal` is reserved for private use, so that it can be nobody else's. */
export function gatewayServerName(cluster: string): string {
    return `gateway.${cluster}.external-prometheus.internal`;
}

/**
 * One target a replica, since two ways to one replica would record each of its series twice. Every node answers for
 * every replica; the replicas take turns, so that one dead node cuts off as few of them as can be.
 */
function federationTargets({ prometheus, nodeAddresses, nodePorts }: GatewayEndpoint) {
    return prometheus.pods.flatMap((replica, i) => {
        const host = nodeAddresses[i % nodeAddresses.length];
        const port = nodePorts[i];
        return host === undefined || port === undefined ? [] : [{ address: hostPort(host, port), replica }];
    });
}

/** `host:port`, an IPv6 address in brackets. */
export function hostPort(host: string, port: number): string {
    return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}
