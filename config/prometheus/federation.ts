import { KUBERNETES_JOBS, type KubernetesJob, type ScrapeSource } from "../source";
import { credentialPaths } from "./credentials";
import { identity, jobBasics, type Job } from "./job";
import type { RelabelConfig } from "./types";

/** Far above what one job of a cluster brings, far below what would fill the VM's memory. */
const LIMITS = { sample_limit: 200_000, label_limit: 64, body_size_limit: "200MB" };

/**
 * One job for each Kubernetes job that is federated, so that their `match[]` are disjoint and one that fails takes no other
 * with it.
 *
 * The federated series keep their own `job` and `instance` (`honor_labels`). What Prometheus adds itself, such as `up` of the
 * federation, has `job="federate/<job>"`: under the plain name it would be counted among the targets of the job. Every
 * replica is a target of its own with a label `replica`, or the samples of the replicas would mix in one series.
 */
export function federationJobs(source: ScrapeSource): Job[] {
    const { federation } = source;
    if (federation === undefined) {
        return [];
    }
    const files = credentialPaths(source.name);
    return KUBERNETES_JOBS.filter((job) => source.jobs[job].path === "federate").map((job) => ({
        cluster: source.name,
        job,
        path: "federate",
        scrape: {
            ...jobBasics(source.name, job, source.jobs[job].interval),
            honor_labels: true,
            // Keeps time honest: a series that ends in the cluster ends here too, not 5 minutes later.
            track_timestamps_staleness: true,
            ...LIMITS,
            scheme: "https",
            metrics_path: "/federate",
            params: { "match[]": [`{job="${job}"}`] },
            tls_config: {
                ca_file: files.gatewayCa,
                cert_file: files.gatewayCertificate,
                key_file: files.gatewayKey,
                server_name: federation.serverName,
            },
            static_configs: federation.targets.map(({ address, replica }) => ({
                targets: [address],
                labels: { replica },
            })),
            relabel_configs: identity(source.name, `federate/${job}`),
            metric_relabel_configs: guard(source.name, job),
        },
    }));
}

/**
 * Lets a cluster write no series of another cluster or of another job. The order matters: first only this job's series stay,
 * then a foreign `cluster` is kept as `exported_cluster` (or two series that differ in it alone would become one), then the
 * label is forced.
 */
function guard(cluster: string, job: KubernetesJob): RelabelConfig[] {
    return [
        { source_labels: ["job"], regex: job, action: "keep" },
        { source_labels: ["cluster"], regex: "(.+)", target_label: "exported_cluster" },
        { source_labels: ["cluster"], regex: cluster, target_label: "exported_cluster", replacement: "" },
        { target_label: "cluster", replacement: cluster },
    ];
}
