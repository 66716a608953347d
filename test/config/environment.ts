import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as yaml from "js-yaml";
import { loadConfig } from "../../config/load";
import type { StackConfig } from "../../config/schema";
import { EVIDENCE_JOBS, isAnnotated, isEvidence, isSlice, JOB_NAMES, KUBERNETES_JOBS } from "../../config/source";
import { CA, CERTIFICATE, CLIENT_CERTIFICATE, CLIENT_KEY, KEY, OTHER_CA } from "./frontCertificates";
import { HTTP_SECRETS, SERVICES } from "./services";

/** Keys of the namespace and their values, as a stack's file holds them. */
export type Keys = Record<string, unknown>;

const EXAMPLE = yaml.load(readFileSync(join(__dirname, "example.yaml"), "utf8")) as {
    readonly config: Readonly<Record<string, Record<string, unknown>>>;
};

/** A fresh copy of the example's plain keys, to be changed by a test. */
export function exampleKeys(): Record<string, Record<string, unknown>> {
    const config = structuredClone(EXAMPLE.config);
    return Object.fromEntries(Object.entries(config).map(([key, value]) => [key.replace(/^[^:]+:/, ""), value]));
}

/** The example with other values at some paths, in the notation of messages; undefined removes what is there. */
export function changed(changes: Keys): Keys {
    const keys = exampleKeys();
    for (const [path, value] of Object.entries(changes)) {
        change(keys, path, value);
    }
    return keys;
}

/** Sets the value at a path, in objects that are made where there are none; undefined removes it. */
export function change(keys: Keys, path: string, value: unknown): void {
    const names = pathNames(path);
    const last = names.pop() ?? "";
    const parent = names.reduce((at, name) => {
        if (!Object.hasOwn(at, name)) define(at, name, {});
        return at[name] as Keys;
    }, keys);
    if (value === undefined) {
        Reflect.deleteProperty(parent, last);
    } else {
        define(parent, last, value);
    }
}

/** Not by assignment, which would change what an object inherits where the name is `__proto__`. */
function define(at: Keys, name: string, value: unknown): void {
    Object.defineProperty(at, name, { value, writable: true, enumerable: true, configurable: true });
}

/** The names and list positions that a path as `a.b[0]["c d"]` is made of. */
export function pathNames(path: string): string[] {
    return [...path.matchAll(/(?:^|\.)([^.[\]]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/gy)].map(
        ([, name, index, quoted]) => name ?? index ?? String(JSON.parse(quoted ?? '""')),
    );
}

/** A private key nobody uses: an Ed25519 key in PKCS #8 whose secret half is all the letter `Z`. */
export const PRIVATE_KEY = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIFpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpa
-----END PRIVATE KEY-----
`;

export const KUBECONFIG = `apiVersion: v1
kind: Config
current-context: admin
clusters:
  - name: staging
    cluster: { server: "https://k8s.staging.example.com:6443" }
contexts:
  - name: admin
    context: { cluster: staging, user: admin }
users:
  - name: admin
    user: { token: LIFTED-FROM-A-KUBECONFIG }
`;

/** With that CA for its cluster. */
export function kubeconfigWith(ca: string): string {
    const data = Buffer.from(ca).toString("base64");
    return KUBECONFIG.replace('6443" }', `6443", certificate-authority-data: ${data} }`);
}

export const SECRETS = { vmPrivateKey: PRIVATE_KEY, kubeconfigs: { staging: KUBECONFIG } };

/**
 * What the example leaves out: with this, a value stands at each place that the schema knows, and nothing is wrong with any.
 */
