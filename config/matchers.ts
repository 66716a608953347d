import { type InClusterPrometheus, isOperator } from "./inCluster";
import { EVIDENCE_JOBS, isEvidence, type JobName, KUBERNETES_JOBS, type Matcher, SLICES } from "./source";

type ScrapedJob = (typeof SCRAPED)[number];
const SCRAPED = [...KUBERNETES_JOBS, ...EVIDENCE_JOBS] as const;

/**
 * What tells whether a cluster lives, and what of it was short, in a few series for each of its machines and components.
 * Everything is named by what exposes it: Prometheus, kube-state-metrics, node_exporter, etcd, the API server, the kubelets.
 */
const VITAL_SIGNS = [
    "up",
    "process_start_time_seconds",
    "kube_node_info",
    "kube_node_spec_unschedulable",
    "kube_node_status_condition",
    "node_boot_time_seconds",
    "node_filesystem_avail_bytes",
    "node_filesystem_size_bytes",
    "node_load1",
    "node_memory_MemAvailable_bytes",
    "node_memory_MemTotal_bytes",
    "node_vmstat_oom_kill",
    "etcd_mvcc_db_total_size_in_bytes",
    "etcd_server_has_leader",
    "etcd_server_leader_changes_seen_total",
    "apiserver_current_inflight_requests",
    "kubelet_running_containers",
    "kubelet_running_pods",
];

/** By Prometheus's own convention for the names of recording rules; nothing else has a colon in its name. */
const RECORDED = ".*:.*";

/** Nothing of a Prometheus's own alerting state is ever taken: another would restore its own alerts from it. */
const ALERTING = ["ALERTS", "ALERTS_FOR_STATE"];

/**
 * What belongs to each federated job in the cluster's Prometheus, by its labels there. No series belongs to two of them: what a
 * job of its own is named for is left out of all others, whatever path it takes.
 */
export function matchersOf(
    { flavour, jobs }: Pick<InClusterPrometheus, "flavour" | "jobs">,
    paths: { readonly [K in JobName]?: { readonly path: string } | undefined },
): Partial<Record<JobName, Matcher[]>> {
    const known = isOperator(flavour) ? OPERATOR : flavour === "prometheus" ? CHART : DOCUMENTATION;
    const chosen = new Map(
        SCRAPED.filter((job) => paths[job] !== undefined).map((job): [ScrapedJob, Matcher[]] => {
            const pattern = jobs[job];
            return [job, pattern === undefined ? known[job] : [like(pattern)]];
        }),
    );
    const found = new Map<ScrapedJob, Matcher[]>();
    const order = inOrder([...chosen.keys()], jobs);
    for (const [i, job] of order.entries()) {
        const own = chosen.get(job) ?? [];
        const before = order.slice(0, i);
        // What the flavour names is apart by itself, but for the Services, among which some evidence is.
        const overlapping = before.filter(
            (other) => jobs[other] !== undefined || isEvidence(job) || (job === SERVICES_JOB && isEvidence(other)),
        );
        const others = overlapping.map((other) => chosen.get(other) ?? []).filter((other) => !areApart(own, other));
        found.set(job, [...own, ...others.map(negation)]);
    }
    const isFederated = (job: JobName) => paths[job]?.path === "federate";
    const reserved = [...ALERTING, RECORDED, ...(isFederated("vital-signs") ? VITAL_SIGNS : [])];
    const rest: Matcher = { label: "__name__", operator: "!~", value: reserved.join("|") };
    return Object.fromEntries([
        ...SCRAPED.filter(isFederated).map((job) => [job, [...(found.get(job) ?? []), rest]] as const),
        ...SLICES.filter(isFederated).map((slice) => [slice, [NAMES[slice]]] as const),
    ]);
}

const SERVICES_JOB = "kubernetes-service-endpoints";

/** Each leaves out what belongs to those before it: the user's own patterns win, and the Services are what is left of them. */
function inOrder(named: readonly ScrapedJob[], jobs: InClusterPrometheus["jobs"]): ScrapedJob[] {
    const rank = (job: ScrapedJob) => {
        if (job === SERVICES_JOB) return jobs[job] === undefined ? 3 : 2;
        if (jobs[job] !== undefined) return 0;
        return isEvidence(job) ? 1 : 3;
    };
    return [0, 1, 2, 3].flatMap((each) => named.filter((job) => rank(job) === each));
}

