import { type FrontConfig, frontUrl, hasRole } from "./front";
import type { PrometheusConfig } from "./programs";

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
    };
}

function dataSource(stack: string, url: string, front: FrontConfig, timeInterval: string): GrafanaDataSource {
    const isGiven = front.certificate !== undefined || front.certificateFile !== undefined;
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
            tlsAuthWithCACert: !isGiven || front.caCertificate !== undefined,
            serverName: front.serverName,
        },
    };
}