const rest = (): Keys => ({
    "vm.port": 22,
    "vm.user": "root",
    "vm.bootTimeout": "5m",
    "vm.takeOver": "organization/project/other",
    "vm.adopt": false,
    "vm.purgeData": false,
    "vm.proxy": { host: "198.51.100.1", port: 22, user: "jump", hostKey: exampleKeys()["vm"]?.["hostKey"] },
    prometheus: {
        ...releaseKeys("prometheus", "3.13.2"),
        scrapeInterval: "30s",
        externalLabels: { site: "berlin" },
        retention: { time: "30d", size: "80GB" },
        memoryMax: "4G",
        unsafeFlags: ["--web.enable-lifecycle"],
        restartDuringOutage: false,
        shard: { index: 1, of: 2 },
        ruleFiles: ["test/config/user/rules.yml"],
        scrapeConfigFiles: ["test/config/user/scrape.yml"],
    },
    nodeExporter: releaseKeys("node_exporter", "1.12.1"),
    alertmanager: releaseKeys("alertmanager", "0.28.1"),
    blackboxExporter: releaseKeys("blackbox_exporter", "0.28.0"),
    front: {
        serverName: "prometheus.example.com",
        aliases: ["prom.example.com"],
        path: "/prometheus/",
        alertmanagerPath: "/alertmanager/",
        certificate: CERTIFICATE,
        caCertificate: CA,
        users: { alice: { roles: ["viewer", "silencer"] } },
        clients: { grafana: { roles: ["viewer"] } },
        clientCaCertificate: OTHER_CA,
        requiresClientCertificate: false,
        openHealth: false,
    },
    sourceStacks: ["organization/external-prometheus/prod-eu"],
    federatedStacks: { "monitor-b": "global" },
    heldClusters: ["us"],
    "clusters.staging.context": "admin",
    "clusters.staging.jobs": Object.fromEntries(
        JOB_NAMES.map((job) => [
            job,
            {
                path: isAnnotated(job) || isSlice(job) ? "federate" : "direct",
                interval: "30s",
                ...(job.startsWith("kubernetes-nodes") && { insecureSkipVerify: true }),
                ...(isEvidence(job) && {
                    targets: ["198.51.100.40:10259"],
                    scheme: "https",
                    insecureSkipVerify: true,
                }),
            },
        ]),
    ),
    "clusters.staging.tokens": { generation: 2, previous: "secret", bound: { lifetime: "1h" } },
    "clusters.staging.endpoint.prometheus.port": 9090,
    "clusters.staging.endpoint.gateway.image": "docker.io/library/nginx:1.28",
    "clusters.staging.endpoint.gateway.imagePullPolicy": "Always",
    "clusters.staging.endpoint.gateway.admittance": true,
    "clusters.balanced": cluster({
        prometheus: {
            flavour: "kube-prometheus-stack",
            release: "monitoring",
            namespace: "monitoring",
            replicas: 2,
            routePrefix: "/prometheus",
            jobs: Object.fromEntries([...KUBERNETES_JOBS, ...EVIDENCE_JOBS].map((job) => [job, `${job}-.+`])),
            nativeHistograms: true,
        },
        gateway: {
            loadBalancer: {
                address: "203.0.113.20",
                annotations: { address: "203.0.113.20" },
                sourceRanges: ["198.51.100.20/32", "2001:db8::/64"],
            },
        },
    }),
    // All federated, so that each of the names above is asked for.
    "clusters.balanced.jobs": Object.fromEntries(JOB_NAMES.map((job) => [job, { path: "federate" }])),
    "clusters.routed": cluster({
        prometheus: { flavour: "kube-prometheus" },
        ingress: {
            hosts: ["prometheus-0.example.com", "prometheus-1.example.com"],
            port: 443,
            className: "internal",
            annotations: { auth: "prometheus" },
            tlsSecret: "prometheus-tls",
            caCertificate: CA,
            username: "monitor",
            clientCertificate: CLIENT_CERTIFICATE,
        },
    }),
    "clusters.gatewayed": cluster({
        prometheus: { namespace: "monitoring", podLabels: { app: "prometheus" } },
        ingress: {
            hosts: ["prometheus.example.com"],
            httpRoute: { gateway: "internal", namespace: "gateways", sectionName: "https" },
            username: "monitor",
        },
    }),
    "clusters.open": cluster({
        prometheus: { flavour: "prometheus" },
        url: {
            urls: ["https://prometheus.example.com/k8s"],
            caCertificate: CA,
            username: "monitor",
            clientCertificate: CLIENT_CERTIFICATE,
        },
    }),
    "clusters.open.jobs": { "kubernetes-service-endpoints": { path: "apiServerProxy", namespaces: ["shop"] } },
    "clusters.proxied": cluster({
        prometheus: { flavour: "prometheus", release: "monitoring", namespace: "monitoring" },
        apiServerProxy: {},
    }),
    "clusters.proxied.jobs": { "kubernetes-pods": { path: "apiServerProxy", namespaces: ["shop"] } },
    ...Object.fromEntries(Object.entries(SERVICES.scrapeJobs).map(([name, job]) => [`scrapeJobs.${name}`, job])),
    alertmanagers: SERVICES.alertmanagers,
    remoteWrite: SERVICES.remoteWrite,
});

