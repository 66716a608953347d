import type { ExternalPrometheusArgs } from "../../components/externalPrometheus";
import { PrometheusConfig } from "../../config/programs";
import { VmConfig } from "../../config/vm";
import { KUBERNETES_JOBS, ScrapeSource, SourceCredentials } from "../../config/source";
import * as pulumi from "@pulumi/pulumi";
import { HttpSecrets } from "../../config/httpSecrets";
import { CA } from "../config/frontCertificates";
import { gatewayFederation } from "../config/prometheus/scraping";

export const COMMAND = "command:remote:Command";
export const PRIVATE_KEY = "canary-private-key";
export const TOKEN = "canary.discovery.token";

export const vm: VmConfig = {
    host: "10.0.0.20",
    port: 22,
    user: "root",
    hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1nq2qfQzq3kqf0yqk4ZkJ1JtqDg0n4y2rXqQ3dYw5T",
    bootTimeout: "5m",
    adopt: false,
    purgeData: false,
};

export function source(name: string): ScrapeSource {
    return ScrapeSource.parse({
        version: 5,
        name,
        server: "https://api.example.com:6443",
        caCertificate: CA,
        jobs: Object.fromEntries(
            KUBERNETES_JOBS.map((job) => [
                job,
                { path: /pods|endpoints/.test(job) ? "federate" : "direct", interval: "30s" },
            ]),
        ),
        federation: gatewayFederation("gateway", ["10.0.0.10:30990"]),
    });
}

export function credentials(): SourceCredentials {
    return SourceCredentials.parse({
        version: 5,
        tokens: { discovery: TOKEN, kubelet: "canary.kubelet.token" },
        federation: { caCertificate: CA, clientCertificate: CA, clientKey: "canary-client-key" },
    });
}

/** What the program gives to the VM's side: a VM that watches the clusters of these names. */
export function external(...clusters: string[]): ExternalPrometheusArgs {
    return {
        vm,
        privateKey: pulumi.secret(PRIVATE_KEY),
        prometheus: PrometheusConfig.parse({}),
        sources: clusters.map(source),
        sourceCredentials: pulumi.secret(Object.fromEntries(clusters.map((name) => [name, credentials()]))),
        scrapeJobs: [],
        alertmanagers: [],
        remoteWrite: [],
        httpSecrets: pulumi.secret(HttpSecrets.parse({})),
        companions: [],
        ruleFiles: [],
        scrapeConfigFiles: [],
    };
}

/** What the scripts print. */
export function printed(name: string): string {
    if (name.endsWith("-gate")) {
        return "machine-id=0123456789abcdef0123456789abcdef mark=cafe0001\n";
    }
    return name.endsWith("-service") ? "version=3.13.2\n" : `${name} done\n`;
}
