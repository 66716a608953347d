import { schemeOf, USUAL } from "../evidence";
import { EVIDENCE_JOBS, type EvidenceJob, type KubernetesSource, type ScrapeJob } from "../source";
import { credentialPaths, tokenPaths } from "./credentials";
import { discovery } from "./discovery";
import { guardExporter, LIMITS } from "./guard";
import { jobBasics, type Job } from "./job";
import { named, onNode } from "./naming";
import { knowsNodes, listedNodes } from "./nodes";
import type { RelabelConfig, ScrapeConfig } from "./types";

/** Jobs that hold the evidence, where the VM asks for it itself: on the cluster's nodes, or where the source says. */
export function evidenceJobs(source: KubernetesSource): Job[] {
    return EVIDENCE_JOBS.flatMap((job): Job[] => {
        const chosen = source.jobs[job];
        return chosen?.path === "direct"
            ? [{ cluster: source.name, job, path: chosen.path, scrape: evidenceScrape(source, job, chosen) }]
            : [];
    });
}

function evidenceScrape(source: KubernetesSource, job: EvidenceJob, chosen: ScrapeJob): ScrapeConfig {
    const scheme = schemeOf(job, chosen);
    return {
        ...jobBasics(source.name, job, chosen.interval),
        // What kube-state-metrics tells of an object is called by that object's labels, not by those of the target.
        ...(job === "kube-state-metrics" && { honor_labels: true }),
        ...LIMITS,
        scheme,
        follow_redirects: false,
        ...(scheme === "https" && {
            authorization: { credentials_file: tokenPaths(source).metrics },
            tls_config: chosen.insecureSkipVerify
                ? { insecure_skip_verify: true }
                : { ca_file: credentialPaths(source.name).ca },
        }),
        ...places(source, job, chosen),
        ...(job === "kube-state-metrics" && { metric_relabel_configs: guardExporter(source, job) }),
    };
}

function places(
    source: KubernetesSource,
    job: EvidenceJob,
    { targets }: ScrapeJob,
): Pick<ScrapeConfig, "static_configs" | "file_sd_configs" | "kubernetes_sd_configs" | "relabel_configs"> {
    if (targets !== undefined) {
        return { static_configs: [{ targets }], relabel_configs: named(source, job) };
    }
    const { port, nodes } = USUAL[job];
    const isControlPlane: RelabelConfig = {
        source_labels: ["__meta_kubernetes_node_labelpresent_node_role_kubernetes_io_control_plane"],
        regex: "true",
        action: "keep",
    };
    // What a list tells is known after a restart, too, in which no API server answers.
    const isListed = nodes === "all" && knowsNodes(source);
    return {
        ...(isListed
            ? { file_sd_configs: [listedNodes(source)] }
            : { kubernetes_sd_configs: [discovery(source, "node")] }),
        relabel_configs: [
            ...(nodes === "controlPlane" ? [isControlPlane] : []),
            // The address is that of the kubelet, whose port is another.
            {
                source_labels: ["__address__"],
                regex: "(.+):\\d+",
                target_label: "__address__",
                replacement: `$1:${port}`,
            },
            ...(isListed ? [{ source_labels: ["__meta_kubernetes_node_name"], target_label: "instance" }] : []),
            ...onNode(source),
            ...named(source, job),
        ],
    };
}
