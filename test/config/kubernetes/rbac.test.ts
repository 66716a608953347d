import { describe, expect, it } from "vitest";
import { accessFor, assertAllowedRules, type Rule } from "../../../config/kubernetes/rbac";
import type { AnnotatedJob, EvidenceJob, JobPath, KubernetesJob, ScrapeJob } from "../../../config/source";
import type { Tokens } from "../../../config/tokens";
import { cluster, endpointOf, jobs, proxiedJobs } from "./cluster";

/** Access as lines, so that a table of it can be read. */
function lines(
    paths: Partial<Record<KubernetesJob, JobPath>>,
    proxied: Partial<Record<AnnotatedJob, string[]>> = {},
    evidence: Partial<Record<EvidenceJob, ScrapeJob>> = {},
): string[] {
    const line = (purpose: string, scope: string) => (rule: Rule) =>
        `${purpose} ${scope}: ${rule.verbs.join(",")} ${(rule.resources ?? rule.nonResourceURLs ?? []).join(",")}`;
    const chosen = { ...jobs(paths), ...proxiedJobs(proxied), ...evidence };
    const access = accessFor({ jobs: chosen, tokens: { generation: 1 } });
    for (const { clusterRules, namespaces } of access) {
        assertAllowedRules([...clusterRules, ...namespaces.flatMap(({ rules }) => rules)]);
    }
    return access.flatMap(({ purpose, clusterRules, namespaces }) => [
        ...clusterRules.map(line(purpose, "cluster")),
        ...namespaces.flatMap(({ namespace, rules }) => rules.map(line(purpose, namespace))),
    ]);
}

function tokensOf(...resourceNames: string[]): Rule {
    return { apiGroups: [""], resources: ["serviceaccounts/token"], resourceNames, verbs: ["create"] };
}

const METRICS = "discovery cluster: get /metrics,/metrics/slis";
const SLICES = "discovery default: list,watch endpointslices";
const BACKING = ["services", "pods"].map((kind) => `discovery default: list,watch ${kind}`);
const NODES = "discovery cluster: list,watch nodes";
const KUBELET = "kubelet cluster: get nodes/metrics";

const COMPONENTS = "metrics cluster: get /metrics";
const REACHED = "proxy cluster: get pods/proxy";

