import { describe, expect, it } from "vitest";
import { credentialPaths } from "../../../config/prometheus/credentials";
import { jobs } from "../../../config/prometheus/jobs";
import type { ScrapeConfig } from "../../../config/prometheus/types";
import { matchersOf } from "../../../config/matchers";
import type { KubernetesJob, ScrapeSource } from "../../../config/source";
import { clusterDocument, gatewayFederation, SMALL, source, scrapeJob } from "./scraping";

function scrapeConfig(from: ScrapeSource, name: string): ScrapeConfig {
    const found = clusterDocument(from).scrape_configs.find((config) => config.job_name === name);
    if (found === undefined) throw new Error(`no job ${name}`);
    return found;
}

describe("a direct job", () => {
    it("of the API servers discovers in one namespace, and has a static target that needs no discovery", () => {
        const direct = scrapeConfig(source(), "staging/kubernetes-apiservers");
        expect(direct.kubernetes_sd_configs?.[0]?.namespaces).toEqual({ names: ["default"] });
        expect(direct.tls_config?.server_name).toBe("kubernetes");
        const fixed = scrapeConfig(source(), "staging/kubernetes-apiservers-static");
        expect(fixed).not.toHaveProperty("kubernetes_sd_configs");
        expect(fixed.static_configs).toEqual([{ targets: ["k8s.example.com:6443"] }]);
        expect(fixed.metrics_path).toBe("/metrics/slis");
    });

    it.each([
        ["https://k8s.example.com", "k8s.example.com:443", "/metrics/slis"],
        ["https://[2001:db8::1]:6443", "[2001:db8::1]:6443", "/metrics/slis"],
        ["https://hub.example.com/k8s/c-1/", "hub.example.com:443", "/k8s/c-1/metrics/slis"],
    ])("has the static target of %s with its port and path", (server, target, path) => {
        const fixed = scrapeConfig(source("staging", { server }), "staging/kubernetes-apiservers-static");
        expect(fixed.static_configs?.[0]?.targets).toEqual([target]);
        expect(fixed.metrics_path).toBe(path);
    });

    it.each(["kubernetes-nodes", "kubernetes-nodes-cadvisor"])(
        "%s never shows the discovery token to a node",
        (name) => {
            const { authorization, kubernetes_sd_configs } = scrapeConfig(source(), `staging/${name}`);
            expect(authorization?.credentials_file).toMatch(/\/kubelet\.token$/);
            expect(kubernetes_sd_configs?.[0]?.authorization.credentials_file).toMatch(/\/discovery\.token$/);
        },
    );

    it("takes over no label of a node that could replace the target's own", () => {
        const labelmap = scrapeConfig(source(), "staging/kubernetes-nodes").relabel_configs?.find(
            ({ action }) => action === "labelmap",
        );
        const allowed = new RegExp(`^${labelmap?.regex ?? ""}$`);
        for (const label of ["job", "instance", "cluster", "anything"]) {
            expect(`__meta_kubernetes_node_label_${label}`).not.toMatch(allowed);
        }
        expect("__meta_kubernetes_node_label_topology_kubernetes_io_zone").toMatch(allowed);
    });

    it("drops the buckets that nobody reads, however they are written, and keeps the others", () => {
        const config = scrapeConfig(source(), "staging/kubernetes-apiservers");
        const drop = config.metric_relabel_configs?.find(({ source_labels }) => source_labels?.includes("le"));
        const dropped = new RegExp(`^(?:${drop?.regex ?? ""})$`);
        for (const le of ["3", "3.0", "0.15", "50.0"]) {
            expect(`apiserver_request_duration_seconds_bucket;${le}`).toMatch(dropped);
        }
        for (const le of ["0.1", "1.0", "5.0", "60.0", "+Inf", "0915"]) {
            expect(`apiserver_request_duration_seconds_bucket;${le}`).not.toMatch(dropped);
        }
    });
});

/** The job's federation by a source that says something else of it. */
function federatedBy(
    changes: Partial<NonNullable<ScrapeSource["federation"]>>,
    job: KubernetesJob = "kubernetes-pods",
    without?: "serverName",
): ScrapeConfig {
    const federation = { ...gatewayFederation("gateway.internal", ["203.0.113.11:30990"]), ...changes };
    if (without !== undefined) Reflect.deleteProperty(federation, without);
    const jobs = { ...source().jobs, [job]: { path: "federate", interval: "30s" } };
    return scrapeConfig(source("staging", { federation, jobs }), `staging/${job}`);
}

