import type { types } from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";
import type { GatewayEndpoint } from "../endpoint";
import type { Replica } from "../inCluster";
import { GATEWAY_DIRECTORY, HEALTH_PORT, replicaPort } from "./gatewayConfiguration";
import { labels, selector } from "./labels";

/** What a gateway's objects have in common. */
export interface GatewayArgs {
    /** Name of the cluster. */
    readonly cluster: string;
    /** Namespace of the gateway's own objects. */
    readonly namespace: Input<string>;
    readonly endpoint: GatewayEndpoint;
}

/**
 * One port a replica. On every node, where it is one of the nodes' ports: with the traffic policy `Local` only those nodes
 * would answer that run one of the gateway's pods. A load balancer finds those nodes, and with `Local` it leaves out a hop
 * and keeps the VM's address. Named, since a second Service could not have the same node ports while the first is there.
 */
export function gatewayService({ cluster, namespace, endpoint }: GatewayArgs): types.input.core.v1.Service {
    const { loadBalancer, nodePorts = [], prometheus } = endpoint;
    const ports = prometheus.replicas.map((_, i) => ({
        name: `replica-${i}`,
        port: replicaPort(i),
        targetPort: replicaPort(i),
        ...(loadBalancer === undefined && { nodePort: nodePorts[i] }),
    }));
    return {
        metadata: {
            name: "gateway",
            namespace,
            labels: labels(cluster, "gateway"),
            annotations: { ...loadBalancer?.annotations, "pulumi.com/skipAwait": "true" },
        },
        spec: {
            type: loadBalancer === undefined ? "NodePort" : "LoadBalancer",
            externalTrafficPolicy: loadBalancer === undefined ? "Cluster" : "Local",
            ...(loadBalancer?.sourceRanges && { loadBalancerSourceRanges: loadBalancer.sourceRanges }),
            selector: selector(cluster, "gateway"),
            ports,
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
        terminationGracePeriodSeconds: 40,
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
                    ...endpoint.prometheus.replicas.map((_, i) => ({
                        name: `replica-${i}`,
                        containerPort: replicaPort(i),
                    })),
                    { name: "health", containerPort: HEALTH_PORT },
                ],
                // A node that is short of processor time is no reason to end the federation.
                readinessProbe: { httpGet: { path: "/healthz", port: "health" }, periodSeconds: 5, timeoutSeconds: 5 },
                livenessProbe: { tcpSocket: { port: "health" }, periodSeconds: 10, timeoutSeconds: 5 },
                // Serves until every node sends new connections elsewhere and the open ones have ended. By Kubernetes itself
                // (1.30 and later), since an image may have no shell.
                lifecycle: { preStop: { sleep: { seconds: 20 } } },
                resources: {
                    requests: { cpu: "10m", memory: "32Mi", "ephemeral-storage": "16Mi" },
                    limits: { memory: "64Mi", "ephemeral-storage": "128Mi" },
                },
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
    const { namespace: theirs, replicas, port } = endpoint.prometheus;
    const namespaceSelector = { matchLabels: { "kubernetes.io/metadata.name": theirs } };
    return {
        metadata: { namespace, labels: labels(cluster, "gateway") },
        spec: {
            podSelector: { matchLabels: selector(cluster, "gateway") },
            policyTypes: ["Ingress", "Egress"],
            ingress: [{ ports: replicas.map((_, i) => ({ protocol: "TCP", port: replicaPort(i) })) }],
            egress: [
                {
                    to: replicas.map((replica) => ({
                        namespaceSelector,
                        podSelector: { matchLabels: replica.selector },
                    })),
                    ports: [{ protocol: "TCP", port }],
                },
            ],
        },
    };
}

/**
 * Lets the gateway's pods in at one replica, where policies isolate it already (as kube-prometheus's do). Policies add up;
 * where none selects the replica yet, this one would cut off everything else that reads it.
 */
export function admittanceNetworkPolicy(
    { cluster, namespace, endpoint }: GatewayArgs,
    replica: Replica,
): types.input.networking.v1.NetworkPolicy {
    const { namespace: theirs, port } = endpoint.prometheus;
    return {
        metadata: { namespace: theirs, labels: labels(cluster, "gateway") },
        spec: {
            podSelector: { matchLabels: replica.selector },
            policyTypes: ["Ingress"],
            ingress: [
                {
                    from: [
                        {
                            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
                            podSelector: { matchLabels: selector(cluster, "gateway") },
                        },
                    ],
                    ports: [{ protocol: "TCP", port }],
                },
            ],
        },
    };
}
