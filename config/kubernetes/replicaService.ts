import type { types } from "@pulumi/kubernetes";
import type { Located } from "../endpoint";
import { labels } from "./labels";

/** Named by number: a Service's name has 63 characters at most, which an automatic name may exceed. */
export function replicaServiceName(index: number): string {
    return `external-prometheus-replica-${index}`;
}

/**
 * The way to one replica of the Prometheus in the cluster, beside it because a selector sees its own namespace only. Not
 * awaited, since `up` has to work while the replica is down.
 */
export function replicaService(cluster: string, prometheus: Located, index: number): types.input.core.v1.Service {
    const { namespace, replicas, port } = prometheus;
    const replica = replicas[index];
    if (replica === undefined) throw new RangeError(`there is no replica ${index}`);
    return {
        metadata: {
            name: replicaServiceName(index),
            namespace,
            labels: labels(cluster, "gateway"),
            annotations: { "pulumi.com/skipAwait": "true" },
        },
        spec: {
            type: "ClusterIP",
            selector: replica.selector,
            ports: [{ name: "http", port, targetPort: port }],
        },
    };
}
