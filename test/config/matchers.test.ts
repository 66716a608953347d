import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InClusterPrometheus } from "../../config/inCluster";
import { matchersOf } from "../../config/matchers";
import { EVIDENCE_JOBS, JOB_NAMES, type JobName, KUBERNETES_JOBS, type Matcher } from "../../config/source";

type Labels = Readonly<Record<string, string>>;
type Paths = Parameters<typeof matchersOf>[1];

function paths(jobs: readonly JobName[], path = "federate"): Paths {
    return Object.fromEntries(jobs.map((job) => [job, { path }]));
}

const FIVE = paths(KUBERNETES_JOBS);
const ALL = paths(JOB_NAMES);

function isOf(series: Labels, matchers: readonly Matcher[]): boolean {
    return matchers.every(({ label, operator, value }) => {
        const actual = series[label] ?? "";
        const isMatch = operator.endsWith("~") ? new RegExp(`^(?:${value})$`).test(actual) : actual === value;
        return isMatch === operator.startsWith("=");
    });
}

/** Jobs that a series is federated by. */
function jobsOf(series: Labels, prometheus: object, chosen: Paths): string[] {
    const matchers = matchersOf(InClusterPrometheus.parse(prometheus), chosen);
    return Object.entries(matchers).flatMap(([job, each]) => (isOf(series, each) ? [job] : []));
}

/** Labels of series as each flavour has them, and the jobs that they belong to. */
const SERIES: [flavour: string, series: Labels, belongs: string | undefined][] = [
    ["custom", { job: "kubernetes-apiservers" }, "kubernetes-apiservers"],
    ["custom", { job: "kubernetes-api-servers" }, "kubernetes-apiservers"],
    ["custom", { job: "kubernetes-nodes" }, "kubernetes-nodes"],
    ["custom", { job: "kubernetes-nodes-cadvisor" }, "kubernetes-nodes-cadvisor"],
    ["custom", { job: "kubernetes-pods-slow" }, "kubernetes-pods"],
    ["custom", { job: "kubernetes-service-endpoints" }, "kubernetes-service-endpoints"],
    ["custom", { job: "prometheus" }, undefined],
    ["prometheus", { job: "kubernetes-apiservers" }, "kubernetes-apiservers"],
    ["prometheus", { job: "kubernetes-api-servers" }, "kubernetes-apiservers"],
    ["prometheus", { job: "kubernetes-pods" }, "kubernetes-pods"],
    ["prometheus", { job: "kubernetes-services" }, "kubernetes-service-endpoints"],
    ["prometheus", { job: "prometheus-pushgateway" }, "kubernetes-service-endpoints"],
    ["prometheus", { job: "prometheus" }, "kubernetes-service-endpoints"],
    ...(["kube-prometheus-stack", "kube-prometheus"] as const).flatMap((flavour): typeof SERIES => [
        [flavour, { job: "apiserver" }, "kubernetes-apiservers"],
        [flavour, { job: "kubelet", metrics_path: "/metrics" }, "kubernetes-nodes"],
        [flavour, { job: "kubelet", metrics_path: "/metrics/probes" }, "kubernetes-nodes"],
        [flavour, { job: "kubelet", metrics_path: "/metrics/cadvisor" }, "kubernetes-nodes-cadvisor"],
        [flavour, { job: "kube-state-metrics" }, "kubernetes-service-endpoints"],
        [flavour, { job: "node-exporter" }, "kubernetes-service-endpoints"],
        [flavour, { job: "shop/web" }, "kubernetes-pods"],
        [flavour, { job: "" }, undefined],
    ]),
];

const CHARTS = { __name__: "m", job: "kubernetes-service-endpoints" };

