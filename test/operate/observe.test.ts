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
    target("a/kubernetes-pods", "p-0", "unknown"),
    target("prometheus", "127.0.0.1:9090", "up"),
    target("of-my-own", "router", "down", "no route to host"),
];

function target(scrapePool: string, instance: string, health: string, lastError = ""): object {
    return { scrapePool, health, lastError, labels: { instance } };
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
                [{ cluster: "a", job: "kubernetes-nodes" }, "2117"],
                [{ cluster: "a", job: "federate/kubernetes-pods" }, "951"],
                // The number that the cluster's own Prometheus scraped, federated from there.
                [{ cluster: "a", job: "kubernetes-pods" }, "77777"],
                [{ job: "prometheus" }, "800"],
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
        );
        expect(Object.fromEntries(understand(stdout, EXPECTED).jobs)).toEqual({
            "a/kubernetes-nodes": { up: 1, targets: 2, series: 2117, age: 2.5 },
            "a/kubernetes-pods": { up: 0, targets: 1, series: 951, age: 20.5 },
            prometheus: { up: 1, targets: 1, series: 800, age: 0.25 },
        });
    });

    it("has nothing of a job that was never seen", () => {
        const { jobs, complaints } = understand(answers([], [], [], []), EXPECTED.slice(0, 1));
        expect(Object.fromEntries(jobs)).toEqual({
            "a/kubernetes-nodes": { up: 0, targets: 0, series: 0, age: undefined },
        });
        expect(complaints).toEqual([]);
    });

    it("says of each target that is down where it is and why, before what the VM says of federations", () => {
        const said = ["a/kubernetes-pods finds no series at p-0; its jobs there: x (1)", "b/kubernetes-pods …"];
        const { complaints } = understand(`${answers(TARGETS, [], [], [])}\n${said.join("\n")}\n`, EXPECTED);
        expect(complaints).toEqual(["a/kubernetes-nodes is down at node-2:10250: connection refused", ...said]);
    });
});
