import { CustomResource } from "@pulumi/kubernetes/apiextensions";
import { Service } from "@pulumi/kubernetes/core/v1";
import { Ingress } from "@pulumi/kubernetes/networking/v1";
import * as pulumi from "@pulumi/pulumi";
import type { Endpoint } from "../config/endpoint";
import { type EndpointSecrets, givenProof } from "../config/endpointProof";
import { httpRoutes, ingress } from "../config/kubernetes/ingress";
import { replicaService } from "../config/kubernetes/replicaService";
import type { SourceCredentials } from "../config/source";
import { openGateway } from "./gateway";

export interface PrometheusEndpointArgs {
    /** Name of the cluster. */
    cluster: string;
    /** Namespace of what is made for it, not the Prometheus's. */
    namespace: pulumi.Input<string>;
    endpoint: Exclude<Endpoint, { kind: "url" }>;
    /** What the user gives; secret. */
    secrets: pulumi.Input<EndpointSecrets>;
}

/** A way to the Prometheus in the cluster, and nothing but its `/federate` where that is in our hands. */
export class PrometheusEndpoint extends pulumi.ComponentResource {
    /** By what the VM and what it asks know each other; secret. Undefined where a token of ScrapeAccess does it. */
    public readonly credentials: pulumi.Output<SourceCredentials["federation"]>;

    constructor(name: string, args: PrometheusEndpointArgs, opts?: pulumi.ComponentResourceOptions) {
        super("external-prometheus:index:PrometheusEndpoint", name, {}, opts);

        const { cluster, endpoint } = args;
        const { prometheus } = endpoint;
        const child = { parent: this };
        const replicas = prometheus.replicas.map(
            (_, i) => new Service(`${name}-replica-${i}`, replicaService(cluster, prometheus, i), child),
        );
        switch (endpoint.kind) {
            case "gateway":
                this.credentials = openGateway(name, { ...args, endpoint, replicas }, this);
                break;
            case "ingress":
                if (endpoint.httpRoute === undefined) {
                    new Ingress(name, ingress(cluster, endpoint), child);
                }
                httpRoutes(cluster, endpoint).forEach((route, i) => {
                    new CustomResource(`${name}-route-${i}`, route, child);
                });
                this.credentials = pulumi.output(args.secrets).apply((secrets) => givenProof(endpoint, secrets));
                break;
            case "apiServerProxy":
                this.credentials = pulumi.output(undefined);
        }
        this.registerOutputs({});
    }
}