/** The same where every job has a path of its own. */
const APART: [flavour: string, series: Labels, belongs: string | undefined][] = [
    ["custom", { ...CHARTS, app_kubernetes_io_name: "prometheus-node-exporter" }, "node-exporter"],
    ["prometheus", { ...CHARTS, app_kubernetes_io_name: "kube-state-metrics" }, "kube-state-metrics"],
    ["prometheus", { ...CHARTS, k8s_app: "kube-dns" }, "coredns"],
    ["prometheus", { ...CHARTS, k8s_app: "web" }, "kubernetes-service-endpoints"],
    ["prometheus", { __name__: "m", job: "kubernetes-pods", k8s_app: "kube-dns" }, "kubernetes-pods"],
    ["custom", { __name__: "m", job: "etcd" }, "etcd"],
    ...["kube-etcd", "kube-scheduler", "kube-controller-manager", "node-exporter", "kube-state-metrics", "coredns"].map(
        (job): [string, Labels, string] => [
            "kube-prometheus",
            { __name__: "m", job },
            job.replace("kube-etcd", "etcd"),
        ],
    ),
    ["kube-prometheus", { __name__: "m", job: "grafana" }, "kubernetes-service-endpoints"],
    ["kube-prometheus", { __name__: "up", job: "grafana" }, "vital-signs"],
    ["kube-prometheus", { __name__: "kube_node_status_condition", job: "kube-state-metrics" }, "vital-signs"],
    ["kube-prometheus", { __name__: "node:load:sum", job: "node-exporter" }, "recording-rules"],
    ["kube-prometheus", { __name__: "ALERTS", job: "node-exporter" }, "alerts"],
    ["kube-prometheus", { __name__: "ALERTS_FOR_STATE", job: "node-exporter" }, undefined],
    ["kube-prometheus", { __name__: "ALERTS_FOR_STATE" }, undefined],
];

describe("matchers", () => {
    it.each(SERIES)("of %s find %j for %s alone", (flavour, series, belongs) => {
        expect(jobsOf({ __name__: "m", ...series }, { flavour }, FIVE)).toEqual(belongs === undefined ? [] : [belongs]);
    });

    it.each(APART)("of %s find %j for %s alone, where each job is one of its own", (flavour, series, belongs) => {
        expect(jobsOf(series, { flavour }, ALL)).toEqual(belongs === undefined ? [] : [belongs]);
    });

    it.each(["kube-prometheus", "prometheus"])(
        "of %s never take what a rule has made, unless that is asked for",
        (flavour) => {
            const jobs = ["kubernetes-service-endpoints", "node-exporter", "apiserver"];
            for (const name of ["ALERTS", "ALERTS_FOR_STATE", "instance:load:rate5m"]) {
                expect(jobs.flatMap((job) => jobsOf({ __name__: name, job }, { flavour }, FIVE))).toEqual([]);
            }
        },
    );

    it("leave out of the rest what takes another path, or none", () => {
        for (const path of ["direct", "off"]) {
            const chosen = { ...FIVE, ...paths(["node-exporter"], path) };
            expect(jobsOf({ __name__: "m", job: "node-exporter" }, { flavour: "kube-prometheus" }, chosen)).toEqual([]);
        }
    });

    it("are those that are given, where they are", () => {
        const prometheus = InClusterPrometheus.parse({
            flavour: "kube-prometheus",
            jobs: { "kubernetes-nodes": "a|b" },
        });
        const matchers = matchersOf(prometheus, FIVE);
        expect(matchers["kubernetes-nodes"]?.[0]).toEqual({ label: "job", operator: "=~", value: "a|b" });
        expect(matchers["kubernetes-apiservers"]?.[0]).toEqual({ label: "job", operator: "=", value: "apiserver" });
    });

    it("never find a series twice, whatever is given and named", () => {
        const pattern = fc.constantFrom(
            ".+",
            "kubelet",
            "kubernetes-.*",
            "kubernetes-service-endpoints|x",
            "node-exporter",
        );
        const given = fc.dictionary(fc.constantFrom(...KUBERNETES_JOBS, ...EVIDENCE_JOBS), pattern, { maxKeys: 4 });
        const label = (...values: string[]) => fc.constantFrom("", ...values);
        const series = fc.record({
            __name__: fc.constantFrom("m", "up", "a:b", "ALERTS", "ALERTS_FOR_STATE", "node_load1"),
            job: label(
                ...["kubelet", "apiserver", "kubernetes-pods", "kubernetes-service-endpoints", "shop/web", "x", "etcd"],
                ...["node-exporter", "kube-dns", "prometheus", "kubernetes-nodes-cadvisor"],
            ),
            metrics_path: label("/metrics", "/metrics/cadvisor"),
            app_kubernetes_io_name: label("prometheus-node-exporter", "kube-state-metrics"),
            k8s_app: label("kube-dns"),
        });
        const chosen = fc
            .subarray([...EVIDENCE_JOBS, "vital-signs", "recording-rules", "alerts"] as JobName[])
            .map((more) => ({ ...FIVE, ...paths(more) }));
        const flavour = fc.constantFrom("custom", "prometheus", "kube-prometheus", "kube-prometheus-stack");
        fc.assert(
            fc.property(flavour, given, chosen, series, (of, jobs, each, labels) => {
                expect(jobsOf(labels, { flavour: of, jobs }, each).length).toBeLessThan(2);
            }),
            { numRuns: 2_000 },
        );
    });
});
