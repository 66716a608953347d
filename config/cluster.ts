import { z } from "zod";
import { type Endpoint, EndpointConfig } from "./endpoint";
import { ALWAYS, Certificate, field, isObject } from "./scalars";
import { Address, ServerUrl } from "./addresses";
import {
    ANNOTATED_JOBS,
    EVIDENCE_JOBS,
    isSlice,
    JOB_NAMES,
    type JobName,
    type Jobs,
    Namespaces,
    type ScrapeJob,
    type ScrapeSource,
    WITHOUT_PLACE,
    ScrapeInterval,
} from "./source";
import { TokensConfig } from "./tokens";

function fields<P extends ScrapeJob["path"]>(paths: readonly [P, ...P[]]) {
    return {
        path: z.enum(paths).optional().describe(`How its series reach the VM (default: ${paths[0]})`),
        interval: ScrapeInterval.optional().describe(
            "How often (default: `prometheus.scrapeInterval`; for one of the five Kubernetes jobs that is federated at least 60s)",
        ),
    };
}

const INSECURE = z
    .boolean()
    .optional()
    .describe(
        "With the path `direct`, takes any certificate, such as one that a kubelet signed itself (default: false)",
    );

function job(description: string) {
    return z
        .strictObject(fields(["direct", "federate", "off"]))
        .optional()
        .describe(description);
}

function kubeletJob(description: string) {
    return z
        .strictObject({ ...fields(["direct", "federate", "off"]), insecureSkipVerify: INSECURE })
        .optional()
        .describe(description);
}

function annotatedJob(description: string) {
    return z
        .strictObject({
            ...fields(["federate", "apiServerProxy", "off"]),
            namespaces: Namespaces.optional().describe(
                "For the path `apiServerProxy`: those whose pods the VM may reach, each by its name, or `*` for all of them",
            ),
        })
        .optional()
        .describe(description);
}

function evidenceJob(description: string, place: string) {
    return z
        .strictObject({
            ...fields(["federate", "direct", "off"]),
            targets: z.array(Address).min(1).optional().describe(`With the path \`direct\`, where it is (${place})`),
            scheme: z
                .enum(["https", "http"])
                .optional()
                .describe(
                    "With the path `direct`: with `https` the VM shows a token that reads metrics and nothing else " +
                        "(default: `https` for `kube-scheduler` and `kube-controller-manager`, else `http`)",
                ),
            insecureSkipVerify: INSECURE,
        })
        .optional()
        .describe(description);
}

function slice(description: string) {
    return z
        .strictObject(fields(["federate", "off"]))
        .optional()
        .describe(description);
}

/** What is taken where the configuration names no path: directly whatever can be reached from outside. */
const DEFAULT_PATHS: Readonly<Record<JobName, ScrapeJob["path"]>> = {
    "kubernetes-apiservers": "direct",
    "kubernetes-nodes": "direct",
    "kubernetes-nodes-cadvisor": "direct",
    "kubernetes-pods": "federate",
    "kubernetes-service-endpoints": "federate",
    etcd: "federate",
    "kube-scheduler": "federate",
    "kube-controller-manager": "federate",
    "node-exporter": "federate",
    "kube-state-metrics": "federate",
    coredns: "federate",
    "vital-signs": "federate",
    "recording-rules": "federate",
    alerts: "federate",
};

/** Parts that a cluster has only if it names them. */
const ON_DEMAND: readonly JobName[] = [...EVIDENCE_JOBS, "recording-rules", "alerts"];

const NODES = "default: on each node";
const CONTROL_PLANE = "default: on each node of the control plane";
const PLACE = "a port of the nodes, or a load balancer, that leads to it";
const TOLD = `needed: ${PLACE}`;

const JobsConfig = z.strictObject({
    "kubernetes-apiservers": job("The API servers' own metrics"),
    "kubernetes-nodes": kubeletJob("The kubelets' own metrics"),
    "kubernetes-nodes-cadvisor": kubeletJob("The kubelets' metrics of containers"),
    "kubernetes-pods": annotatedJob("Annotated pods, which cannot be reached from outside"),
    "kubernetes-service-endpoints": annotatedJob("Annotated services, which cannot be reached from outside"),
    etcd: evidenceJob("etcd, apart from what else is federated", `${CONTROL_PLANE}, port 2381`),
    "kube-scheduler": evidenceJob("The scheduler, in the same way", `${CONTROL_PLANE}, port 10259`),
    "kube-controller-manager": evidenceJob("The controller manager, in the same way", `${CONTROL_PLANE}, port 10257`),
    "node-exporter": evidenceJob("node_exporter, in the same way", `${NODES}, port 9100`),
    "kube-state-metrics": evidenceJob("kube-state-metrics, in the same way", TOLD),
    coredns: evidenceJob("CoreDNS, in the same way", TOLD),
    "vital-signs": slice(
        "A few series that tell whether the cluster lives, federated more often than the rest; there wherever a job is federated",
    ),
    "recording-rules": slice("Results of the cluster's recording rules, by names with a colon; only if it is set"),
    alerts: slice("`ALERTS` of the cluster's Prometheus; only if it is set"),
});

