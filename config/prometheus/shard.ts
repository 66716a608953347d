import type { Shard } from "../programs";
import { JOB_NAMES } from "../source";
import type { Job } from "./job";
import type { RelabelConfig } from "./types";

/**
 * The part of a cluster's jobs that one of several VMs takes. Of what is discovered it takes some nodes and pods; of what is
 * federated whole jobs, since each has a `match[]` of its own: always the same ones, whichever others there are. What stands
 * still, such as the API server's address, is watched by each of them.
 */
export function sharded(jobs: readonly Job[], shard: Shard | undefined): Job[] {
    if (shard === undefined) {
        return [...jobs];
    }
    return jobs
        .filter(({ job, path }) => path !== "federate" || placeOf(job) % shard.of === shard.index)
        .map((job) => {
            const { kubernetes_sd_configs, file_sd_configs, relabel_configs = [] } = job.scrape;
            return kubernetes_sd_configs === undefined && file_sd_configs === undefined
                ? job
                : { ...job, scrape: { ...job.scrape, relabel_configs: [...own(shard, job), ...relabel_configs] } };
        });
}

function placeOf(job: string): number {
    return JOB_NAMES.findIndex((name) => name === job);
}

/** Each port of a pod is discovered with an address of its own, and an annotation makes one target of them all. */
const POD = ["__meta_kubernetes_namespace", "__meta_kubernetes_pod_name"];

/** As the documentation of Prometheus has it for `hashmod`; before anything else is made of the address. */
function own({ index, of }: Shard, { path }: Job): RelabelConfig[] {
    const source_labels = path === "apiServerProxy" ? POD : ["__address__"];
    return [
        { source_labels, modulus: of, target_label: "__tmp_shard", action: "hashmod" },
        { source_labels: ["__tmp_shard"], regex: String(index), action: "keep" },
    ];
}
