import type { EvidenceJob, ScrapeJob } from "./source";

/** Ports of kubeadm's components and of node_exporter, and by which scheme they are asked unless the source says otherwise. */
export const USUAL: Readonly<
    Record<EvidenceJob, { scheme: "http" | "https"; port?: number; nodes?: "all" | "controlPlane" }>
> = {
    etcd: { scheme: "http", port: 2381, nodes: "controlPlane" },
    "kube-scheduler": { scheme: "https", port: 10259, nodes: "controlPlane" },
    "kube-controller-manager": { scheme: "https", port: 10257, nodes: "controlPlane" },
    "node-exporter": { scheme: "http", port: 9100, nodes: "all" },
    "kube-state-metrics": { scheme: "http" },
    coredns: { scheme: "http" },
};

/** By which scheme a direct job of this kind is asked. */
export function schemeOf(job: EvidenceJob, { scheme }: Pick<ScrapeJob, "scheme">): "http" | "https" {
    return scheme ?? USUAL[job].scheme;
}
