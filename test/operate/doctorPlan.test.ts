import { describe, expect, it } from "vitest";
import { clusterJobs, watchingJobs } from "../../config/prometheus/document";
import { type ActiveTarget, attemptLines, plan, type Seen } from "../../operate/doctorPlan";
import { jobKey } from "../../operate/table";
import { SMALL, source } from "../config/prometheus/scraping";

const SOURCE = source("staging", {
    jobs: {
        ...source().jobs,
        "kubernetes-service-endpoints": { path: "apiServerProxy", interval: "30s", namespaces: ["a", "b"] },
        "kube-scheduler": { path: "direct", interval: "30s", insecureSkipVerify: true },
        etcd: { path: "off", interval: "30s" },
    },
});

/** A VM that has all of the cluster's jobs, and of their targets these. */
function seen(targets: readonly ActiveTarget[], changes: Partial<Seen> = {}): Seen {
    const jobs = new Set(clusterJobs(SOURCE).map(jobKey));
    return { jobs, targets, discovered: new Map(), shared: new Set(), ...changes };
}

function target(job: string, instance: string, health = "up", lastError = ""): ActiveTarget {
    return {
        ...{ scrapePool: `staging/${job}`, scrapeUrl: `https://${instance}/metrics?a=b%26c`, health, lastError },
        labels: { instance },
    };
}

describe("the plan for a cluster", () => {
    it("tries the API server first, then each list that is needed, once", () => {
        const { attempts } = plan(SOURCE, seen([]));
        const base = "https://k8s.example.com:6443";
        const slices = "apis/discovery.k8s.io/v1/namespaces";
        expect(attempts.map(({ url }) => url)).toEqual([
            `${base}/readyz`,
            `${base}/${slices}/default/endpointslices?limit=1`,
            `${base}/api/v1/namespaces/default/services?limit=1`,
            `${base}/api/v1/namespaces/default/pods?limit=1`,
            `${base}/api/v1/nodes?limit=1`,
            ...["a", "b"].map((namespace) => `${base}/${slices}/${namespace}/endpointslices?limit=1`),
            ...["a", "b"].map((namespace) => `${base}/api/v1/namespaces/${namespace}/services?limit=1`),
            ...["a", "b"].map((namespace) => `${base}/api/v1/namespaces/${namespace}/pods?limit=1`),
        ]);
    });

    it("has each job that there is, by its targets or as one without any", () => {
        const found = [target("kube-scheduler", "10.0.0.1:10259"), target("kubernetes-nodes", "node-1")];
        const { attempts, nobody } = plan(
            SOURCE,
            seen(found, { discovered: new Map([["staging/kubernetes-pods", 4]]) }),
        );
        const tried = attempts.filter(({ path }) => path !== "answers" && path !== "discovery");
        const jobs = clusterJobs(SOURCE).map(({ job }) => job);
        expect([...tried, ...nobody].map(({ job }) => job).sort()).toEqual([...jobs].sort());
        expect(jobs).not.toContain("etcd");
        expect(nobody.filter(({ discovered }) => discovered > 0)).toEqual([
            { cluster: "staging", job: "kubernetes-pods", path: "federate", discovered: 4, isShared: false },
        ]);
    });

    it("has of what several VMs share the part of this one", () => {
        const prometheus = { ...SMALL.prometheus, shard: { index: 0, of: 2 } };
        const part = watchingJobs(SOURCE, { ...SMALL, prometheus });
        const { attempts, nobody } = plan(
            SOURCE,
            seen([target("kubernetes-nodes", "node-1")], {
                jobs: new Set(part.map(jobKey)),
                discovered: new Map([["staging/kube-scheduler", 3]]),
                shared: new Set(["staging/kube-scheduler", "staging/kubernetes-nodes"]),
            }),
        );
        const jobs = [...attempts, ...nobody].map(({ job }) => job);
        expect(new Set(jobs)).toEqual(new Set(["API server", "discovery", ...part.map(({ job }) => job)]));
        // Federated by the other VM alone.
        expect(jobs).not.toContain("kubernetes-pods");
        expect(nobody.filter(({ isShared }) => isShared)).toEqual([
            { cluster: "staging", job: "kube-scheduler", path: "direct", discovered: 3, isShared: true },
        ]);
    });

    it("asks three targets of a job at most, those first that are not up", () => {
        const lastError = 'Get "https://bad/metrics": dial tcp 10.0.0.9:10250: connect: connection refused';
        const found = [
            ...["a", "b", "c"].map((instance) => target("kubernetes-nodes", instance)),
            target("kubernetes-nodes", "new", "unknown"),
            target("kubernetes-nodes", "bad", "down", lastError),
            { ...target("kubernetes-nodes", "other"), scrapePool: "production/kubernetes-nodes" },
        ];
        const tried = plan(SOURCE, seen(found)).attempts.filter(({ job }) => job === "kubernetes-nodes");
        expect(tried.map(({ instance, lastError }) => [instance, lastError])).toEqual([
            ["new", ""],
            ["bad", "dial tcp 10.0.0.9:10250: connect: connection refused"],
            ["a", ""],
        ]);
    });

    it("shows each what the job shows it, by the names of files", () => {
        const found = ["kubernetes-nodes", "kube-scheduler", "kubernetes-pods"].map((job) => target(job, "host:1"));
        const { attempts } = plan(SOURCE, seen(found));
        const lines = attemptLines(attempts).split("\n");
        const line = (job: string) => lines[attempts.findIndex((each) => each.job === job)]?.split("\t").slice(1);
        const files = "/usr/local/etc/prometheus/credentials/staging";
        const url = "https://host:1/metrics?a=b%26c";
        expect(line("API server")).toEqual([
            ...["-", "https://k8s.example.com:6443/readyz", `${files}/ca.crt`, "-", "-", "-", "-", "-", "-"],
        ]);
        expect(line("kubernetes-nodes")).toEqual([
            ...["-", url, `${files}/ca.crt`, "-", "-", "-", "-", `${files}/kubelet.token`, "-"],
        ]);
        expect(line("kube-scheduler")).toEqual([
            ...["insecure", url, "-", "-", "-", "-", "-", `${files}/metrics.token`, "-"],
        ]);
        expect(line("kubernetes-pods")).toEqual([
            ...["-", url, `${files}/federation-ca.crt`, `${files}/federation.crt`, `${files}/federation.key`],
            ...["-", "-", "-", "gateway.staging.internal"],
        ]);
    });
});