describe("accessFor", () => {
    it.each<[string, Partial<Record<KubernetesJob, JobPath>>, string[]]>([
        ["nothing", {}, []],
        ["the API servers", { "kubernetes-apiservers": "direct" }, [METRICS, SLICES, ...BACKING]],
        ["the nodes", { "kubernetes-nodes": "direct" }, [NODES, KUBELET]],
        ["cadvisor", { "kubernetes-nodes-cadvisor": "direct" }, [NODES, KUBELET]],
        [
            "API servers and nodes",
            { "kubernetes-apiservers": "direct", "kubernetes-nodes": "direct", "kubernetes-nodes-cadvisor": "direct" },
            [METRICS, NODES, SLICES, ...BACKING, KUBELET],
        ],
        ["federated nodes", { "kubernetes-apiservers": "federate", "kubernetes-nodes": "federate" }, []],
        ["federated pods", { "kubernetes-pods": "federate", "kubernetes-service-endpoints": "federate" }, []],
    ])("gives what %s need(s), and no more", (_, paths, expected) => {
        expect(lines(paths)).toEqual(expected);
    });

    it.each<[string, Partial<Record<EvidenceJob, Partial<ScrapeJob>>>, string[]]>([
        ["etcd on its nodes", { etcd: {} }, [NODES]],
        ["node_exporter elsewhere", { "node-exporter": { targets: ["192.0.2.10:9100"] } }, []],
        ["the scheduler", { "kube-scheduler": {} }, [NODES, COMPONENTS]],
        ["CoreDNS behind https", { coredns: { targets: ["192.0.2.10:9153"], scheme: "https" } }, [COMPONENTS]],
    ])("gives what %s need(s), and no more", (_, evidence, expected) => {
        const chosen = Object.entries(evidence).map(([job, changes]): [string, ScrapeJob] => [
            job,
            { path: "direct", interval: "30s", ...changes },
        ]);
        expect(lines({}, {}, Object.fromEntries(chosen))).toEqual(expected);
    });

    it("names the replicas' Services and their port where they are reached through the API server", () => {
        const endpoint = endpointOf("apiServerProxy", {});
        const access = accessFor({
            jobs: jobs({ "kubernetes-pods": "federate" }),
            endpoint,
            tokens: { generation: 1 },
        });
        expect(access).toEqual([
            {
                purpose: "federation",
                clusterRules: [],
                namespaces: [
                    {
                        namespace: "monitoring",
                        rules: [
                            {
                                apiGroups: [""],
                                resources: ["services/proxy"],
                                resourceNames: [
                                    "external-prometheus-replica-0:9090",
                                    "external-prometheus-replica-1:9090",
                                ],
                                verbs: ["get"],
                            },
                        ],
                    },
                ],
            },
        ]);
        assertAllowedRules(access.flatMap(({ namespaces }) => namespaces.flatMap(({ rules }) => rules)));
    });

    it.each<[string, Partial<Record<AnnotatedJob, string[]>>, string[]]>([
        ["pods of all namespaces", { "kubernetes-pods": ["*"] }, ["discovery cluster: list,watch pods", REACHED]],
        [
            "pods of two",
            { "kubernetes-pods": ["shop", "bank"] },
            [
                "discovery bank: list,watch pods",
                "discovery shop: list,watch pods",
                "proxy bank: get pods/proxy",
                "proxy shop: get pods/proxy",
            ],
        ],
        [
            "Services of one and pods of all",
            { "kubernetes-pods": ["*"], "kubernetes-service-endpoints": ["shop"] },
            [
                "discovery cluster: list,watch pods",
                "discovery shop: list,watch endpointslices",
                "discovery shop: list,watch services",
                REACHED,
            ],
        ],
        [
            "pods and Services of one",
            { "kubernetes-pods": ["shop"], "kubernetes-service-endpoints": ["shop"] },
            [
                "discovery shop: list,watch pods",
                "discovery shop: list,watch endpointslices",
                "discovery shop: list,watch services",
                "proxy shop: get pods/proxy",
            ],
        ],
    ])("gives what %s need through the API server, each right once", (_, proxied, expected) => {
        expect(lines({}, proxied)).toEqual(expected);
    });

    it.each(["bound", "previous"])("lets one account ask for the tokens of those that scrape: %s", (which) => {
        const tokens: Tokens =
            which === "bound" ? { generation: 1, bound: { lifetime: "1h" } } : { generation: 2, previous: "bound" };
        const access = accessFor({ ...cluster, tokens });
        expect(access.map(({ purpose }) => purpose)).toEqual(["discovery", "kubelet", "renewal"]);
        expect(access[2]).toEqual({
            purpose: "renewal",
            clusterRules: [],
            namespaces: [
                {
                    namespace: "external-prometheus",
                    rules: [tokensOf("external-prometheus-discovery", "external-prometheus-kubelet")],
                },
            ],
        });
        assertAllowedRules(access[2]?.namespaces[0]?.rules ?? []);
    });

    it("lets nobody ask for tokens where no job needs one", () => {
        const tokens: Tokens = { generation: 1, bound: { lifetime: "1h" } };
        expect(accessFor({ jobs: jobs({ "kubernetes-pods": "federate" }), tokens })).toEqual([]);
    });

    it("names the API group of every resource", () => {
        const [discovery, kubelet] = accessFor(cluster);
        const groups = [discovery, kubelet].flatMap((access) => [
            ...(access?.clusterRules ?? []),
            ...(access?.namespaces.flatMap(({ rules }) => rules) ?? []),
        ]);
        expect(groups.filter((rule) => rule.resources).map((rule) => [rule.apiGroups, rule.resources])).toEqual([
            [[""], ["nodes"]],
            [["discovery.k8s.io"], ["endpointslices"]],
            [[""], ["services"]],
            [[""], ["pods"]],
            [[""], ["nodes/metrics"]],
        ]);
    });
});

