import { z } from "zod";
import { Port } from "./scalars";
import { ObjectName } from "./source";

/** What installs a Prometheus in a cluster: each gives names of its own to pods and jobs. */
export const Flavour = z.enum(["custom", "prometheus", "kube-prometheus-stack", "kube-prometheus"]);
export type Flavour = z.infer<typeof Flavour>;

/** Helm allows a release's name 53 characters (helm.sh/docs/chart_template_guide/builtin_objects). */
const Release = ObjectName.max(53);

const LabelValue = z
    .string()
    .regex(/^([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?$/, "must be the value of a label in Kubernetes");

const LabelKey = z
    .string()
    .regex(
        /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/,
        "must be the key of a label in Kubernetes",
    );

/** A regular expression that both RE2 and this program can read; promtool has the last word on the VM. */
const JobPattern = z
    .string()
    .min(1)
    .regex(/^\P{Cc}*$/u, "must be one line of text")
    .refine(isRegularExpression, "must be a regular expression");

function isRegularExpression(text: string): boolean {
    try {
        return new RegExp(text) instanceof RegExp;
    } catch {
        return false;
    }
}

function pattern(description: string) {
    return JobPattern.optional().describe(description);
}

const SERIES = "Job names, in the cluster's Prometheus, of the series that belong to this job (a regular expression)";

/** The Prometheus in the cluster. What its flavour does not tell, or tells wrongly, is set beside it. */
export const InClusterPrometheus = z.strictObject({
    flavour: Flavour.default("custom").describe("What installed it: names of pods and jobs follow from it"),
    release: Release.optional().describe("The Helm release, for `prometheus` and `kube-prometheus-stack`"),
    namespace: ObjectName.optional().describe("Its namespace (default for `kube-prometheus`: `monitoring`)"),
    replicas: z
        .int()
        .min(1)
        .max(16)
        .optional()
        .describe(
            "How many (default: 2 for `kube-prometheus`, else 1; the chart `prometheus` runs a Deployment unless it is set)",
        ),
    pods: z
        .array(ObjectName)
        .min(1)
        .optional()
        .describe("Names of its pods, one a replica; pods of a StatefulSet, whose names are stable"),
    podLabels: z
        .record(LabelKey, LabelValue)
        .refine((labels) => Object.keys(labels).length > 0, "must name a label, or all pods would be meant")
        .optional()
        .describe("Instead of `pods`, labels of its one pod, as a Deployment's pod has no stable name"),
    port: Port.default(9090).describe("Port that the pods listen on"),
    routePrefix: z
        .string()
        .regex(/^(\/(?!\.\.?(\/|$))[\w.~-]+)+$/, "must be a path such as /prometheus")
        .optional()
        .describe("Its `--web.route-prefix`, if it has one"),
    jobs: z
        .strictObject({
            "kubernetes-apiservers": pattern(SERIES),
            "kubernetes-nodes": pattern(SERIES),
            "kubernetes-nodes-cadvisor": pattern(SERIES),
            "kubernetes-pods": pattern(SERIES),
            "kubernetes-service-endpoints": pattern(SERIES),
            etcd: pattern(SERIES),
            "kube-scheduler": pattern(SERIES),
            "kube-controller-manager": pattern(SERIES),
            "node-exporter": pattern(SERIES),
            "kube-state-metrics": pattern(SERIES),
            coredns: pattern(SERIES),
        })
        .default({})
        .describe("Instead of the flavour's, the names of the jobs that are federated"),
    nativeHistograms: z
        .boolean()
        .default(false)
        .describe("Whether it has native histograms, which are then federated as such"),
});
export type InClusterPrometheus = z.infer<typeof InClusterPrometheus>;

/** Whether the Prometheus operator made it, from the manifests of kube-prometheus or the chart of them. */
export function isOperator(flavour: Flavour): boolean {
    return flavour === "kube-prometheus" || flavour === "kube-prometheus-stack";
}

/** One replica of the Prometheus in the cluster. */
export interface Replica {
    /** Label `replica` of what comes from it. */
    readonly name: string;
    /** Labels that its pod alone has. */
    readonly selector: Readonly<Record<string, string>>;
}

/** The label that a StatefulSet's controller gives each of its pods. */
const POD_NAME = "statefulset.kubernetes.io/pod-name";

/** The namespace, given or known by the flavour; undefined where it is missing. */
export function namespaceOf({ flavour, namespace }: InClusterPrometheus): string | undefined {
    return namespace ?? (flavour === "kube-prometheus" ? "monitoring" : undefined);
}

type Names = Pick<InClusterPrometheus, "flavour" | "pods" | "podLabels" | "release" | "replicas">;

/** The replicas, given or known by the flavour; undefined where nothing tells them. */
export function replicasOf({ flavour, pods, podLabels, release, replicas }: Names): Replica[] | undefined {
    if (pods !== undefined) {
        return pods.map(statefulPod);
    }
    if (podLabels !== undefined) {
        return [{ name: release ?? "prometheus", selector: podLabels }];
    }
    const workload = workloadOf(flavour, release);
    if (workload === undefined) {
        return undefined;
    }
    if (flavour === "prometheus" && replicas === undefined) {
        const selector = {
            "app.kubernetes.io/name": "prometheus",
            "app.kubernetes.io/component": "server",
            "app.kubernetes.io/instance": release ?? "",
        };
        return [{ name: workload, selector }];
    }
    const count = replicas ?? (flavour === "kube-prometheus" ? 2 : 1);
    return Array.from({ length: count }, (_, i) => statefulPod(`${workload}-${i}`));
}

function statefulPod(name: string): Replica {
    return { name, selector: { [POD_NAME]: name } };
}

/** Name of the StatefulSet or Deployment, as the charts' `_helpers.tpl` and the operator make it. */
function workloadOf(flavour: Flavour, release: string | undefined): string | undefined {
    if (flavour === "kube-prometheus") {
        return "prometheus-k8s";
    }
    if (release === undefined) {
        return undefined;
    }
    if (flavour === "prometheus") {
        return release.includes("prometheus") ? `${release}-server` : `${release}-prometheus-server`;
    }
    if (flavour === "kube-prometheus-stack") {
        const whole = release.includes("kube-prometheus-stack") ? release : `${release}-kube-prometheus-stack`;
        // The operator puts its own prefix before the name of the object, which the chart cuts off at 26 characters.
        return `prometheus-${whole.slice(0, 26).replace(/-$/, "")}-prometheus`;
    }
    return undefined;
}
