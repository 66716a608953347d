import type { Cluster } from "../cluster";
import { schemeOf } from "../evidence";
import { ANNOTATED_JOBS, type AnnotatedJob, EVIDENCE_JOBS, isAll, SCRAPE_PURPOSES } from "../source";
import { hasKind } from "../tokens";
import { accountName, NAMESPACE, type Purpose } from "./accounts";
import { replicaServiceName } from "./replicaService";

/** A rule in Kubernetes's own spelling (rbac.authorization.k8s.io/v1, PolicyRule). */
export interface Rule {
    readonly apiGroups?: string[];
    readonly resources?: string[];
    readonly resourceNames?: string[];
    readonly nonResourceURLs?: string[];
    readonly verbs: string[];
}

/** All that one account may do. */
export interface Access {
    readonly purpose: Purpose;
    /** In the whole cluster. */
    readonly clusterRules: Rule[];
    /** In one namespace only. */
    readonly namespaces: { readonly namespace: string; readonly rules: Rule[] }[];
}

/**
 * The least that the chosen jobs need; a purpose that no job needs is left out. Discovery reads by list and watch alone:
 * its informers never get a single object. The role `endpointslice` starts informers on all three of its kinds.
 */
export function accessFor({ tokens, ...cluster }: Pick<Cluster, "jobs" | "endpoint" | "tokens">): Access[] {
    const access = scrapeAccess(cluster);
    return access.length > 0 && hasKind(tokens, "bound") ? [...access, renewalOf(access)] : access;
}

/** Tokens of the accounts that scrape, and not one of its own: that could be renewed for ever. */
function renewalOf(access: readonly Access[]): Access {
    const rule = {
        apiGroups: [""],
        resources: ["serviceaccounts/token"],
        resourceNames: access.map(({ purpose }) => accountName(purpose)),
        verbs: ["create"],
    };
    return { purpose: "renewal", clusterRules: [], namespaces: [{ namespace: NAMESPACE, rules: [rule] }] };
}

function scrapeAccess({ jobs, endpoint }: Pick<Cluster, "jobs" | "endpoint">): Access[] {
    const apiServers = jobs["kubernetes-apiservers"].path === "direct";
    const kubelets = jobs["kubernetes-nodes"].path === "direct" || jobs["kubernetes-nodes-cadvisor"].path === "direct";
    const evidence = EVIDENCE_JOBS.flatMap((job) => {
        const chosen = jobs[job];
        return chosen?.path === "direct" ? [{ ...chosen, scheme: schemeOf(job, chosen) }] : [];
    });
    const nodes = kubelets || evidence.some(({ targets }) => targets === undefined);
    const listed = ANNOTATED_JOBS.flatMap((job) => scopes(jobs, job, DISCOVERED[job]));
    const reached = ANNOTATED_JOBS.flatMap((job) => scopes(jobs, job, [POD_PROXY]));
    const access: Access[] = [
        {
            purpose: "discovery",
            clusterRules: [
                ...when(apiServers, { nonResourceURLs: ["/metrics", "/metrics/slis"], verbs: ["get"] }),
                ...when(nodes, { apiGroups: [""], resources: ["nodes"], verbs: ["list", "watch"] }),
                ...inCluster(listed),
            ],
            namespaces: byNamespace([
                ...when(apiServers, { namespace: "default", rules: DISCOVERED["kubernetes-service-endpoints"] }),
                ...listed,
            ]),
        },
        {
            purpose: "kubelet",
            clusterRules: when(kubelets, { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] }),
            namespaces: [],
        },
        {
            purpose: "metrics",
            clusterRules: when(
                evidence.some(({ scheme }) => scheme === "https"),
                { nonResourceURLs: ["/metrics"], verbs: ["get"] },
            ),
            namespaces: [],
        },
        { purpose: "federation", clusterRules: [], namespaces: proxied(endpoint) },
        { purpose: "proxy", clusterRules: inCluster(reached), namespaces: byNamespace(reached) },
    ];
    return access.filter((a) => a.clusterRules.length > 0 || a.namespaces.length > 0);
}

