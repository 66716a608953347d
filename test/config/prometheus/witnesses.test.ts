import { describe, expect, it } from "vitest";
import { companionDocuments } from "../../../config/companionFiles";
import { watchingJobs } from "../../../config/prometheus/document";
import type { ScrapeSource } from "../../../config/source";
import { gatewayFederation, SMALL, source } from "./scraping";

const PROBED = { ...SMALL, companions: [{ program: "blackbox_exporter" as const }] };

function probes(from: ScrapeSource) {
    return watchingJobs(from, PROBED).filter(({ job }) => job.startsWith("probe-"));
}

describe("witnesses", () => {
    it("are there where something can probe", () => {
        expect(probes(source()).map(({ job }) => job)).toEqual([
            "probe-apiserver",
            "probe-kubelet",
            "probe-federation",
        ]);
        expect(watchingJobs(source(), SMALL).filter(({ job }) => job.startsWith("probe-"))).toEqual([]);
    });

    it("need no credentials, and no API server that tells of targets", () => {
        const text = JSON.stringify(probes(source()));
        expect(text).not.toContain("credentials");
        expect(text).not.toContain("kubernetes_sd_configs");
    });

    it("look at the kubelets that the VM last knew of, by the nodes' names, where it knows of any", () => {
        const probe = probes(source()).find(({ job }) => job === "probe-kubelet");
        expect(probe?.scrape).toMatchObject({
            file_sd_configs: [{ files: ["/usr/local/var/lib/prometheus/nodes/staging.json"], refresh_interval: "1m" }],
            params: { module: ["tls_handshake"] },
        });
        expect(probe?.scrape.relabel_configs).toContainEqual({
            source_labels: ["__meta_kubernetes_node_name"],
            target_label: "instance",
        });
        const off = { path: "off", interval: "30s" } as const;
        const jobs = { ...source().jobs, "kubernetes-nodes": off, "kubernetes-nodes-cadvisor": off };
        expect(probes(source("staging", { jobs })).map(({ job }) => job)).not.toContain("probe-kubelet");
    });

    it("ask the API server whether it is ready, below its path", () => {
        const [probe] = probes(source("staging", { server: "https://k8s.example.com/k8s/clusters/c-1/" }));
        expect(probe?.scrape.static_configs).toEqual([
            { targets: ["https://k8s.example.com/k8s/clusters/c-1/readyz"] },
        ]);
    });

    it("look at each place once where the Prometheus in the cluster is, unless that is the API server", () => {
        const federation = gatewayFederation("gateway", ["203.0.113.11:30990", "203.0.113.11:30990"]);
        const [, , probe] = probes(source("staging", { federation }));
        expect(probe?.scrape.static_configs).toEqual([{ targets: ["203.0.113.11:30990"] }]);
        expect(probe?.scrape.params).toEqual({ module: ["tls_handshake"] });
        const [, , plain] = probes(source("staging", { federation: { ...federation, scheme: "http" } }));
        expect(plain?.scrape.params).toEqual({ module: ["tcp_connect"] });
        const same = gatewayFederation("gateway", ["k8s.example.com:6443"]);
        expect(probes(source("staging", { federation: same })).map(({ job }) => job)).toEqual([
            "probe-apiserver",
            "probe-kubelet",
        ]);
    });

    it("go by modules that the blackbox_exporter has", () => {
        const [document] = companionDocuments("blackbox_exporter");
        for (const { scrape } of probes(source())) {
            const { module = [] } = scrape.params as { module?: string[] };
            expect(document?.content).toContain(`\n  ${module.join()}:\n`);
        }
    });
});