/** A cluster beside the example's. */
function cluster(endpoint: Keys): Keys {
    const { server, caCertificate } = exampleKeys()["clusters"]?.["staging"] as Keys;
    return { server, caCertificate, endpoint };
}

function releaseKeys(program: string, version: string): Keys {
    return {
        version,
        url: `https://mirror.example.com/${program}-${version}.linux-amd64.tar.gz`,
        sha256: "a".repeat(64),
        extraFlags: ["--log.level=debug"],
    };
}

/** Of a password that nobody knows. */
export const PASSWORD_HASH = `$2y$10$${"WlpaWlpa".repeat(6)}WlpaW`;

/** Another one, of which the same holds with the letter `X`. */
const PROXY_PRIVATE_KEY = PRIVATE_KEY.replace(/F(paWl)+.*/, "FhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhY");

/** Keys that others stand in the place of: they cannot be set beside them. */
export const INSTEAD = ["front.certificateFile", "front.keyFile"];

/** A configuration in which every other key is set, those with plain values and those with secret ones. */
export function completeKeys(): { plain: Keys; secret: Keys } {
    const names = ["staging", "balanced", "routed", "gatewayed", "open", "proxied"];
    const kubeconfigs = Object.fromEntries(names.map((name) => [name, KUBECONFIG]));
    return {
        plain: changed(structuredClone(rest())),
        secret: {
            ...SECRETS,
            vmProxyPrivateKey: PROXY_PRIVATE_KEY,
            frontPrivateKey: KEY,
            frontPasswordHashes: { alice: PASSWORD_HASH },
            kubeconfigs,
            endpointPasswords: { routed: "CANARY", gatewayed: "CANARY", open: "CANARY" },
            endpointPrivateKeys: { routed: CLIENT_KEY, open: CLIENT_KEY },
            httpSecrets: structuredClone(HTTP_SECRETS),
        },
    };
}

/** Sets a stack's configuration as the engine hands it over, without what is undefined. */
export function configure(plain: Keys, secret: Keys = SECRETS, foreign: Record<string, string> = {}): void {
    const qualified = (keys: Keys) =>
        Object.entries(keys)
            .filter(([, value]) => value !== undefined)
            .map(([name, value]): [string, string] => [
                `external-prometheus:${name}`,
                typeof value === "string" ? value : JSON.stringify(value),
            ]);
    pulumi.runtime.setAllConfig(
        { ...Object.fromEntries([...qualified(plain), ...qualified(secret)]), ...foreign },
        qualified(secret).map(([key]) => key),
    );
}

/** Sets a stack's configuration and loads it. */
export function load(...keys: Parameters<typeof configure>): StackConfig {
    configure(...keys);
    return loadConfig();
}

/** The message with which a configuration is refused. */
export function refusal(plain: Keys, secret: Keys = SECRETS): string {
    try {
        load(plain, secret);
    } catch (error) {
        if (pulumi.RunError.isInstance(error)) {
            return error.message;
        }
        throw error;
    }
    throw new Error("the configuration was accepted");
}
