import { type FrontConfig, frontUrl, hasRole } from "./front";
import { matchersOf } from "./matchers";
import type { PrometheusConfig } from "./programs";
import {
    ClusterName,
    each,
    KUBERNETES_JOBS,
    type ScrapeSource,
    SLICES,
    SOURCE_VERSION,
    type SourceCredentials,
} from "./source";

/**
 * A data source as Grafana's provisioning has it, but for what is secret: `tlsClientCert` and `tlsClientKey` are a client's of the
 * front, and `tlsCACert` is `caCertificate` (https://grafana.com/docs/grafana/latest/datasources/prometheus/configure/).
 */
export interface GrafanaDataSource {
    readonly name: string;
    readonly type: "prometheus";
    readonly access: "proxy";
    readonly url: string;
    readonly jsonData: {
        readonly httpMethod: "POST";
        readonly timeInterval: string;
        readonly tlsAuth: boolean;
        readonly tlsAuthWithCACert: boolean;
        readonly serverName: string;
    };
}

/** Where others find what this stack has, as far as the front lets somebody in there. */
export interface Entries {
    readonly grafanaDataSource?: GrafanaDataSource;
    /** Of Prometheus's receiver of remote write. */
    readonly remoteWriteUrl?: string;
    readonly alertmanagerUrl?: string;
    /** Of Prometheus itself, for another stack's `federatedStacks`. */
    readonly federationSource?: ScrapeSource;
}

/** What other stacks may read of a front. Nothing of it is secret, and all of it is known in the first preview. */
export function entries(
    stack: string,
    front: FrontConfig,
    prometheus: Pick<PrometheusConfig, "scrapeInterval">,
): Entries {
    const url = frontUrl(front);
    return {
        ...(hasRole(front, "viewer") && {
            grafanaDataSource: dataSource(stack, url, front, prometheus.scrapeInterval),
        }),
        ...(hasRole(front, "writer") && { remoteWriteUrl: `${url}api/v1/write` }),
        ...(front.alertmanagerPath !== undefined && {
            alertmanagerUrl: `https://${front.serverName}${front.alertmanagerPath}`,
        }),
        ...federationSource(stack, front, prometheus),
    };
}

/** Machines that the front lets federate, by certificates that are made here. */
export function federators({ clients, clientCaCertificate }: FrontConfig): string[] {
    return clientCaCertificate === undefined
        ? Object.keys(clients)
              .filter((name) => clients[name]?.roles.includes("federator"))
              .sort()
        : [];
}

/**
 * What Prometheus has to give to another one of this program: what tells most in few series. There its label `cluster` is the
 * stack's name, and that of the cluster that it watches `exported_cluster`; a name that can be no cluster's cannot be told.
 */
function federationSource(
    stack: string,
    front: FrontConfig,
    { scrapeInterval: interval }: Pick<PrometheusConfig, "scrapeInterval">,
): Pick<Entries, "federationSource"> {
    if (federators(front).length === 0 || !ClusterName.safeParse(stack).success) {
        return {};
    }
    const paths = {
        ...each(KUBERNETES_JOBS, { path: "off", interval } as const),
        ...each(SLICES, { path: "federate", interval } as const),
    };
    return {
        federationSource: {
            version: SOURCE_VERSION,
            name: stack,
            jobs: paths,
            federation: {
                scheme: "https",
                targets: [{ address: `${front.serverName}:443`, replica: stack, metricsPath: `${front.path}federate` }],
                ca: isTrustedAnyway(front) ? "system" : "own",
                shows: ["certificate"],
                matchers: matchersOf({ flavour: "custom", jobs: {} }, paths),
            },
        },
    };
}

function isTrustedAnyway({ certificate, certificateFile, caCertificate }: FrontConfig): boolean {
    return (certificate ?? certificateFile) !== undefined && caCertificate === undefined;
}

function dataSource(stack: string, url: string, front: FrontConfig, timeInterval: string): GrafanaDataSource {
    return {
        name: stack,
        type: "prometheus",
        access: "proxy",
        url,
        jsonData: {
            // A long query does not fit into a URL.
            httpMethod: "POST",
            timeInterval,
            tlsAuth: Object.values(front.clients).some(({ roles }) => roles.includes("viewer")),
            tlsAuthWithCACert: !isTrustedAnyway(front),
            serverName: front.serverName,
        },
    };
}

/** By what each of these clients is let in and knows the front. */
export function federationCredentials(
    clients: readonly string[],
    pairs: Readonly<Record<string, { readonly certificate: string; readonly key: string }>>,
    caCertificate: string | undefined,
): Record<string, SourceCredentials> {
    return Object.fromEntries(
        clients.flatMap((client) => {
            const pair = pairs[client];
            const federation = pair && {
                ...(caCertificate !== undefined && { caCertificate }),
                clientCertificate: pair.certificate,
                clientKey: pair.key,
            };
            return federation === undefined ? [] : [[client, { version: SOURCE_VERSION, tokens: {}, federation }]];
        }),
    );
}
