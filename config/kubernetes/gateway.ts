import type { types } from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";
import type { GatewayEndpoint } from "../cluster";
import { GATEWAY_DIRECTORY, HEALTH_PORT, replicaPort } from "./gatewayConfiguration";
import { labels, selector } from "./labels";

const POD_NAME = "statefulset.kubernetes.io/pod-name";

/** What a gateway's objects have in common. */
export interface GatewayArgs {
    /** Name of the cluster. */
    readonly cluster: string;
    /** Namespace of the gateway's own objects. */
    readonly namespace: Input<string>;
    readonly endpoint: GatewayEndpoint;
}

/**
 * The way to one replica of the Prometheus in the cluster, beside it because a selector sees its own namespace only.
 * Named by number: a Service's name has 63 characters at most, which an automatic name may exceed. Not awaited, since
 * `up` has to work while the replica is down.
 */
export function replicaService({ cluster, endpoint }: GatewayArgs, index: number): types.input.core.v1.Service {
    const { namespace, pods, port } = endpoint.prometheus;
    const pod = pods[index];
    if (pod === undefined) throw new RangeError(`there is no replica ${index}`);
    return {
        metadata: {
            name: `external-prometheus-replica-${index}`,
            namespace,
            labels: labels(cluster, "gateway"),
            annotations: { "pulumi.com/skipAwait": "true" },
        },
        spec: {
            type: "ClusterIP",
            selector: { [POD_NAME]: pod },
            ports: [{ name: "http", port, targetPort: port }],
        },
    };
}

/**
 * One port a replica, on every node: with the traffic policy `Local` only those nodes would answer that run one of the
 * gateway's pods. Named, since a second Service could not have the same node ports while the first is there.
 */
export function gatewayService({ cluster, namespace, endpoint }: GatewayArgs): types.input.core.v1.Service {
    return {
        metadata: {
            name: "gateway",
            namespace,
            labels: labels(cluster, "gateway"),
            annotations: { "pulumi.com/skipAwait": "true" },
        },
        spec: {
            type: "NodePort",
            externalTrafficPolicy: "Cluster",
            selector: selector(cluster, "gateway"),
            ports: endpoint.nodePorts.map((nodePort, i) => ({
                name: `replica-${i}`,
                port: replicaPort(i),
                targetPort: replicaPort(i),
                nodePort,
            })),
        },
    };
}

export interface GatewayDeploymentArgs extends GatewayArgs {
    /** Name of the ConfigMap that holds `nginx.conf`. */
    readonly configMap: Input<string>;
    /** Name of the Secret that holds `tls.crt`, `tls.key` and `ca.crt`. */
    readonly secret: Input<string>;
    /** Of the content of both; a new one replaces the pods one by one. */
    readonly checksum: Input<string>;
}

/** Two pods with no privilege, no token and no writable disk but a small /tmp. */
export function gatewayDeployment(args: GatewayDeploymentArgs): types.input.apps.v1.Deployment {
    const { cluster, namespace } = args;
    return {
        metadata: {
            namespace,
            labels: labels(cluster, "gateway"),
            annotations: { "pulumi.com/timeoutSeconds": "300" },
        },
        spec: {
            replicas: 2,
            progressDeadlineSeconds: 240,
            selector: { matchLabels: selector(cluster, "gateway") },
            strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
            template: {
                metadata: {
                    labels: labels(cluster, "gateway"),
                    annotations: { "external-prometheus/checksum": args.checksum },
                },
                spec: gatewayPod(args),
            },
        },
    };
}

function gatewayPod({ cluster, endpoint, configMap, secret }: GatewayDeploymentArgs): types.input.core.v1.PodSpec {
    return {
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        // Asks no name server, so none has to work.
        dnsPolicy: "Default",
        securityContext: {
            runAsNonRoot: true,
            runAsUser: 65534,
            runAsGroup: 65534,
            fsGroup: 65534,
            seccompProfile: { type: "RuntimeDefault" },
        },
        topologySpreadConstraints: [
            {
                topologyKey: "kubernetes.io/hostname",
                maxSkew: 1,
                whenUnsatisfiable: "ScheduleAnyway",
                labelSelector: { matchLabels: selector(cluster, "gateway") },
            },
        ],
        containers: [
            {
                name: "nginx",
                image: endpoint.image,
                imagePullPolicy: endpoint.imagePullPolicy,
                // Images differ in their entry points; every one of them has nginx on its PATH.
                command: ["nginx", "-e", "stderr", "-c", `${GATEWAY_DIRECTORY}/nginx.conf`, "-g", "daemon off;"],
                ports: [
                    ...endpoint.nodePorts.map((_, i) => ({ name: `replica-${i}`, containerPort: replicaPort(i) })),
                    { name: "health", containerPort: HEALTH_PORT },
                ],
                readinessProbe: { httpGet: { path: "/healthz", port: "health" }, periodSeconds: 5 },
                livenessProbe: { httpGet: { path: "/healthz", port: "health" }, periodSeconds: 10 },
                resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "64Mi" } },
                securityContext: {
                    allowPrivilegeEscalation: false,
                    readOnlyRootFilesystem: true,
                    capabilities: { drop: ["ALL"] },
                },
                volumeMounts: [
                    { name: "configuration", mountPath: GATEWAY_DIRECTORY, readOnly: true },
                    { name: "tmp", mountPath: "/tmp" },
                ],
            },
        ],
        volumes: [
            {
                name: "configuration",
                projected: {
                    defaultMode: 0o440,
                    sources: [{ configMap: { name: configMap } }, { secret: { name: secret } }],
                },
            },
            { name: "tmp", emptyDir: { sizeLimit: "16Mi" } },
        ],
    };
}

/** Lets a drain of the nodes take one of the two pods at a time. */
export function gatewayDisruptionBudget(args: GatewayArgs): types.input.policy.v1.PodDisruptionBudget {
    const { cluster, namespace } = args;
    return {
        metadata: { namespace, labels: labels(cluster, "gateway") },
        spec: { maxUnavailable: 1, selector: { matchLabels: selector(cluster, "gateway") } },
    };
}

/**
 * In by the replicas' ports, out to the replicas alone. Selects the gateway's own pods: a first policy on the user's
 * Prometheus would cut off everything else that reads it.
 */
export function gatewayNetworkPolicy(args: GatewayArgs): types.input.networking.v1.NetworkPolicy {
    const { cluster, namespace, endpoint } = args;
    return {
        metadata: { namespace, labels: labels(cluster, "gateway") },
        spec: {
            podSelector: { matchLabels: selector(cluster, "gateway") },
            policyTypes: ["Ingress", "Egress"],
            ingress: [{ ports: endpoint.nodePorts.map((_, i) => ({ protocol: "TCP", port: replicaPort(i) })) }],
            egress: [
                {
                    to: [
                        {
                            namespaceSelector: {
                                matchLabels: { "kubernetes.io/metadata.name": endpoint.prometheus.namespace },
                            },
                            podSelector: {
                                matchExpressions: [{ key: POD_NAME, operator: "In", values: endpoint.prometheus.pods }],
                            },
                        },
                    ],
                    ports: [{ protocol: "TCP", port: endpoint.prometheus.port }],
                },
            ],
        },
    };
}
