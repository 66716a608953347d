import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { ExternalPrometheus } from "../../components/externalPrometheus";
import { loadConfig } from "../../config/load";
import type { ScrapeSource, SourceCredentials } from "../../config/source";
import { gatewayFederation } from "../config/prometheus/scraping";

/** Any certificates will do, if they stay the same from one installation to the next: nothing is at the other end. */
const PKI = "/var/lib/external-prometheus-lab/cluster/pki";

/**
 * What a stack of the program has on its VM when it watches a cluster, without the cluster: its gateway refuses every
 * connection, so that nothing waits for it. Its credentials are others when `vm.bootTimeout` is, which changes nothing else.
 */
export = () => {
    const { vm, vmPrivateKey, ...scraping } = loadConfig();
    if (vm === undefined || vmPrivateKey === undefined) {
        throw new pulumi.RunError("a spare stack has a VM");
    }
    const off = { path: "off", interval: "30s" } as const;
    const caCertificate = read("ca.crt");
    const source: ScrapeSource = {
        version: 5,
        name: "gone",
        server: "https://192.0.2.1:6443",
        caCertificate,
        jobs: {
            "kubernetes-apiservers": off,
            "kubernetes-nodes": off,
            "kubernetes-nodes-cadvisor": off,
            "kubernetes-pods": { path: "federate", interval: "1s" },
            "kubernetes-service-endpoints": off,
        },
        federation: gatewayFederation("gateway.gone", ["127.0.0.1:1"]),
    };
    const client = vm.bootTimeout === "5m" ? "kubelet" : "admin";
    const credentials: SourceCredentials = {
        version: 5,
        tokens: {},
        federation: { caCertificate, clientCertificate: read(`${client}.crt`), clientKey: read(`${client}.key`) },
    };
    const external = new ExternalPrometheus("prometheus", {
        vm,
        privateKey: vmPrivateKey,
        sources: [source],
        sourceCredentials: pulumi.secret({ gone: credentials }),
        ...scraping,
    });
    return { version: external.version };
};

function read(name: string): string {
    return readFileSync(`${PKI}/${name}`, "utf8");
}
