import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { accessFor } from "../config/kubernetes/rbac";
import { federatedEndpoint, scrapeSource } from "../config/kubernetes/scrapeSource";
import type { Cluster } from "../config/cluster";
import { type ScrapeSource, SOURCE_VERSION, type SourceCredentials } from "../config/source";
import { PrometheusEndpoint } from "./prometheusEndpoint";
import { ScrapeAccess } from "./scrapeAccess";

export interface ClusterSourceArgs {
    cluster: Cluster;
    /** Of an account that may make what this program makes; used for nothing else, and kept from the VM. */
    kubeconfig: pulumi.Output<string>;
}

/** The cluster's side: all that lets a Prometheus outside watch the cluster. */
export class ClusterSource extends pulumi.ComponentResource {
    /** Known from the configuration alone. */
    public readonly source: ScrapeSource;
    /** Secret. */
    public readonly credentials: pulumi.Output<SourceCredentials>;

    constructor(name: string, args: ClusterSourceArgs, opts?: pulumi.ComponentResourceOptions) {
        super("external-prometheus:index:ClusterSource", name, {}, opts);

        const { cluster } = args;
        this.source = scrapeSource(cluster);

        const provider = new k8s.Provider(
            name,
            {
                kubeconfig: args.kubeconfig,
                context: cluster.context,
                // A new certificate or address in the kubeconfig means the same cluster, whose objects must stay.
                clusterIdentifier: cluster.name,
            },
            { parent: this },
        );
        const access = new ScrapeAccess(
            `${name}-access`,
            { cluster: cluster.name, access: accessFor(cluster.jobs) },
            { parent: this, provider },
        );
        const endpoint = federatedEndpoint(cluster);
        const gateway =
            endpoint &&
            new PrometheusEndpoint(
                `${name}-gateway`,
                { cluster: cluster.name, namespace: access.namespace, endpoint },
                { parent: this, provider },
            );

        this.credentials = pulumi
            .all([access.tokens, gateway?.credentials])
            .apply(([tokens, federation]): SourceCredentials => {
                return { version: SOURCE_VERSION, tokens, ...(federation && { federation }) };
            });
        this.registerOutputs({ source: this.source });
    }
}
