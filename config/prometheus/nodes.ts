import { nodeList } from "../../host/keeper";
import type { JobName, KubernetesSource, ScrapeSource } from "../source";
import { credentialPaths, tokenPaths } from "./credentials";
import { discovery } from "./discovery";
import { jobBasics, type Job } from "./job";
import { named, onNode } from "./naming";
import type { FileSdConfig, ScrapeConfig } from "./types";

/** An allow-list, since a node's label such as `job` or `instance` would replace the target's own. */
const NODE_LABELS = [
    "kubernetes_io_arch",
    "kubernetes_io_os",
    "node_kubernetes_io_instance_type",
    "topology_kubernetes_io_region",
    "topology_kubernetes_io_zone",
];

/** Whether the VM finds the nodes itself, so that a list of them can be kept. */
export function knowsNodes({ jobs }: Pick<ScrapeSource, "jobs">): boolean {
    return jobs["kubernetes-nodes"].path === "direct" || jobs["kubernetes-nodes-cadvisor"].path === "direct";
}

/** The nodes that the VM last knew of. */
export function listedNodes({ name }: Pick<ScrapeSource, "name">): FileSdConfig {
    return { files: [nodeList(name)], refresh_interval: "1m" };
}

/** The kubelets' own metrics, and those of the containers that they run. */
export function nodeJobs(source: KubernetesSource): Job[] {
    return [
        ...kubeletJob(source, "kubernetes-nodes", {}),
        ...kubeletJob(source, "kubernetes-nodes-cadvisor", {
            metrics_path: "/metrics/cadvisor",
            // Its samples have times of their own: without this, a container that is gone stays for another 5 minutes.
            track_timestamps_staleness: true,
            metric_relabel_configs: [
                {
                    source_labels: ["__name__"],
                    regex: "container_(network_tcp_usage_total|network_udp_usage_total|tasks_state|cpu_load_average_10s)",
                    action: "drop",
                },
            ],
        }),
    ];
}

type KubeletJob = Extract<JobName, "kubernetes-nodes" | "kubernetes-nodes-cadvisor">;

function kubeletJob(source: KubernetesSource, job: KubeletJob, special: Partial<ScrapeConfig>): Job[] {
    const { path, interval, insecureSkipVerify } = source.jobs[job];
    if (path !== "direct") {
        return [];
    }
    const files = credentialPaths(source.name);
    const tokens = tokenPaths(source);
    const { metric_relabel_configs, ...fields } = special;
    return [
        {
            cluster: source.name,
            job,
            path,
            scrape: {
                ...jobBasics(source.name, job, interval),
                ...fields,
                scheme: "https",
                // Every node sees this token, so it is one that opens nothing but the kubelets' metrics.
                authorization: { credentials_file: tokens.kubelet },
                tls_config: insecureSkipVerify ? { insecure_skip_verify: true } : { ca_file: files.ca },
                kubernetes_sd_configs: [discovery(source, "node")],
                relabel_configs: [
                    { regex: `__meta_kubernetes_node_label_(${NODE_LABELS.join("|")})`, action: "labelmap" },
                    ...onNode(source),
                    ...named(source, job),
                ],
                ...(metric_relabel_configs && { metric_relabel_configs }),
            },
        },
    ];
}
