import { type Cluster, type ClusterConfig, pathOf } from "./cluster";
import { chosenEndpoint } from "./endpoint";
import { isOperator } from "./inCluster";
import {
    type Duration,
    JOB_NAMES,
    type JobName,
    type Jobs,
    KUBERNETES_JOBS,
    milliseconds,
    type ScrapeJob,
} from "./source";

/** For what is federated in bulk, beside which the vital signs come more often. */
const BULK: Duration = "60s";

/** A checked cluster in which what its configuration leaves out is filled in. */
export function decided({ endpoint, ...cluster }: ClusterConfig & { name: string }, interval: Duration): Cluster {
    const jobs = decidedJobs(cluster.jobs, interval);
    const isFederated = Object.values(jobs).some((job) => job?.path === "federate");
    return {
        ...cluster,
        jobs,
        ...(endpoint && isOperator(endpoint.prometheus.flavour) && { naming: "kube-prometheus" }),
        ...(endpoint && isFederated && { endpoint: chosenEndpoint(endpoint, jobs) }),
    };
}

function decidedJobs(given: ClusterConfig["jobs"], interval: Duration): Jobs {
    const bulk = milliseconds(interval) > milliseconds(BULK) ? interval : BULK;
    const isBulk = (name: JobName, path: unknown) =>
        path === "federate" && KUBERNETES_JOBS.some((each) => each === name);
    const jobs = JOB_NAMES.flatMap((name): [JobName, ScrapeJob][] => {
        const path = pathOf(given, name) as ScrapeJob["path"] | undefined;
        if (path === undefined) {
            return [];
        }
        const { insecureSkipVerify, ...rest } = (given[name] ?? {}) as { path?: string; insecureSkipVerify?: boolean };
        const takesAny = insecureSkipVerify === true && { insecureSkipVerify };
        return [[name, { interval: isBulk(name, path) ? bulk : interval, ...rest, path, ...takesAny }]];
    });
    return Object.fromEntries(jobs) as Jobs;
}
