import { scrapeSource } from "../../../config/kubernetes/scrapeSource";
import type { Scraping } from "../../../config/prometheus/document";
import type { StackConfig } from "../../../config/schema";
import { KUBERNETES_JOBS } from "../../../config/source";
import { exampleKeys, KUBECONFIG, type Keys, load, SECRETS } from "../environment";
import { CA } from "../frontCertificates";
import { HTTP_SECRETS, SERVICES } from "../services";

type Jobs = Readonly<Record<string, object>>;

const FEDERATED: Jobs = Object.fromEntries(KUBERNETES_JOBS.map((job) => [job, { path: "federate" }]));
const PROXIED = { path: "apiServerProxy", namespaces: ["shop"] };

function cluster(jobs: Jobs | undefined, endpoint: object | undefined): Keys {
    const { server, caCertificate } = exampleKeys()["clusters"]?.["staging"] as Keys;
    return { server, caCertificate, ...(jobs && { jobs }), ...(endpoint && { endpoint }) };
}

function gateway(prometheus: object): object {
    return { prometheus, gateway: { nodeAddresses: ["203.0.113.11", "203.0.113.12"], nodePorts: [30990, 30991] } };
}

/** Configurations such as people have, by what is special about each: the clusters, and what else differs from the example. */
const ENVIRONMENTS: Readonly<
    Record<string, { clusters: Readonly<Record<string, Keys>>; rest?: Keys; secrets?: Keys }>
> = {
    "one-development-cluster": {
        clusters: { dev: exampleKeys()["clusters"]?.["staging"] as Keys },
    },
    "two-replicas": {
        clusters: {
            prod: cluster(
                {
                    etcd: { path: "direct" },
                    "kube-scheduler": { path: "direct", insecureSkipVerify: true },
                    "kube-controller-manager": { path: "direct", targets: ["203.0.113.11:10257"] },
                    "node-exporter": { path: "direct" },
                    "kube-state-metrics": { path: "federate", interval: "15s" },
                    coredns: {},
                    "recording-rules": { interval: "60s" },
                    alerts: {},
                },
                gateway({
                    flavour: "kube-prometheus-stack",
                    release: "monitoring",
                    namespace: "monitoring",
                    replicas: 2,
                    nativeHistograms: true,
                }),
            ),
        },
        rest: { nodeExporter: {}, alertmanager: {}, blackboxExporter: {} },
    },
    "three-clusters": {
        clusters: {
            ap: cluster(
                {
                    "kubernetes-nodes": { path: "federate" },
                    "kubernetes-nodes-cadvisor": { path: "federate", interval: "60s" },
                    "kubernetes-service-endpoints": { path: "off" },
                },
                {
                    prometheus: { flavour: "prometheus", release: "monitoring", namespace: "monitoring" },
                    apiServerProxy: {},
                },
            ),
            eu: {
                ...cluster(
                    { "kubernetes-pods": PROXIED },
                    gateway({ namespace: "monitoring", pods: ["prometheus-0", "prometheus-1"] }),
                ),
                tokens: { bound: { lifetime: "1h" } },
            },
            us: cluster(undefined, {
                prometheus: { flavour: "kube-prometheus" },
                ingress: { hosts: ["prometheus-0.us.example.com", "prometheus-1.us.example.com"], username: "monitor" },
            }),
        },
    },
    "no-prometheus-in-the-cluster": {
        clusters: {
            edge: cluster(
                {
                    "kubernetes-nodes": { insecureSkipVerify: true },
                    "kube-state-metrics": { path: "direct", targets: ["203.0.113.11:30080"] },
                    "kubernetes-pods": { path: "apiServerProxy", namespaces: ["*"] },
                    "kubernetes-service-endpoints": { path: "apiServerProxy", namespaces: ["bank", "shop"] },
                },
                undefined,
            ),
        },
    },
    "other-servers": {
        clusters: {},
        rest: {
            blackboxExporter: {},
            alertmanager: {},
            ...SERVICES,
            prometheus: { externalLabels: { site: "berlin", price: "5 $EUR" } },
        },
        secrets: { httpSecrets: HTTP_SECRETS },
    },
    "federation-only": {
        clusters: {
            private: cluster(FEDERATED, {
                prometheus: { flavour: "prometheus" },
                url: { urls: ["https://prometheus.example.com/k8s"], caCertificate: CA, username: "monitor" },
            }),
        },
    },
};

export const ENVIRONMENT_NAMES = Object.keys(ENVIRONMENTS);

/** A stack's configuration as the program has it. */
export function configOf(name: string): StackConfig {
    const { clusters = {}, rest: others = {}, secrets = {} } = ENVIRONMENTS[name] ?? {};
    const names = Object.keys(clusters);
    const passwords = names.filter((each) => JSON.stringify(clusters[each]).includes('"username"'));
    const untouched = names.filter((each) => JSON.stringify(clusters[each]).includes('"url"'));
    return load(
        { ...exampleKeys(), ...others, clusters },
        {
            ...SECRETS,
            ...secrets,
            kubeconfigs: Object.fromEntries(
                names.filter((each) => !untouched.includes(each)).map((each) => [each, KUBECONFIG]),
            ),
            ...(passwords.length > 0 && {
                endpointPasswords: Object.fromEntries(passwords.map((each) => [each, "CANARY"])),
            }),
        },
    );
}

/** What the program makes documents of. */
export function scrapingOf(name: string): Scraping {
    const { front, ...config } = configOf(name);
    return {
        ...config,
        ...(front && { front: front.config }),
        sources: config.clusters.map((own) => scrapeSource(own.cluster)),
    };
}
