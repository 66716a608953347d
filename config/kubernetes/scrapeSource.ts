import type { Cluster } from "../cluster";
import type { Endpoint, GatewayEndpoint, UrlEndpoint } from "../endpoint";
import { SCRAPE_PURPOSES, SOURCE_VERSION, type ScrapeSource } from "../source";
import { seconds } from "../tokens";
import { hostPort, targetOf } from "../url";
import { replicaPort } from "./gatewayConfiguration";
import { accessFor } from "./rbac";
import { replicaServiceName } from "./replicaService";

type Federation = NonNullable<ScrapeSource["federation"]>;

/** What the VM must know about a cluster; follows from the configuration alone, so the first preview can show it. */
export function scrapeSource(cluster: Cluster): ScrapeSource {
    const { endpoint } = cluster;
    return {
        version: SOURCE_VERSION,
        name: cluster.name,
        server: cluster.server,
        caCertificate: cluster.caCertificate,
        jobs: cluster.jobs,
        ...(cluster.naming && { naming: cluster.naming }),
        ...boundTokens(cluster),
        ...(endpoint && {
            federation: {
                ...reach(cluster, endpoint),
                matchers: endpoint.matchers,
                ...(endpoint.nativeHistograms && { nativeHistograms: true }),
            },
        }),
    };
}

/** What the VM asks for tokens for, where it does. */
function boundTokens(cluster: Cluster): Pick<ScrapeSource, "boundTokens"> {
    const { bound } = cluster.tokens;
    const granted = accessFor(cluster).map(({ purpose }) => purpose);
    const purposes = SCRAPE_PURPOSES.filter((purpose) => granted.includes(purpose));
    if (bound === undefined || purposes.length === 0) {
        return {};
    }
    return { boundTokens: { purposes, lifetimeSeconds: seconds(bound.lifetime) } };
}

/** Where the targets are, and how the VM and they know each other. */
function reach(cluster: Cluster, endpoint: Endpoint): Omit<Federation, "matchers" | "nativeHistograms"> {
    if (endpoint.kind === "url") {
        return { ...proof(endpoint), targets: endpoint.urls.map(urlTarget), scheme: schemeOf(endpoint) };
    }
    const { namespace, port, replicas, routePrefix } = endpoint.prometheus;
    const federate = `${routePrefix}/federate`;
    switch (endpoint.kind) {
        case "gateway":
            return {
                scheme: "https",
                targets: gatewayTargets(endpoint),
                serverName: gatewayServerName(cluster.name),
                ca: "own",
                shows: ["certificate"],
            };
        case "ingress":
            return {
                ...proof(endpoint),
                scheme: "https",
                targets: replicas.map(({ name }, i) => ({
                    address: hostPort(endpoint.hosts[i] ?? "", endpoint.port),
                    replica: name,
                    metricsPath: federate,
                })),
            };
        case "apiServerProxy": {
            const { address, prefix } = targetOf(cluster.server);
            const services = `${prefix}/api/v1/namespaces/${namespace}/services`;
            return {
                scheme: "https",
                targets: replicas.map(({ name }, i) => ({
                    address,
                    replica: name,
                    metricsPath: `${services}/${replicaServiceName(i)}:${port}/proxy${federate}`,
                })),
                ca: "cluster",
                shows: ["token"],
            };
        }
    }
}

function schemeOf({ urls }: UrlEndpoint): Federation["scheme"] {
    return urls.every((url) => url.startsWith("https:")) ? "https" : "http";
}

/** Its name is what tells one replica from another: nothing else is known of it. */
function urlTarget(text: string): Federation["targets"][number] {
    const { address, prefix } = targetOf(text);
    return { address, replica: text.replace(/^https?:\/\//, ""), metricsPath: `${prefix}/federate` };
}

type Given = Pick<UrlEndpoint, "caCertificate" | "clientCertificate" | "username">;

function proof({ caCertificate, clientCertificate, username }: Given): Pick<Federation, "ca" | "shows" | "username"> {
    return {
        ca: caCertificate === undefined ? "system" : "own",
        shows: [
            ...(clientCertificate === undefined ? [] : (["certificate"] as const)),
            ...(username === undefined ? [] : (["password"] as const)),
        ],
        ...(username !== undefined && { username }),
    };
}

/** Name in the gateway's certificate; `.internal` is reserved for private use, so that it can be nobody else's. */
export function gatewayServerName(cluster: string): string {
    return `gateway.${cluster}.external-prometheus.internal`;
}

/**
 * One target a replica, since two ways to one replica would record each of its series twice. Every node answers for
 * every replica; the replicas take turns, so that one dead node cuts off as few of them as can be.
 */
function gatewayTargets({ prometheus, nodeAddresses = [], nodePorts = [], loadBalancer }: GatewayEndpoint) {
    return prometheus.replicas.map(({ name }, i) => ({
        address:
            loadBalancer === undefined
                ? hostPort(nodeAddresses[i % nodeAddresses.length] ?? "", nodePorts[i] ?? 0)
                : hostPort(loadBalancer.address, replicaPort(i)),
        replica: name,
        metricsPath: "/federate",
    }));
}