/** What the role of each job's discovery starts informers on. */
const DISCOVERED: Readonly<Record<AnnotatedJob, Rule[]>> = {
    "kubernetes-pods": [{ apiGroups: [""], resources: ["pods"], verbs: ["list", "watch"] }],
    "kubernetes-service-endpoints": [
        { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
        { apiGroups: [""], resources: ["services"], verbs: ["list", "watch"] },
        { apiGroups: [""], resources: ["pods"], verbs: ["list", "watch"] },
    ],
};

/** Reaches any port of any pod by GET, past every NetworkPolicy: pods are known by no name beforehand. */
const POD_PROXY: Rule = { apiGroups: [""], resources: ["pods/proxy"], verbs: ["get"] };

/** Rules in one namespace; in all of them where it is undefined. */
interface Scope {
    readonly namespace: string | undefined;
    readonly rules: Rule[];
}

/** Where a job that is proxied looks, with what it needs there. */
function scopes(jobs: Cluster["jobs"], job: AnnotatedJob, rules: Rule[]): Scope[] {
    const { namespaces = [] } = jobs[job];
    return isAll(namespaces)
        ? [{ namespace: undefined, rules }]
        : namespaces.map((namespace) => ({ namespace, rules }));
}

function inCluster(scopes: readonly Scope[]): Rule[] {
    return once(scopes.filter(({ namespace }) => namespace === undefined).flatMap(({ rules }) => rules));
}

/** Each namespace once, without what is granted in the whole cluster anyway. */
function byNamespace(scopes: readonly Scope[]): Access["namespaces"] {
    const everywhere = inCluster(scopes);
    return [...new Set(scopes.flatMap(({ namespace }) => namespace ?? []))]
        .sort()
        .map((name) => {
            const rules = scopes.filter(({ namespace }) => namespace === name).flatMap((scope) => scope.rules);
            return { namespace: name, rules: once([...everywhere, ...rules]).slice(everywhere.length) };
        })
        .filter(({ rules }) => rules.length > 0);
}

function once(rules: readonly Rule[]): Rule[] {
    return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}

/** The Services of the replicas and no other, by the literal segment of the path that is asked for. */
function proxied(endpoint: Cluster["endpoint"]): Access["namespaces"] {
    if (endpoint?.kind !== "apiServerProxy") {
        return [];
    }
    const { namespace, port, replicas } = endpoint.prometheus;
    const resourceNames = replicas.map((_, i) => `${replicaServiceName(i)}:${port}`);
    return [{ namespace, rules: [{ apiGroups: [""], resources: ["services/proxy"], resourceNames, verbs: ["get"] }] }];
}

function when<T>(condition: boolean, value: T): T[] {
    return condition ? [value] : [];
}

const VERBS = new Set(["get", "list", "watch"]);
/** The one subresource that only reads. `get nodes/proxy`, for one, is the right to run code in every pod. */
const SUBRESOURCES = new Set(["nodes/metrics"]);
/** Reaches any page of what it leads to, past every NetworkPolicy: allowed for what is named with its port, if at all. */
const NAMED_SUBRESOURCES = new Set(["services/proxy"]);

/** Refused beside anything else; what is reached by it has no names that could be given. */
function isPodProxy(rule: Rule): boolean {
    return JSON.stringify(rule) === JSON.stringify(POD_PROXY);
}

/** The one right to make something: tokens of accounts that scrape, which an admission policy limits. */
function isRenewal({ resources = [], resourceNames = [], nonResourceURLs = [], verbs }: Rule): boolean {
    return (
        [...resources, ...nonResourceURLs].join() === "serviceaccounts/token" &&
        verbs.join() === "create" &&
        resourceNames.length > 0 &&
        resourceNames.every((name) => SCRAPE_PURPOSES.some((purpose) => name === accountName(purpose)))
    );
}

/** Refuses rules that would let a stolen token do more than read metrics and lists of objects without secrets. */
export function assertAllowedRules(rules: readonly Rule[]): void {
    for (const rule of rules) {
        if (isRenewal(rule) || isPodProxy(rule)) continue;
        const { apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [], verbs } = rule;
        for (const value of [...apiGroups, ...resources, ...resourceNames, ...nonResourceURLs, ...verbs]) {
            if (value.includes("*")) throw new Error(`rule for '${value}' refused: wildcards are not allowed`);
        }
        for (const verb of verbs) {
            if (!VERBS.has(verb)) throw new Error(`verb '${verb}' refused: only get, list and watch are allowed`);
        }
        for (const resource of resources) {
            if (resource === "secrets") throw new Error("rule for 'secrets' refused: discovery needs none");
            if (!resource.includes("/") || SUBRESOURCES.has(resource)) continue;
            if (!NAMED_SUBRESOURCES.has(resource)) {
                throw new Error(`rule for '${resource}' refused: of subresources only nodes/metrics is allowed`);
            }
            if (resourceNames.length === 0 || !resourceNames.every((name) => /^[a-z][-a-z0-9]*:\d+$/.test(name))) {
                throw new Error(`rule for '${resource}' refused: it must name each one with its port`);
            }
        }
        for (const url of nonResourceURLs) {
            if (!/^\/metrics(\/[a-z]+)?$/.test(url)) {
                throw new Error(`rule for '${url}' refused: only /metrics and what is below it is allowed`);
            }
        }
    }
}