describe("assertAllowedRules", () => {
    it("lets through everything that the jobs need", () => {
        for (const { clusterRules, namespaces } of accessFor(cluster)) {
            assertAllowedRules([...clusterRules, ...namespaces.flatMap(({ rules }) => rules)]);
        }
    });

    it.each<[string, Rule]>([
        ["nodes/proxy", { apiGroups: [""], resources: ["nodes/proxy"], verbs: ["get"] }],
        ["nodes/metrics and nodes/proxy", { resources: ["nodes/metrics", "nodes/proxy"], verbs: ["get"] }],
        ["nodes/status", { apiGroups: [""], resources: ["nodes/status"], verbs: ["get"] }],
        ["nodes/log", { apiGroups: [""], resources: ["nodes/log"], verbs: ["get"] }],
        ["pods/proxy beside another", { apiGroups: [""], resources: ["pods/proxy", "nodes/proxy"], verbs: ["get"] }],
        ["pods/proxy by more than GET", { apiGroups: [""], resources: ["pods/proxy"], verbs: ["get", "create"] }],
        ["pods/proxy of all groups", { apiGroups: ["*"], resources: ["pods/proxy"], verbs: ["get"] }],
        ["services/proxy", { apiGroups: [""], resources: ["services/proxy"], verbs: ["get"] }],
        [
            "services/proxy without a port",
            { apiGroups: [""], resources: ["services/proxy"], resourceNames: ["a"], verbs: ["get"] },
        ],
        [
            "services/proxy of one with a port and one without",
            { apiGroups: [""], resources: ["services/proxy"], resourceNames: ["a:9090", "b:http"], verbs: ["get"] },
        ],
        [
            "pods/proxy by name",
            { apiGroups: [""], resources: ["pods/proxy"], resourceNames: ["prometheus-0:9090"], verbs: ["get"] },
        ],
        ["all names", { apiGroups: [""], resources: ["services/proxy"], resourceNames: ["*:9090"], verbs: ["get"] }],
        ["pods/exec", { apiGroups: [""], resources: ["pods/exec"], verbs: ["get"] }],
        ["pods/attach", { apiGroups: [""], resources: ["pods/attach"], verbs: ["get"] }],
        ["pods/portforward", { apiGroups: [""], resources: ["pods/portforward"], verbs: ["get"] }],
        ["secrets", { apiGroups: [""], resources: ["secrets"], verbs: ["list"] }],
        ["tokens", { apiGroups: [""], resources: ["serviceaccounts/token"], verbs: ["get"] }],
        ["tokens of any account", { apiGroups: [""], resources: ["serviceaccounts/token"], verbs: ["create"] }],
        ["tokens of its own", tokensOf("external-prometheus-renewal")],
        ["tokens of another's account, too", tokensOf("external-prometheus-kubelet", "default")],
        ["accounts", { ...tokensOf("external-prometheus-kubelet"), resources: ["serviceaccounts"] }],
        ["more than their tokens", { ...tokensOf("external-prometheus-kubelet"), verbs: ["create", "get"] }],
        ["all resources", { apiGroups: [""], resources: ["*"], verbs: ["get"] }],
        ["all subresources", { apiGroups: [""], resources: ["nodes/*"], verbs: ["get"] }],
        ["all groups", { apiGroups: ["*"], resources: ["pods"], verbs: ["get"] }],
        ["all verbs", { apiGroups: [""], resources: ["pods"], verbs: ["*"] }],
        ["all URLs", { nonResourceURLs: ["*"], verbs: ["get"] }],
        ["all URLs below /metrics", { nonResourceURLs: ["/metrics/*"], verbs: ["get"] }],
        ["/debug/pprof", { nonResourceURLs: ["/debug/pprof"], verbs: ["get"] }],
        ["/metrics/../logs", { nonResourceURLs: ["/metrics/../logs"], verbs: ["get"] }],
        ...["create", "update", "patch", "delete", "deletecollection", "escalate", "bind", "impersonate", "post"].map(
            (verb): [string, Rule] => [
                `the verb ${verb}`,
                { apiGroups: [""], resources: ["pods"], verbs: ["get", verb] },
            ],
        ),
    ])("refuses %s", (_, rule) => {
        expect(() => {
            assertAllowedRules([{ apiGroups: [""], resources: ["nodes"], verbs: ["list"] }, rule]);
        }).toThrow(/refused: /);
    });
});
