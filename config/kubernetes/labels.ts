/** What an object is for; also the name that people see in `kubectl get … -l`. */
export type Component = "scrape-access" | "gateway" | "ingress";

/** Labels of every object that this program makes in a cluster, by Kubernetes's recommended names. */
export function labels(cluster: string, component: Component): Record<string, string> {
    return {
        ...selector(cluster, component),
        "app.kubernetes.io/part-of": "external-prometheus",
        "app.kubernetes.io/managed-by": "pulumi",
    };
}

/** The part of the labels that tells one component's pods from all others; never changes, since selectors may not. */
export function selector(cluster: string, component: Component): Record<string, string> {
    return {
        "app.kubernetes.io/name": "external-prometheus",
        "app.kubernetes.io/instance": cluster,
        "app.kubernetes.io/component": component,
    };
}
