import { describe, expect, it } from "vitest";
import type { ScrapeConfig } from "../../../config/prometheus/types";
import type { EvidenceJob, ScrapeJob, ScrapeSource } from "../../../config/source";
import { clusterDocument, source } from "./scraping";

const CREDENTIALS = "/usr/local/etc/prometheus/credentials/staging";

function direct(job: EvidenceJob, changes: Partial<ScrapeJob> = {}, rest: Partial<ScrapeSource> = {}): ScrapeConfig {
    const jobs = { ...source().jobs, [job]: { path: "direct", interval: "15s", ...changes } };
    const found = clusterDocument(source("staging", { jobs, ...rest })).scrape_configs.find(
        ({ job_name }) => job_name === `staging/${job}`,
    );
    if (found === undefined) throw new Error(`no job ${job}`);
    return found;
}

/** How often a regular expression is looked for, and what comes of it, as Prometheus reads both. */
function addressOf({ relabel_configs = [] }: ScrapeConfig, address: string): string {
    const rule = relabel_configs.find(({ target_label }) => target_label === "__address__");
    return address.replace(new RegExp(`^(?:${rule?.regex ?? ""})$`), rule?.replacement ?? "");
}

describe("a job that holds evidence", () => {
    it.each<[EvidenceJob, string, string]>([
        ["etcd", "192.0.2.11:2381", "[2001:db8::11]:2381"],
        ["kube-scheduler", "192.0.2.11:10259", "[2001:db8::11]:10259"],
        ["kube-controller-manager", "192.0.2.11:10257", "[2001:db8::11]:10257"],
        ["node-exporter", "192.0.2.11:9100", "[2001:db8::11]:9100"],
    ])("%s is looked for on the nodes, at %s", (job, v4, v6) => {
        const scrape = direct(job);
        const places = job === "node-exporter" ? scrape.file_sd_configs?.length : scrape.kubernetes_sd_configs?.length;
        expect(places).toBe(1);
        expect(addressOf(scrape, "192.0.2.11:10250")).toBe(v4);
        expect(addressOf(scrape, "[2001:db8::11]:10250")).toBe(v6);
        const isKept = scrape.relabel_configs?.some(
            ({ action, source_labels }) => action === "keep" && source_labels?.join().includes("control_plane"),
        );
        expect(isKept).toBe(job !== "node-exporter");
    });

    it("has its node's name as instance, also where a list tells it", () => {
        expect(direct("node-exporter").relabel_configs).toContainEqual({
            source_labels: ["__meta_kubernetes_node_name"],
            target_label: "instance",
        });
    });

    it("is found on all nodes by the API server where the VM keeps no list of them", () => {
        const off = { path: "off", interval: "30s" } as const;
        const jobs = {
            ...source().jobs,
            "kubernetes-nodes": off,
            "kubernetes-nodes-cadvisor": off,
            "node-exporter": { path: "direct", interval: "15s" },
        } as const;
        const scrape = direct("node-exporter", {}, { jobs });
        expect(scrape.kubernetes_sd_configs?.[0]?.role).toBe("node");
        expect(scrape).not.toHaveProperty("file_sd_configs");
    });

    it("is asked for where the source says, and then nowhere else", () => {
        const scrape = direct("kube-scheduler", { targets: ["192.0.2.40:30259"] });
        expect(scrape.static_configs).toEqual([{ targets: ["192.0.2.40:30259"] }]);
        expect(scrape).not.toHaveProperty("kubernetes_sd_configs");
    });

    it("shows over https the token that reads metrics alone, over http none", () => {
        expect(direct("kube-scheduler")).toMatchObject({
            scheme: "https",
            follow_redirects: false,
            authorization: { credentials_file: `${CREDENTIALS}/metrics.token` },
            tls_config: { ca_file: `${CREDENTIALS}/ca.crt` },
        });
        for (const scrape of [direct("etcd"), direct("kube-scheduler", { scheme: "http" })]) {
            expect(scrape.scheme).toBe("http");
            expect(scrape).not.toHaveProperty("authorization");
            expect(scrape).not.toHaveProperty("tls_config");
        }
    });

    it("takes any certificate only where that is said", () => {
        expect(direct("kube-scheduler", { insecureSkipVerify: true }).tls_config).toEqual({
            insecure_skip_verify: true,
        });
        expect(JSON.stringify(direct("kube-scheduler"))).not.toContain("insecure");
    });

    it("lets kube-state-metrics name objects by their own labels, and no other job or cluster", () => {
        const scrape = direct("kube-state-metrics", { targets: ["192.0.2.40:30080"] });
        expect(scrape.honor_labels).toBe(true);
        const dropped = new RegExp(`^(?:${scrape.metric_relabel_configs?.[0]?.regex ?? ""})$`);
        for (const job of [
            "kubernetes-nodes",
            "kubernetes-pods-slow",
            "federate/etcd",
            "kubernetes-apiservers-static",
        ]) {
            expect(`${job};`).toMatch(dropped);
        }
        expect("kube-state-metrics;").not.toMatch(dropped);
        expect(scrape.metric_relabel_configs?.at(-1)).toEqual({ target_label: "cluster", replacement: "staging" });
        expect(direct("coredns", { targets: ["192.0.2.40:30153"] })).not.toHaveProperty("honor_labels");
    });
});

