import type { KubernetesSource } from "../source";
import { targetOf } from "../url";
import { credentialPaths, tokenPaths } from "./credentials";
import { discovery } from "./discovery";
import { identity, jobBasics, type Job } from "./job";
import { named, STATIC_API_SERVERS } from "./naming";
import type { RelabelConfig } from "./types";

/** What the API servers say of themselves at length, and few read: the same as kube-prometheus leaves out. */
const DROPPED: RelabelConfig[] = [
    { source_labels: ["__name__"], regex: "etcd_(debugging|disk|server).*", action: "drop" },
    {
        source_labels: ["__name__", "le"],
        // Prometheus 3 writes whole numbers as 3.0, older sources as 3.
        regex:
            "(apiserver_request|apiserver_request_sli|etcd_request)_duration_seconds_bucket;" +
            "(0\\.15|0\\.25|0\\.3|0\\.35|0\\.4|0\\.45|0\\.6|0\\.7|0\\.8|0\\.9|1\\.25|1\\.5|1\\.75|2\\.5|3\\.5|4\\.5|" +
            "(3|6|7|8|9|15|20|25|30|45|50)(\\.0)?)",
        action: "drop",
    },
];

/**
 * Every API server by discovery, and beside it the address that clients use as a static target: after a restart of
 * Prometheus during an outage, discovery has no targets, and that one alone still says that the API is down.
 */
export function apiServerJobs(source: KubernetesSource): Job[] {
    const { path, interval } = source.jobs["kubernetes-apiservers"];
    if (path !== "direct") {
        return [];
    }
    const files = credentialPaths(source.name);
    const authorization = { credentials_file: tokenPaths(source).discovery };
    const { address, prefix } = targetOf(source.server);
    return [
        {
            cluster: source.name,
            job: "kubernetes-apiservers",
            path,
            scrape: {
                ...jobBasics(source.name, "kubernetes-apiservers", interval),
                scheme: "https",
                authorization,
                // Targets are addresses, and this name is in every API server's certificate.
                tls_config: { ca_file: files.ca, server_name: "kubernetes" },
                kubernetes_sd_configs: [discovery(source, "endpointslice", ["default"])],
                relabel_configs: [
                    {
                        source_labels: [
                            "__meta_kubernetes_namespace",
                            "__meta_kubernetes_service_name",
                            "__meta_kubernetes_endpointslice_port_name",
                        ],
                        regex: "default;kubernetes;https",
                        action: "keep",
                    },
                    ...named(source, "kubernetes-apiservers"),
                ],
                metric_relabel_configs: DROPPED,
            },
        },
        {
            cluster: source.name,
            job: STATIC_API_SERVERS,
            path,
            scrape: {
                ...jobBasics(source.name, STATIC_API_SERVERS, interval),
                scheme: "https",
                // A few hundred lines of health checks; the rest is what the other job brings.
                metrics_path: `${prefix}/metrics/slis`,
                authorization,
                tls_config: { ca_file: files.ca },
                static_configs: [{ targets: [address] }],
                relabel_configs: identity(source.name, STATIC_API_SERVERS),
            },
        },
    ];
}
