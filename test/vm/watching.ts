import * as pulumi from "@pulumi/pulumi";
import { ExternalPrometheus } from "../../components/externalPrometheus";
import { GatewayCertificates } from "../../components/gatewayCertificates";
import { loadConfig } from "../../config/load";
import type { ScrapeSource } from "../../config/source";
import { gatewayFederation } from "../config/prometheus/scraping";

/**
 * What a stack of the program has on its VM when it watches a cluster, without the cluster: its gateway refuses every
 * connection, so that nothing waits for it. A spare VM gets credentials by it.
 */
export = () => {
    const { vm, vmPrivateKey, ...scraping } = loadConfig();
    if (vm === undefined || vmPrivateKey === undefined) {
        throw new pulumi.RunError("a spare stack has a VM");
    }
    const serverName = "gateway.gone";
    const federation = gatewayFederation(serverName, ["127.0.0.1:1"]);
    const { caCertificate, client } = new GatewayCertificates("gone-certificates", {
        serverName,
        addresses: ["127.0.0.1"],
    });
    const sources = caCertificate.apply((ca): ScrapeSource[] => {
        const off = { path: "off", interval: "30s" } as const;
        const jobs = {
            "kubernetes-apiservers": off,
            "kubernetes-nodes": off,
            "kubernetes-nodes-cadvisor": off,
            "kubernetes-pods": { path: "federate", interval: "1s" },
            "kubernetes-service-endpoints": off,
        } as const;
        return [{ version: 5, name: "gone", server: "https://192.0.2.1:6443", caCertificate: ca, jobs, federation }];
    });
    const sourceCredentials = pulumi
        .all([caCertificate, client.certificate, client.key])
        .apply(([ca, clientCertificate, clientKey]) => ({
            gone: { version: 5, tokens: {}, federation: { caCertificate: ca, clientCertificate, clientKey } } as const,
        }));
    new ExternalPrometheus("prometheus", { vm, privateKey: vmPrivateKey, sources, sourceCredentials, ...scraping });
};
