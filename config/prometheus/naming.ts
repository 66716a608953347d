import type { AnnotatedJob, JobName, ScrapeSource } from "../source";
import type { RelabelConfig } from "./types";

/** What a job's series are called by whoever scrapes them in the cluster. */
export interface Naming {
    readonly job: string;
    /** Where one job's name stands for several paths, what tells them apart. */
    readonly metrics_path?: string;
    /** More labels, as the Service that stands for the job there gives them. */
    readonly labels?: Readonly<Record<string, string>>;
}

/**
 * Names and labels of kube-prometheus (kubernetesControlPlane-serviceMonitor*.yaml of its manifests). Left out are `namespace`,
 * `service` and `endpoint` of the kubelets: the series of their containers have a namespace of their own.
 */
const KUBE_PROMETHEUS: Readonly<Partial<Record<JobName, Naming>>> = {
    "kubernetes-apiservers": {
        job: "apiserver",
        labels: { endpoint: "https", namespace: "default", service: "kubernetes" },
    },
    "kubernetes-nodes": { job: "kubelet", metrics_path: "/metrics" },
    "kubernetes-nodes-cadvisor": { job: "kubelet", metrics_path: "/metrics/cadvisor" },
    etcd: { job: "kube-etcd" },
};

/** Names that whoever scrapes in the cluster gives to series of jobs, in the place of the jobs' own. */
export const NAMES_ELSEWHERE: readonly string[] = Object.values(KUBE_PROMETHEUS).map(({ job }) => job);

/** The address by which clients reach the API servers, as a job beside those that are discovered. */
export const STATIC_API_SERVERS = "kubernetes-apiservers-static";

/** Probes that need no API server to let them in. */
export const WITNESSES = {
    apiServer: "probe-apiserver",
    kubelet: "probe-kubelet",
    federation: "probe-federation",
} as const;

/** What those targets of a job are called that want to be scraped slowly. */
export function slow(job: AnnotatedJob): string {
    return `${job}-slow`;
}

/** What the series of a job that the VM scrapes itself are called. */
export function namingOf({ naming }: Pick<ScrapeSource, "naming">, job: JobName): Naming {
    return (naming === "kube-prometheus" ? KUBE_PROMETHEUS[job] : undefined) ?? { job };
}

/** Gives a target its labels `job`, which is `<cluster>/<job>` before, and `cluster`, and what else belongs to the job's name. */
export function named(source: Pick<ScrapeSource, "name" | "naming">, job: JobName): RelabelConfig[] {
    const { job: name, metrics_path, labels = {} } = namingOf(source, job);
    return [
        ...(metrics_path === undefined ? [] : [{ target_label: "metrics_path", replacement: metrics_path }]),
        ...Object.entries(labels).map(([label, value]) => ({ target_label: label, replacement: value })),
        { target_label: "job", replacement: name },
        { target_label: "cluster", replacement: source.name },
    ];
}

/** Labels of a target that is a node or on one, as kube-prometheus has them: what is scraped, and on which node that is. */
export function onNode({ naming }: Pick<ScrapeSource, "naming">): RelabelConfig[] {
    return naming === "kube-prometheus"
        ? [
              { source_labels: ["__meta_kubernetes_node_name"], target_label: "node" },
              { source_labels: ["__address__"], target_label: "instance" },
          ]
        : [];
}