describe("names of kube-prometheus", () => {
    const document = clusterDocument(
        source("staging", {
            naming: "kube-prometheus",
            jobs: { ...source().jobs, etcd: { path: "direct", interval: "15s" } },
        }),
    );
    const named = (job: string) => {
        const found = document.scrape_configs.find(({ job_name }) => job_name === `staging/${job}`);
        return found?.relabel_configs?.filter(({ action }) => action === undefined) ?? [];
    };

    it.each([
        ["kubernetes-apiservers", { job: "apiserver", endpoint: "https", namespace: "default", service: "kubernetes" }],
        ["kubernetes-nodes", { job: "kubelet", metrics_path: "/metrics" }],
        ["kubernetes-nodes-cadvisor", { job: "kubelet", metrics_path: "/metrics/cadvisor" }],
        ["etcd", { job: "kube-etcd" }],
    ])("are those of %s", (job, labels) => {
        const fixed = named(job).filter(({ source_labels }) => source_labels === undefined);
        const found = new Map(fixed.map(({ target_label, replacement }) => [target_label, replacement]));
        expect(found).toEqual(new Map(Object.entries({ ...labels, cluster: "staging" })));
    });

    it("tell of what is on a node its address and the node", () => {
        for (const job of ["kubernetes-nodes", "kubernetes-nodes-cadvisor", "etcd"]) {
            expect(named(job)).toContainEqual({ source_labels: ["__meta_kubernetes_node_name"], target_label: "node" });
            expect(named(job)).toContainEqual({ source_labels: ["__address__"], target_label: "instance" });
        }
    });

    it("keep apart what is federated of a job whose name it shares", () => {
        const jobs = { ...source().jobs, "kubernetes-nodes-cadvisor": { path: "federate", interval: "60s" } as const };
        const matchers = { "kubernetes-nodes-cadvisor": [{ label: "job", operator: "=", value: "kubelet" } as const] };
        const { federation } = source();
        const { scrape_configs } = clusterDocument(
            source("staging", {
                naming: "kube-prometheus",
                jobs,
                ...(federation && { federation: { ...federation, matchers } }),
            }),
        );
        const federated = scrape_configs.find(({ job_name }) => job_name === "staging/kubernetes-nodes-cadvisor");
        const drop = federated?.metric_relabel_configs?.find(({ source_labels }) => source_labels?.length === 2);
        const dropped = new RegExp(`^(?:${drop?.regex ?? ""})$`);
        expect("kubelet;/metrics").toMatch(dropped);
        expect("kubelet;/metrics/cadvisor").not.toMatch(dropped);
    });
});

describe("federated slices", () => {
    it("take nothing of a job that is off, but for evidence among the Services", () => {
        const off = { path: "off", interval: "30s" } as const;
        const vital = { path: "federate", interval: "15s" } as const;
        const jobs = {
            ...source().jobs,
            "kubernetes-nodes": off,
            "kubernetes-service-endpoints": off,
            "vital-signs": vital,
        };
        const { scrape_configs } = clusterDocument(source("staging", { jobs }));
        const signs = scrape_configs.find(({ job_name }) => job_name === "staging/vital-signs");
        const drop = signs?.metric_relabel_configs?.find(({ source_labels }) => source_labels?.length === 2);
        const dropped = new RegExp(`^(?:${drop?.regex ?? ""})$`);
        expect("kubernetes-nodes;").toMatch(dropped);
        expect("kubernetes-service-endpoints;").not.toMatch(dropped);
    });

    it("mark what a cluster has computed, so that it is nothing that a rule here computes", () => {
        const jobs = {
            ...source().jobs,
            "vital-signs": { path: "federate", interval: "15s" },
            "recording-rules": { path: "federate", interval: "60s" },
            alerts: { path: "federate", interval: "60s" },
        } as const;
        const marks = clusterDocument(source("staging", { jobs })).scrape_configs.filter(({ metric_relabel_configs }) =>
            metric_relabel_configs?.some(({ target_label }) => target_label === "evaluated_by"),
        );
        expect(marks.map(({ job_name }) => job_name)).toEqual(["staging/recording-rules", "staging/alerts"]);
    });
});
