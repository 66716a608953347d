import { describe, expect, it } from "vitest";
import { understand } from "../../operate/observe";

const EXPECTED = [
    { cluster: "a", job: "kubernetes-nodes", path: "direct" },
    { cluster: "a", job: "kubernetes-pods", path: "federate" },
    { cluster: "", job: "prometheus", path: "direct" },
];

const TARGETS = [
    target("a/kubernetes-nodes", "node-2:10250", "down", 'Get "https://node-2:10250/metrics": connection refused'),
    target("a/kubernetes-nodes", "node-1:10250", "up"),
    target("a/kubernetes-pods", "p-0", "unknown", "", "r-0"),
    target("prometheus", "127.0.0.1:9090", "up"),
    target("of-my-own", "router", "down", "no route to host"),
];

function target(scrapePool: string, instance: string, health: string, lastError = "", replica?: string): object {
    return { scrapePool, health, lastError, labels: { instance, replica } };
}

function answers(targets: object[], ...vectors: [metric: object, value: string][][]): string {
    const lines = [
        { status: "success", data: { activeTargets: targets } },
        ...vectors.map((vector) => ({
            status: "success",
            data: { result: vector.map(([metric, value]) => ({ metric, value: [1000.5, value] })) },
        })),
    ];
    return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

describe("understand", () => {
    it("joins targets by scrape pool, series by what was scraped, ages by how the job's samples come", () => {
        const stdout = answers(
            TARGETS,
            [
                [{ cluster: "a", job: "kubernetes-nodes", instance: "node-1:10250" }, "2000"],
                [{ cluster: "a", job: "kubernetes-nodes", instance: "node-2:10250" }, "117"],
                [{ cluster: "a", job: "kubernetes-nodes", instance: "no target any more" }, "4000"],
                [{ cluster: "a", job: "federate/kubernetes-pods", instance: "p-0", replica: "r-0" }, "951"],
                [{ cluster: "a", job: "federate/kubernetes-pods", instance: "p-0", replica: "gone" }, "951"],
                // The number that the cluster's own Prometheus scraped, federated from there.
                [{ cluster: "a", job: "kubernetes-pods", instance: "p-0", replica: "r-0" }, "77777"],
                [{ job: "prometheus", instance: "127.0.0.1:9090" }, "800"],
            ],
            [
                [{ cluster: "a", job: "kubernetes-nodes" }, "998"],
                // A success of a pod's scrape in the cluster, older than a failed one that came after it.
                [{ cluster: "a", job: "kubernetes-pods" }, "400"],
                [{ cluster: "a", job: "federate/kubernetes-pods" }, "999"],
                [{ job: "prometheus" }, "1000.25"],
            ],
            [
                [{ cluster: "a", job: "kubernetes-nodes" }, "1000"],
                [{ cluster: "a", job: "kubernetes-pods" }, "980"],
                [{ job: "prometheus" }, "1000.25"],
            ],
            [],
        );
        expect(Object.fromEntries(understand(stdout, EXPECTED, []).jobs)).toEqual({
            "a/kubernetes-nodes": { up: 1, targets: 2, series: 2117, age: 2.5 },
            "a/kubernetes-pods": { up: 0, targets: 1, series: 951, age: 20.5 },
            prometheus: { up: 1, targets: 1, series: 800, age: 0.25 },
        });
    });

    it("has nothing of a job that was never seen", () => {
        const { jobs, complaints } = understand(answers([], [], [], [], []), EXPECTED.slice(0, 1), []);
        expect(Object.fromEntries(jobs)).toEqual({
            "a/kubernetes-nodes": { up: 0, targets: 0, series: 0, age: undefined },
        });
        expect(complaints).toEqual([]);
    });

    it("says of each target that is down where it is and why, before what the VM says of federations", () => {
        const said = ["a/kubernetes-pods finds no series at p-0; its jobs there: x (1)", "b/kubernetes-pods …"];
        const { complaints } = understand(`${answers(TARGETS, [], [], [], [])}${said.join("\n")}\n`, EXPECTED, []);
        expect(complaints).toEqual(["a/kubernetes-nodes is down at node-2:10250: connection refused", ...said]);
    });

    it("counts a probe that fails as down, though the exporter that made it answers", () => {
        const job = { cluster: "a", job: "probe-apiserver", path: "direct" };
        const at = "https://k8s.example.com:6443/readyz";
        const up = [
            target("a/probe-apiserver", at, "up"),
            target("a/probe-apiserver", "other", "up"),
            target("a/probe-apiserver", "gone", "up"),
            target("mine", "x", "up"),
        ];
        const failing: [object, string][] = [
            [{ cluster: "a", job: "probe-apiserver", instance: at }, "0"],
            [{ cluster: "a", job: "probe-apiserver", instance: "gone" }, "404"],
            [{ cluster: "a", job: "probe-apiserver", instance: "probed until a moment ago" }, "0"],
            [{ job: "mine", instance: "x" }, "0"],
        ];
        const { jobs, complaints } = understand(answers(up, [], [], [], failing), [job], []);
        expect(jobs.get("a/probe-apiserver")).toMatchObject({ up: 1, targets: 3 });
        expect(complaints).toEqual([
            "a/probe-apiserver fails at gone: HTTP status 404",
            `a/probe-apiserver fails at ${at}: the probe has no answer, or no good one`,
        ]);
    });

    it("finds a job's series under the name that kube-prometheus gives it, by path where that is one for two", () => {
        const expected = ["kubernetes-nodes", "kubernetes-nodes-cadvisor"].map((job) => ({
            cluster: "a",
            job,
            path: "direct",
        }));
        const kubelet = (metrics_path: string) => ({ cluster: "a", job: "kubelet", metrics_path, instance: "node" });
        const values: [object, string][] = [
            [kubelet("/metrics"), "1"],
            [kubelet("/metrics/cadvisor"), "20"],
        ];
        const { jobs } = understand(
            answers([target("a/kubernetes-nodes", "node", "up")], values, values, [], []),
            expected,
            [{ name: "a", naming: "kube-prometheus" }],
        );
        expect([...jobs.values()].map(({ series }) => series)).toEqual([1, 20]);
        expect([...jobs.values()].map(({ age }) => age)).toEqual([999.5, 980.5]);
    });

    it("has of a federation whose series go by other names the time at which something came by it", () => {
        const expected = [{ cluster: "a", job: "vital-signs", path: "federate" }];
        const came: [object, string][] = [[{ cluster: "a", job: "federate/vital-signs" }, "990"]];
        const { jobs } = understand(answers([], [], came, [], []), expected, []);
        expect(jobs.get("a/vital-signs")?.age).toBe(10.5);
    });
});
