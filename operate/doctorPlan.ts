import { clusterJobs } from "../config/prometheus/document";
import type { Job } from "../config/prometheus/job";
import type { HttpClientFields, KubernetesSdConfig } from "../config/prometheus/types";
import { credentialPaths } from "../config/prometheus/credentials";
import { isCluster, type KubernetesSource, type ScrapeSource } from "../config/source";
import { jobKey } from "./table";

/** A target of the running Prometheus, as its API shows it. */
export interface ActiveTarget {
    readonly scrapePool: string;
    readonly scrapeUrl: string;
    readonly health: string;
    readonly lastError: string;
    readonly labels: { readonly instance: string };
}

/** One request that is made by hand, as Prometheus would make it. */
export interface Attempt {
    readonly cluster: string;
    /** Name of the job, or what comes before all jobs. */
    readonly job: string;
    /** Of the job; for what comes before it, what that is for. */
    readonly path: "direct" | "apiServerProxy" | "federate" | "answers" | "discovery";
    readonly instance: string;
    readonly url: string;
    readonly client: HttpClientFields;
    /** What Prometheus says of the same target itself; empty where that is up. */
    readonly lastError: string;
}

/** A job that has no target to ask. */
export interface Nobody {
    readonly cluster: string;
    readonly job: string;
    readonly path: string;
    /** How many were discovered, of which none is a target of the job. */
    readonly discovered: number;
    /** Whether its rules leave some to other VMs. */
    readonly isShared: boolean;
}

export interface Plan {
    readonly attempts: readonly Attempt[];
    readonly nobody: readonly Nobody[];
}

/** What the stack has on this VM; jobs are told by their `job_name`. */
export interface Seen {
    /** All that this VM has; of a cluster that several share, not all. */
    readonly jobs: ReadonlySet<string>;
    readonly targets: readonly ActiveTarget[];
    /** How many targets each job has before its rules drop any. */
    readonly discovered: ReadonlyMap<string, number>;
    /** Those that leave some of what they discover to other VMs. */
    readonly shared: ReadonlySet<string>;
}

/** Enough to tell what is wrong with all from what is wrong with one. */
const MOST = 3;

/** What is tried for one cluster, in the order in which one thing needs the other. */
export function plan(source: ScrapeSource, { jobs: own, targets, discovered, shared }: Seen): Plan {
    const { name: cluster } = source;
    const jobs = clusterJobs(source)
        .filter((job) => own.has(jobKey(job)))
        .map((job) => ({ job, found: targetsOf(job, targets) }));
    return {
        attempts: [
            ...(isCluster(source) ? [apiServer(source)] : []),
            ...discoveries(
                source,
                jobs.map(({ job }) => job),
            ),
            ...jobs.flatMap(({ job, found }) => found.map((target) => attempt(job, target))),
        ],
        nobody: jobs
            .filter(({ found }) => found.length === 0)
            .map(({ job: { job, path, scrape } }) => {
                const { job_name: name } = scrape;
                return { cluster, job, path, discovered: discovered.get(name) ?? 0, isShared: shared.has(name) };
            }),
    };
}

/** Those that are not up come first. */
function targetsOf(job: Job, targets: readonly ActiveTarget[]): ActiveTarget[] {
    return targets
        .filter(({ scrapePool }) => scrapePool === jobKey(job))
        .sort((a, b) => Number(a.health === "up") - Number(b.health === "up"))
        .slice(0, MOST);
}

function attempt({ cluster, job, path, scrape }: Job, target: ActiveTarget): Attempt {
    const { scrapeUrl: url, health, lastError, labels } = target;
    return {
        ...{ cluster, job, path, url, client: scrape },
        instance: labels.instance,
        lastError: health === "down" ? lastError.replace(/^Get "[^"]*": /, "").replaceAll(/\p{Cc}/gu, " ") : "",
    };
}

function apiServer({ name, server }: KubernetesSource): Attempt {
    const instance = new URL(server).host;
    const url = `${server.replace(/\/$/, "")}/readyz`;
    const client = { tls_config: { ca_file: credentialPaths(name).ca } };
    return { cluster: name, job: "API server", path: "answers", instance, url, client, lastError: "" };
}

/** What Prometheus lists for each role: a target of an EndpointSlice has labels of its Service and of its pod. */
const LISTED: Readonly<Record<KubernetesSdConfig["role"], readonly string[]>> = {
    node: ["api/v1/nodes"],
    pod: ["api/v1/pods"],
    endpointslice: ["apis/discovery.k8s.io/v1/endpointslices", "api/v1/services", "api/v1/pods"],
};

/** Each list that some job needs, once. */
function discoveries({ name: cluster }: ScrapeSource, jobs: readonly Job[]): Attempt[] {
    const lists = jobs
        .flatMap(({ scrape }) => scrape.kubernetes_sd_configs ?? [])
        .flatMap((discovery) => {
            const { role, api_server, namespaces } = discovery;
            const places = namespaces?.names.map((namespace) => `namespaces/${namespace}/`) ?? [""];
            return LISTED[role].flatMap((list) =>
                places.map((place): [string, Attempt] => {
                    const [, api = "", kind = ""] = /^(.*\/)(.*)$/.exec(list) ?? [];
                    const url = `${api_server.replace(/\/$/, "")}/${api}${place}${kind}?limit=1`;
                    const instance = place + kind;
                    const shared = { cluster, job: "discovery", path: "discovery", lastError: "" } as const;
                    return [url, { ...shared, instance, url, client: discovery }];
                }),
            );
        });
    return [...new Map(lists).values()];
}

/** A line for each, as doctor.sh reads it. */
export function attemptLines(attempts: readonly Attempt[]): string {
    return attempts.map(({ url, client }, number) => attemptLine(number, url, client)).join("\n");
}

function attemptLine(number: number, url: string, client: HttpClientFields): string {
    const { authorization, basic_auth, tls_config: tls } = client;
    return [
        String(number),
        tls?.insecure_skip_verify ? "insecure" : undefined,
        url,
        tls?.ca_file,
        tls?.cert_file,
        tls?.key_file,
        basic_auth?.username,
        basic_auth?.password_file,
        authorization?.credentials_file,
        tls?.server_name,
    ]
        .map((value) => value ?? "-")
        .join("\t");
}
