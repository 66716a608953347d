import { describe, expect, it } from "vitest";
import { InClusterPrometheus, namespaceOf, replicasOf } from "../../config/inCluster";

/** Names of the replicas of what a configuration describes. */
function replicas(prometheus: object): string[] | undefined {
    return replicasOf(InClusterPrometheus.parse(prometheus))?.map(({ name }) => name);
}

describe("replicas", () => {
    it.each<[object, string[]]>([
        [{ pods: ["b", "a"] }, ["b", "a"]],
        [{ flavour: "prometheus", release: "prometheus", replicas: 2 }, ["prometheus-server-0", "prometheus-server-1"]],
        [{ flavour: "prometheus", release: "monitoring", replicas: 1 }, ["monitoring-prometheus-server-0"]],
        [{ flavour: "prometheus", release: "my-prometheus" }, ["my-prometheus-server"]],
        [
            { flavour: "kube-prometheus-stack", release: "monitoring" },
            ["prometheus-monitoring-kube-prometheus-prometheus-0"],
        ],
        [
            { flavour: "kube-prometheus-stack", release: "kube-prometheus-stack", replicas: 2 },
            ["prometheus-kube-prometheus-stack-prometheus-0", "prometheus-kube-prometheus-stack-prometheus-1"],
        ],
        // 26 characters end behind a dash, which goes too.
        [
            { flavour: "kube-prometheus-stack", release: "observe" },
            ["prometheus-observe-kube-prometheus-st-prometheus-0"],
        ],
        [
            { flavour: "kube-prometheus-stack", release: "abcdefghi" },
            ["prometheus-abcdefghi-kube-prometheus-prometheus-0"],
        ],
        [{ flavour: "kube-prometheus" }, ["prometheus-k8s-0", "prometheus-k8s-1"]],
        [{ flavour: "kube-prometheus", replicas: 1 }, ["prometheus-k8s-0"]],
        [{ flavour: "kube-prometheus", pods: ["prometheus-own-0"] }, ["prometheus-own-0"]],
    ])("of %j are %j", (prometheus, names) => {
        expect(replicas(prometheus)).toEqual(names);
    });

    it("are not guessed where nothing tells them", () => {
        expect(replicas({})).toBeUndefined();
        expect(replicas({ flavour: "prometheus" })).toBeUndefined();
    });

    it("are found by the name that their StatefulSet gives them", () => {
        expect(replicasOf(InClusterPrometheus.parse({ flavour: "kube-prometheus" }))).toMatchObject([
            { selector: { "statefulset.kubernetes.io/pod-name": "prometheus-k8s-0" } },
            { selector: { "statefulset.kubernetes.io/pod-name": "prometheus-k8s-1" } },
        ]);
    });

    it("are found by labels where a Deployment changes their names", () => {
        const chart = InClusterPrometheus.parse({ flavour: "prometheus", release: "monitoring" });
        expect(replicasOf(chart)?.map(({ selector }) => selector)).toEqual([
            {
                "app.kubernetes.io/name": "prometheus",
                "app.kubernetes.io/component": "server",
                "app.kubernetes.io/instance": "monitoring",
            },
        ]);
        const own = InClusterPrometheus.parse({ podLabels: { app: "prom" } });
        expect(replicasOf(own)).toEqual([{ name: "prometheus", selector: { app: "prom" } }]);
    });
});

it("is in the namespace that is given, or that kube-prometheus has", () => {
    const namespace = (prometheus: object) => namespaceOf(InClusterPrometheus.parse(prometheus));
    expect(namespace({ namespace: "a", flavour: "kube-prometheus" })).toBe("a");
    expect(namespace({ flavour: "kube-prometheus" })).toBe("monitoring");
    expect(namespace({ flavour: "prometheus" })).toBeUndefined();
});
