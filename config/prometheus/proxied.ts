import { ANNOTATED_JOBS, type AnnotatedJob, type KubernetesSource } from "../source";
import { targetOf } from "../url";
import { credentialPaths, tokenPaths } from "./credentials";
import { discovery } from "./discovery";
import { guardExporter, LIMITS, literally } from "./guard";
import { identity, jobBasics, type Job } from "./job";
import { slow } from "./naming";
import type { RelabelConfig } from "./types";

/** All of its scrapes go through the API server, which such a job must not overrun. */
const TARGET_LIMIT = 1_000;

/** What is scraped slowly: 5m is as long as a query looks back, and more than promtool's lint lets through. */
const SLOW = { interval: "4m", timeout: "30s" };

interface Role {
    readonly role: "pod" | "endpointslice";
    /** The kind of object that has the annotations. */
    readonly annotated: "pod" | "service";
    /** Labels that hold the port, each if those before are absent or it is there, too. */
    readonly ports: readonly string[];
}

const POD = "__meta_kubernetes_pod";
const ROLES: Readonly<Record<AnnotatedJob, Role>> = {
    "kubernetes-pods": { role: "pod", annotated: "pod", ports: [`${POD}_container_port_number`] },
    "kubernetes-service-endpoints": {
        role: "endpointslice",
        annotated: "service",
        ports: [`${POD}_container_port_number`, "__meta_kubernetes_endpointslice_port"],
    },
};

/**
 * Pods that announce themselves, and those behind Services that do, each through the API server's proxy: for clusters
 * without a Prometheus. Series have the labels that Prometheus's own example for Kubernetes gives them in the cluster.
 *
 * Every request goes to the API server, and its path up to `/proxy/` is made of what Kubernetes knows: annotations say only
 * what follows. What is exposed under a pod's control never keeps its own labels; that of Services does, as in the cluster.
 */
export function proxiedJobs(source: KubernetesSource): Job[] {
    return ANNOTATED_JOBS.flatMap((job): Job[] => {
        const { path, interval, namespaces } = source.jobs[job];
        if (path !== "apiServerProxy" || namespaces === undefined) {
            return [];
        }
        const { role } = ROLES[job];
        return [
            {
                cluster: source.name,
                job,
                path,
                scrape: {
                    ...jobBasics(source.name, job, interval),
                    ...(role === "endpointslice" && { honor_labels: true }),
                    ...LIMITS,
                    target_limit: TARGET_LIMIT,
                    // What says nothing of its format has always been taken for text.
                    fallback_scrape_protocol: "PrometheusText0.0.4",
                    scheme: "https",
                    // A redirect is the pod's own, and would take the token along.
                    follow_redirects: false,
                    authorization: { credentials_file: tokenPaths(source).proxy },
                    tls_config: { ca_file: credentialPaths(source.name).ca },
                    kubernetes_sd_configs: [discovery(source, role, namespaces)],
                    relabel_configs: [...announced(job), ...labels(source.name, job), ...request(job, source.server)],
                    ...(role === "endpointslice" && { metric_relabel_configs: guardExporter(source, job) }),
                },
            },
        ];
    });
}

function annotation({ annotated }: Role, name: string): string {
    return `__meta_kubernetes_${annotated}_annotation_prometheus_io_${name}`;
}

const RUNNING: RelabelConfig[] = [
    { source_labels: [`${POD}_phase`], regex: "Pending|Succeeded|Failed", action: "drop" },
    { source_labels: [`${POD}_container_init`], regex: "true", action: "drop" },
];

/** Keeps what wants to be scraped, can be, and says nothing of its path that leads elsewhere. */
function announced(job: AnnotatedJob): RelabelConfig[] {
    const role = ROLES[job];
    const path = annotation(role, "path");
    return [
        // Who wants to be scraped slowly need not say that it wants to be scraped.
        {
            source_labels: [annotation(role, "scrape"), annotation(role, "scrape_slow")],
            regex: "true;.*|.*;true",
            action: "keep",
        },
        { source_labels: [`${POD}_name`, `${POD}_ip`], regex: ".+;.+", action: "keep" },
        ...(role.role === "pod" ? RUNNING : []),
        { source_labels: [path], regex: "[A-Za-z0-9._~!$&'()*+,=:@/-]*", action: "keep" },
        { source_labels: [path], regex: "(.*/)?\\.\\.?(/.*)?|.*//.*", action: "drop" },
        ...[...role.ports, annotation(role, "port")].map((label): RelabelConfig => ({
            source_labels: [label],
            regex: "(\\d{1,5})",
            target_label: "__tmp_port",
        })),
        // Without a port, a request for a pod would be one for the API server itself.
        { source_labels: ["__tmp_port"], regex: "\\d+", action: "keep" },
    ];
}

/** In an order in which none of the object's own labels takes the place of one that comes after. */
function labels(cluster: string, job: AnnotatedJob): RelabelConfig[] {
    const role = ROLES[job];
    const isSlow = { source_labels: [annotation(role, "scrape_slow")], regex: "true" };
    return [
        { regex: `__meta_kubernetes_${role.annotated}_label_(.+)`, action: "labelmap" },
        { source_labels: ["__meta_kubernetes_namespace"], target_label: "namespace" },
        job === "kubernetes-pods"
            ? { source_labels: [`${POD}_name`], target_label: "pod" }
            : { source_labels: ["__meta_kubernetes_service_name"], target_label: "service" },
        { source_labels: [`${POD}_node_name`], target_label: "node" },
        {
            source_labels: [`${POD}_ip`, "__tmp_port"],
            regex: "([^:;]+);(\\d+)",
            target_label: "instance",
            replacement: "$1:$2",
        },
        {
            source_labels: [`${POD}_ip`, "__tmp_port"],
            regex: "(.*:.*);(\\d+)",
            target_label: "instance",
            replacement: "[$1]:$2",
        },
        ...identity(cluster, job),
        { ...isSlow, target_label: "job", replacement: slow(job) },
        { ...isSlow, target_label: "__scrape_interval__", replacement: SLOW.interval },
        { ...isSlow, target_label: "__scrape_timeout__", replacement: SLOW.timeout },
    ];
}

/** What is asked for, and whom. */
function request(job: AnnotatedJob, server: string): RelabelConfig[] {
    const role = ROLES[job];
    const { address, prefix } = targetOf(server);
    const api = `${prefix}/api/v1/namespaces/`;
    return [
        { target_label: "__tmp_path", replacement: "/metrics" },
        { source_labels: [annotation(role, "path")], regex: "(.+)", target_label: "__tmp_path" },
        {
            source_labels: [annotation(role, "scheme")],
            regex: "https",
            target_label: "__tmp_scheme",
            replacement: "https:",
        },
        {
            source_labels: ["__meta_kubernetes_namespace", "__tmp_scheme", `${POD}_name`, "__tmp_port", "__tmp_path"],
            regex: "([^;/]+);([^;/]*);([^;/]+);(\\d+);/?(.*)",
            target_label: "__metrics_path__",
            replacement: `${api}$1/pods/$2$3:$4/proxy/$5`,
        },
        { source_labels: ["__metrics_path__"], regex: `${literally(api)}[^/]+/pods/[^/]+/proxy/.*`, action: "keep" },
        { target_label: "__address__", replacement: address },
        { regex: `${annotation(role, "param_")}(.+)`, replacement: "__param_$1", action: "labelmap" },
    ];
}
