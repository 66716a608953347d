import { Provider } from "@pulumi/kubernetes/provider";
import * as pulumi from "@pulumi/pulumi";
import { accessFor } from "../config/kubernetes/rbac";
import { scrapeSource } from "../config/kubernetes/scrapeSource";
import { type Cluster, isTouched } from "../config/cluster";
import { type EndpointSecrets, givenProof } from "../config/endpointProof";
import { type ScrapeSource, SOURCE_VERSION, type SourceCredentials } from "../config/source";
import { PrometheusEndpoint } from "./prometheusEndpoint";
import { ScrapeAccess } from "./scrapeAccess";

/** What `loadConfig` and `parseConfig` give for each of `clusters`. */
export interface ClusterSourceArgs {
    /** The cluster, how the VM reaches it, and its jobs; plain, since it decides what is made. */
    cluster: Cluster;
    /**
     * Of an account that may make what this program makes; used for nothing else, and kept from the VM. Secret. Empty where
     * nothing is to be made.
     */
    kubeconfig: pulumi.Input<string>;
    /** Password and private key for an endpoint that others keep open; empty for any other. Secret. */
    endpointSecrets: pulumi.Input<EndpointSecrets>;
}

/**
 * The cluster's side: all that lets a Prometheus outside watch the cluster. The name prefixes those of its resources; the
 * stack's own program takes the cluster's. Fails while the cluster does not answer, if there is something to change in it.
 */
export class ClusterSource extends pulumi.ComponentResource {
    /** What the VM must know of the cluster; known from the arguments alone, so a preview shows it. Holds no secret. */
    public readonly source: ScrapeSource;
    /** By what the VM is let in; belongs to `source`. Secret. */
    public readonly credentials: pulumi.Output<SourceCredentials>;

    constructor(name: string, args: ClusterSourceArgs, opts?: pulumi.ComponentResourceOptions) {
        super("external-prometheus:index:ClusterSource", name, {}, opts);

        const { cluster } = args;
        this.source = scrapeSource(cluster);

        const made = isTouched(cluster) ? this.make(name, args) : undefined;
        const { endpoint } = cluster;
        const federation =
            endpoint?.kind === "url"
                ? pulumi.secret(args.endpointSecrets).apply((secrets) => givenProof(endpoint, secrets))
                : made?.federation;
        this.credentials = pulumi.all([made?.tokens, federation]).apply(([tokens = {}, proof]): SourceCredentials => {
            return { version: SOURCE_VERSION, tokens, ...(proof && { federation: proof }) };
        });
        this.registerOutputs({ source: this.source });
    }

    /** What has to be made in the cluster. */
    private make(name: string, { cluster, kubeconfig, endpointSecrets }: ClusterSourceArgs) {
        const provider = new Provider(
            name,
            {
                kubeconfig: pulumi.secret(kubeconfig),
                context: cluster.context,
                // A new certificate or address in the kubeconfig means the same cluster, whose objects must stay.
                clusterIdentifier: cluster.name,
            },
            // No child any more: `pulumi state move` copies providers and moves none, so it fails where one is in what it moves.
            { aliases: [{ parent: this }] },
        );
        const { namespace, tokens } = new ScrapeAccess(
            `${name}-access`,
            { cluster: cluster.name, access: accessFor(cluster), tokens: cluster.tokens },
            { parent: this, provider },
        );
        const { endpoint } = cluster;
        const opened =
            endpoint && endpoint.kind !== "url"
                ? new PrometheusEndpoint(
                      `${name}-gateway`,
                      { cluster: cluster.name, namespace, endpoint, secrets: endpointSecrets },
                      { parent: this, provider },
                  )
                : undefined;
        return { tokens, federation: opened?.credentials };
    }
}