export const ClusterConfig = z
    .strictObject({
        server: ServerUrl.describe("URL of the API server as the VM reaches it"),
        caCertificate: Certificate.describe("CA of the API server's and the kubelets' certificates, in PEM form"),
        context: z.string().min(1).optional().describe("Context in the kubeconfig, if not its current one"),
        jobs: JobsConfig.default({}).describe("Path and interval of each job, and of what else is taken"),
        tokens: TokensConfig.prefault({}).describe("How the VM proves to the API server and the kubelets who it is"),
        endpoint: EndpointConfig.optional().describe("How the VM reaches the Prometheus in the cluster"),
    })
    .superRefine((cluster: unknown, context) => {
        const jobs = field(cluster, "jobs");
        const federated = JOB_NAMES.filter((name) => pathOf(jobs, name) === "federate");
        if (isObject(cluster) && federated.length > 0 && field(cluster, "endpoint") === undefined) {
            const message = `is missing, but federated jobs need it: ${federated.join(", ")} (or set their path to off)`;
            context.addIssue({ code: "custom", path: ["endpoint"], message });
        }
        for (const name of JOB_NAMES) {
            const jobPath = pathOf(jobs, name);
            const given = (key: string) => field(field(jobs, name), key);
            const isDirect = jobPath === "direct";
            if (isDirect && WITHOUT_PLACE.includes(name) && given("targets") === undefined) {
                const path = ["jobs", name, "targets"];
                context.addIssue({ code: "custom", path, message: `is missing: ${PLACE}` });
            }
            for (const key of ["targets", "scheme", "insecureSkipVerify"]) {
                if (!isDirect && isPath(jobPath) && given(key) !== undefined) {
                    const message = "is of no use without the path direct";
                    context.addIssue({
                        code: "custom",
                        path: ["jobs", name, key],
                        message,
                        params: { remove: true },
                    });
                }
            }
            if (isDirect && given("scheme") === "http" && given("insecureSkipVerify") === true) {
                const message = "is of no use with the scheme http";
                context.addIssue({
                    code: "custom",
                    path: ["jobs", name, "insecureSkipVerify"],
                    message,
                    params: { remove: true },
                });
            }
        }
        for (const name of ANNOTATED_JOBS) {
            const jobPath = pathOf(jobs, name);
            const path = ["jobs", name, "namespaces"];
            const isGiven = field(field(jobs, name), "namespaces") !== undefined;
            if (jobPath === "apiServerProxy" && !isGiven) {
                const message =
                    "is missing: the namespaces whose pods the VM may reach through the API server, or '*' for all of them";
                context.addIssue({ code: "custom", path, message });
            }
            if ((jobPath === "federate" || jobPath === "off") && isGiven) {
                const message = "is of no use without the path apiServerProxy";
                context.addIssue({ code: "custom", path, message, params: { remove: true } });
            }
        }
    }, ALWAYS);
export type ClusterConfig = z.infer<typeof ClusterConfig>;

function isPath(path: unknown): boolean {
    return path === "direct" || path === "federate" || path === "apiServerProxy" || path === "off";
}

/** The path of a job of a cluster; undefined where there is no such job. Values that are about to be refused stay as they are. */
export function pathOf(jobs: unknown, name: JobName): unknown {
    const given = field(jobs, name);
    if (given === undefined && ON_DEMAND.includes(name)) {
        return undefined;
    }
    if (given === undefined && name === "vital-signs") {
        const others = JOB_NAMES.filter((other) => !isSlice(other));
        return others.some((other) => pathOf(jobs, other) === "federate") ? "federate" : undefined;
    }
    return field(given, "path") ?? DEFAULT_PATHS[name];
}

/** A cluster whose jobs are decided: what the stack's configuration leaves out is filled in. */
export type Cluster = Omit<ClusterConfig, "jobs" | "endpoint"> & {
    readonly name: string;
    readonly jobs: Jobs;
    readonly naming?: ScrapeSource["naming"];
    /** Present if and only if a job is federated. */
    readonly endpoint?: Endpoint;
};

/** Whether anything is to be made in the cluster; all of it may be open already. */
export function isTouched({ jobs, endpoint }: Pick<Cluster, "jobs" | "endpoint">): boolean {
    return (
        Object.values(jobs).some((job) => job?.path === "direct" || job?.path === "apiServerProxy") ||
        (endpoint !== undefined && endpoint.kind !== "url")
    );
}