const NAMES: Readonly<Record<(typeof SLICES)[number], Matcher>> = {
    "vital-signs": { label: "__name__", operator: "=~", value: VITAL_SIGNS.join("|") },
    "recording-rules": { label: "__name__", operator: "=~", value: RECORDED },
    alerts: { label: "__name__", operator: "=", value: "ALERTS" },
};

/** Whether no series can be of both, as far as that is plain. */
function areApart(some: readonly Matcher[], others: readonly Matcher[]): boolean {
    return some.some((a) => others.some((b) => a.label === b.label && (excludes(a, b) || excludes(b, a))));
}

/** Whether the one value that a allows is none for b. */
function excludes(a: Matcher, b: Matcher): boolean {
    if (a.operator !== "=") {
        return false;
    }
    const matches = b.operator.endsWith("~") ? new RegExp(`^(?:${b.value})$`).test(a.value) : a.value === b.value;
    return matches !== b.operator.startsWith("=");
}

const OPPOSITES = { "=": "!=", "!=": "=", "=~": "!~", "!~": "=~" } as const;

/** The last is what sets a job apart from the others that share its name. */
function negation(matchers: readonly Matcher[]): Matcher {
    const last = matchers.findLast(({ operator }) => operator.startsWith("=")) as Matcher;
    return { ...last, operator: OPPOSITES[last.operator] };
}

function like(job: string): Matcher {
    return { label: "job", operator: "=~", value: job };
}

function is(job: string): Matcher {
    return { label: "job", operator: "=", value: job };
}

const SERVICES = like("kubernetes-service-endpoints(-slow)?");

/**
 * The names of Prometheus's own example and of the chart `prometheus`, before its version 28 and after it. What an annotated
 * Service brings has the Service's labels, here those of the charts that install it.
 */
const DOCUMENTATION: Readonly<Record<ScrapedJob, Matcher[]>> = {
    "kubernetes-apiservers": [like("kubernetes-api-?servers")],
    "kubernetes-nodes": [is("kubernetes-nodes")],
    "kubernetes-nodes-cadvisor": [is("kubernetes-nodes-cadvisor")],
    "kubernetes-pods": [like("kubernetes-pods(-slow)?")],
    "kubernetes-service-endpoints": [SERVICES],
    etcd: [like("etcd|kube-etcd")],
    "kube-scheduler": [is("kube-scheduler")],
    "kube-controller-manager": [is("kube-controller-manager")],
    "node-exporter": [SERVICES, { label: "app_kubernetes_io_name", operator: "=", value: "prometheus-node-exporter" }],
    "kube-state-metrics": [SERVICES, { label: "app_kubernetes_io_name", operator: "=", value: "kube-state-metrics" }],
    coredns: [SERVICES, { label: "k8s_app", operator: "=", value: "kube-dns" }],
};

/** The chart's own jobs beside them: itself, its Pushgateway, and probes of services. */
const CHART: Readonly<Record<ScrapedJob, Matcher[]>> = {
    ...DOCUMENTATION,
    "kubernetes-service-endpoints": [
        like("kubernetes-service-endpoints(-slow)?|kubernetes-services|prometheus|prometheus-pushgateway"),
    ],
};

/**
 * The operator names a job by the Service behind a ServiceMonitor, and by `<namespace>/<name>` of a PodMonitor. The kubelet
 * is one job, whose paths tell its own metrics from those of its containers.
 */
const OPERATOR: Readonly<Record<ScrapedJob, Matcher[]>> = {
    "kubernetes-apiservers": [is("apiserver")],
    "kubernetes-nodes": [is("kubelet"), { label: "metrics_path", operator: "!=", value: "/metrics/cadvisor" }],
    "kubernetes-nodes-cadvisor": [is("kubelet"), { label: "metrics_path", operator: "=", value: "/metrics/cadvisor" }],
    "kubernetes-pods": [like(".+/.+")],
    "kubernetes-service-endpoints": [like("[^/]+"), { label: "job", operator: "!~", value: "apiserver|kubelet" }],
    etcd: [like("kube-etcd|etcd")],
    "kube-scheduler": [is("kube-scheduler")],
    "kube-controller-manager": [is("kube-controller-manager")],
    "node-exporter": [is("node-exporter")],
    "kube-state-metrics": [is("kube-state-metrics")],
    coredns: [like("coredns|kube-dns")],
};