describe("a federation job", () => {
    const federated = scrapeConfig(source(), "staging/kubernetes-pods");

    it("is honest about time and keeps the labels of the source", () => {
        expect(federated).toMatchObject({ honor_labels: true, track_timestamps_staleness: true });
        expect(federated).not.toHaveProperty("honor_timestamps");
    });

    it("asks for one job's series only, within limits", () => {
        expect(federated.params).toEqual({
            "match[]": ['{job=~"kubernetes-pods(-slow)?",__name__!~"ALERTS|ALERTS_FOR_STATE|.*:.*"}'],
        });
        expect(Object.keys(federated)).toEqual(
            expect.arrayContaining(["sample_limit", "label_limit", "body_size_limit", "scrape_timeout"]),
        );
    });

    it("has every replica as a target that can be told apart", () => {
        expect(federated.static_configs).toEqual([
            { targets: ["203.0.113.11:30990"], labels: { replica: "prometheus-0" } },
            { targets: ["203.0.113.12:30991"], labels: { replica: "prometheus-1" } },
        ]);
    });

    it("counts its own scrapes under another job than the one it brings", () => {
        expect(federated.relabel_configs).toContainEqual({
            target_label: "job",
            replacement: "federate/kubernetes-pods",
        });
    });

    it("lets through nothing of another job or cluster, in the order that loses no series", () => {
        expect(federated.metric_relabel_configs).toEqual([
            { source_labels: ["job"], regex: "kubernetes-pods(-slow)?", action: "keep" },
            { source_labels: ["__name__"], regex: "ALERTS|ALERTS_FOR_STATE|.*:.*", action: "drop" },
            {
                source_labels: ["job", "metrics_path"],
                regex:
                    "kubernetes-apiservers;.*|kubernetes-nodes;.*|kubernetes-nodes-cadvisor;.*|" +
                    "kubernetes-apiservers-static;.*|federate/.+;.*|probe-.+;.*",
                action: "drop",
            },
            { source_labels: ["__name__"], regex: "ALERTS_FOR_STATE", action: "drop" },
            { source_labels: ["cluster"], regex: "(.+)", target_label: "exported_cluster" },
            { source_labels: ["cluster"], regex: "staging", target_label: "exported_cluster", replacement: "" },
            { target_label: "cluster", replacement: "staging" },
        ]);
    });

    it("asks by what else tells a job from another, and holds the source to it", () => {
        const operator = matchersOf(
            { flavour: "kube-prometheus", jobs: {} },
            { "kubernetes-nodes": { path: "federate" } },
        );
        const { params, metric_relabel_configs } = federatedBy({ matchers: operator }, "kubernetes-nodes");
        expect(params).toEqual({
            "match[]": ['{job="kubelet",metrics_path!="/metrics/cadvisor",__name__!~"ALERTS|ALERTS_FOR_STATE|.*:.*"}'],
        });
        expect(metric_relabel_configs?.slice(0, 2)).toEqual([
            { source_labels: ["job"], regex: "kubelet", action: "keep" },
            { source_labels: ["metrics_path"], regex: "/metrics/cadvisor", action: "drop" },
        ]);
        const dotted = { label: "job", operator: "=", value: 'a.b"|c' } as const;
        const own = federatedBy({ matchers: { "kubernetes-pods": [dotted] } });
        expect(own.params).toEqual({ "match[]": ['{job="a.b\\"|c"}'] });
        expect(own.metric_relabel_configs?.[0]?.regex).toBe('a\\.b"\\|c');
    });

    it("has a path for each replica where they differ", () => {
        const targets = ["a", "b"].map((name) => ({ address: "h:1", replica: name, metricsPath: `/${name}/federate` }));
        expect(federatedBy({ targets })).not.toHaveProperty("metrics_path");
        expect(federatedBy({ targets }).static_configs).toEqual([
            { targets: ["h:1"], labels: { replica: "a", __metrics_path__: "/a/federate" } },
            { targets: ["h:1"], labels: { replica: "b", __metrics_path__: "/b/federate" } },
        ]);
        expect(federatedBy({ targets: targets.slice(1) }).metrics_path).toBe("/b/federate");
    });

    it("shows what it is asked for, and goes nowhere else with it", () => {
        const files = credentialPaths("staging");
        expect(federatedBy({ ca: "cluster", shows: ["token"] }, "kubernetes-pods", "serverName")).toMatchObject({
            follow_redirects: false,
            authorization: { credentials_file: files.federationToken },
            tls_config: { ca_file: files.ca },
        });
        const byPassword = federatedBy({ ca: "system", shows: ["password"], username: "u" }, undefined, "serverName");
        expect(byPassword.basic_auth).toEqual({ username: "u", password_file: files.federationPassword });
        expect(byPassword).not.toHaveProperty("tls_config");
        const plain = federatedBy({ scheme: "http", ca: "system", shows: [] }, undefined, "serverName");
        expect(plain.scheme).toBe("http");
        for (const key of ["tls_config", "authorization", "basic_auth"]) expect(plain).not.toHaveProperty(key);
    });

    it("opens the gateway with the client's certificate and checks the gateway's own", () => {
        expect(federated.tls_config).toEqual({
            ca_file: credentialPaths("staging").federationCa,
            cert_file: credentialPaths("staging").federationCertificate,
            key_file: credentialPaths("staging").federationKey,
            server_name: "gateway.staging.internal",
        });
    });
});

describe("jobs", () => {
    it("lists what is scraped, sorted, without what is off", () => {
        const { jobs: paths } = source();
        const off = source("b", { jobs: { ...paths, "kubernetes-pods": { path: "off", interval: "30s" } } });
        const listed = jobs({
            ...SMALL,
            sources: [off, source("a")],
            scrapeJobs: [scrapeJob("node", { interval: "60s" })],
            scrapeConfigFiles: [
                { name: "x.yml", content: "scrape_configs: [{ job_name: x, scrape_interval: 1m30s }]" },
            ],
        });
        const lines = listed.map(({ cluster, job, path, interval }) => `${cluster} ${job} ${path} ${interval}`);
        expect(lines).toEqual([
            " alertmanager direct 30s",
            " node direct 60s",
            " prometheus direct 30s",
            " x direct 1m30s",
            "a kubernetes-apiservers direct 30s",
            "a kubernetes-apiservers-static direct 30s",
            "a kubernetes-nodes direct 30s",
            "a kubernetes-nodes-cadvisor direct 30s",
            "a kubernetes-pods federate 30s",
            "a kubernetes-service-endpoints federate 30s",
            "b kubernetes-apiservers direct 30s",
            "b kubernetes-apiservers-static direct 30s",
            "b kubernetes-nodes direct 30s",
            "b kubernetes-nodes-cadvisor direct 30s",
            "b kubernetes-service-endpoints federate 30s",
        ]);
    });
});
