import { describe, expect, it } from "vitest";
import { jobKey, type ObservedJob, renderAge, table } from "../../operate/table";

const EXPECTED = [
    { cluster: "a", job: "kubernetes-apiservers", path: "direct" },
    { cluster: "a", job: "kubernetes-nodes", path: "direct" },
    { cluster: "cluster-b", job: "kubernetes-pods", path: "federate" },
    { cluster: "", job: "prometheus", path: "static" },
];

function observed(jobs: Record<string, ObservedJob>): ReadonlyMap<string, ObservedJob> {
    return new Map(Object.entries(jobs));
}

describe("table", () => {
    it("lines up what is expected with what is seen", () => {
        const seen = observed({
            "a/kubernetes-apiservers": { up: 3, targets: 3, series: 14749, age: 12 },
            "a/kubernetes-nodes": { up: 99, targets: 100, series: 211700, age: 4.4 },
            "cluster-b/kubernetes-pods": { up: 2, targets: 2, series: 951, age: 33 },
            prometheus: { up: 1, targets: 1, series: 800, age: 0 },
        });
        expect(table(EXPECTED, seen)).toBe(
            [
                "CLUSTER    JOB                    PATH      TARGETS  SERIES  NEWEST SAMPLE",
                "a          kubernetes-apiservers  direct        3/3   14749            12s",
                "a          kubernetes-nodes       direct     99/100  211700             4s",
                "cluster-b  kubernetes-pods        federate      2/2     951            33s",
                "-          prometheus             static        1/1     800             0s",
                "",
            ].join("\n"),
        );
    });

    it("shows a dead cluster's targets down and how old its newest samples are", () => {
        const seen = observed({
            "a/kubernetes-apiservers": { up: 0, targets: 3, series: 0, age: 3725 },
            "cluster-b/kubernetes-pods": { up: 0, targets: 2, series: 0, age: 307 },
        });
        expect(table(EXPECTED, seen)).toBe(
            [
                "CLUSTER    JOB                    PATH      TARGETS  SERIES  NEWEST SAMPLE",
                "a          kubernetes-apiservers  direct        0/3       0          1h02m",
                "a          kubernetes-nodes       direct        0/0       -              -",
                "cluster-b  kubernetes-pods        federate      0/2       0          5m07s",
                "-          prometheus             static        0/0       -              -",
                "",
            ].join("\n"),
        );
    });

    it("leaves out what is seen but not expected", () => {
        const seen = observed({ "b/kubernetes-nodes": { up: 1, targets: 1, series: 1, age: 1 } });
        expect(table([], seen)).toBe("CLUSTER  JOB  PATH  TARGETS  SERIES  NEWEST SAMPLE\n");
    });
});

describe("renderAge", () => {
    it.each([
        [-3, "0s"],
        [0.4, "0s"],
        [59.4, "59s"],
        [59.6, "1m00s"],
        [61, "1m01s"],
        [3599, "59m59s"],
        [3600, "1h00m"],
        [86399, "23h59m"],
        [86400, "1d00h"],
        [12 * 86400 + 4 * 3600, "12d04h"],
    ])("renders %d seconds as %s", (seconds, text) => {
        expect(renderAge(seconds)).toBe(text);
    });
});

describe("jobKey", () => {
    it.each([
        ["a", "kubernetes-pods", "a/kubernetes-pods"],
        ["", "prometheus", "prometheus"],
    ])("names job %s %s as %s", (cluster, job, key) => {
        expect(jobKey({ cluster, job })).toBe(key);
    });
});
