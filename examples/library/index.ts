// A Pulumi program of its own, which opens a cluster to a Prometheus on a VM and sets that up.
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { ClusterSource } from "external-prometheus/components/clusterSource";
import { ExternalPrometheus } from "external-prometheus/components/externalPrometheus";
import { parseConfig } from "external-prometheus/config/load";
import { jobs } from "external-prometheus/config/prometheus/jobs";

const own = new pulumi.Config();

// The keys and values of docs/configuration.md. All that is wrong with them is thrown here, at once.
const { clusters, vm, vmPrivateKey, ...scraping } = parseConfig({
    vm: {
        host: "198.51.100.20",
        hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEIdUoViB7/NTAYvNTCBB/aMnwKly0YBrqZl3cazwKPL",
    },
    vmPrivateKey: own.requireSecret("vmPrivateKey"),
    nodeExporter: {},
    clusters: {
        staging: {
            server: "https://k8s.staging.example.com:6443",
            caCertificate: readFileSync("staging-ca.pem", "utf8"),
            endpoint: {
                prometheus: { namespace: "monitoring", pods: ["prometheus-server-0"] },
                gateway: { nodeAddresses: ["203.0.113.11", "203.0.113.12"], nodePorts: [30990] },
            },
        },
    },
    kubeconfigs: { staging: own.requireSecret("stagingKubeconfig") },
    scrapeJobs: { database: { targets: ["198.51.100.31:9187"] } },
});

const made = clusters.map((args) => new ClusterSource(args.cluster.name, args));
const sources = made.map(({ source }) => source);

const prometheus = new ExternalPrometheus("prometheus", {
    ...scraping,
    vm,
    privateKey: vmPrivateKey,
    sources,
    sourceCredentials: pulumi.all(
        Object.fromEntries(made.map(({ source, credentials }) => [source.name, credentials])),
    ),
});

export const { url, version } = prometheus;
export const watched = jobs({ ...scraping, front: scraping.front?.config, sources });
