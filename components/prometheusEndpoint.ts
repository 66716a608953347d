import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
    gatewayDeployment,
    gatewayDisruptionBudget,
    gatewayNetworkPolicy,
    gatewayService,
    replicaService,
} from "../config/kubernetes/gateway";
import { contentChecksum, renderGatewayConfiguration } from "../config/kubernetes/gatewayConfiguration";
import { labels } from "../config/kubernetes/labels";
import { gatewayServerName } from "../config/kubernetes/scrapeSource";
import type { GatewayEndpoint } from "../config/cluster";
import type { SourceCredentials } from "../config/source";
import { GatewayCertificates } from "./gatewayCertificates";

export interface PrometheusEndpointArgs {
    /** Name of the cluster. */
    cluster: string;
    /** Namespace of the gateway, not the Prometheus's. */
    namespace: pulumi.Input<string>;
    endpoint: GatewayEndpoint;
}

/** The way to the Prometheus in the cluster: a reverse proxy with mutual TLS that lets through `/federate` alone. */
export class PrometheusEndpoint extends pulumi.ComponentResource {
    /** What the VM shows the gateway, and what it knows the gateway by. Secret. */
    public readonly credentials: pulumi.Output<NonNullable<SourceCredentials["federation"]>>;

    constructor(name: string, args: PrometheusEndpointArgs, opts?: pulumi.ComponentResourceOptions) {
        super("external-prometheus:index:PrometheusEndpoint", name, {}, opts);

        const { cluster, namespace, endpoint } = args;
        const { pods, port } = endpoint.prometheus;
        const metadata = { namespace, labels: labels(cluster, "gateway") };

        const replicas = pods.map(
            (_, i) => new k8s.core.v1.Service(`${name}-replica-${i}`, replicaService(args, i), { parent: this }),
        );
        const certificates = new GatewayCertificates(
            `${name}-certificates`,
            { serverName: gatewayServerName(cluster), addresses: endpoint.nodeAddresses },
            { parent: this },
        );

        const configuration = pulumi
            .all(replicas.map((replica) => replica.spec.clusterIP))
            .apply((addresses) => renderGatewayConfiguration(addresses.map((address) => ({ address, port }))));
        const configMap = new k8s.core.v1.ConfigMap(
            `${name}-configuration`,
            { metadata, data: { "nginx.conf": configuration } },
            { parent: this },
        );
        const { caCertificate, server, client } = certificates;
        const secret = new k8s.core.v1.Secret(
            `${name}-certificate`,
            {
                metadata,
                type: "kubernetes.io/tls",
                stringData: { "ca.crt": caCertificate, "tls.crt": server.certificate, "tls.key": server.key },
            },
            { parent: this },
        );

        new k8s.networking.v1.NetworkPolicy(`${name}-policy`, gatewayNetworkPolicy(args), { parent: this });
        new k8s.apps.v1.Deployment(
            name,
            gatewayDeployment({
                ...args,
                configMap: configMap.metadata.name,
                secret: secret.metadata.name,
                checksum: pulumi
                    .all([configuration, server.certificate, caCertificate])
                    .apply(([text, ...pem]) => contentChecksum(text, pem)),
            }),
            { parent: this },
        );
        new k8s.policy.v1.PodDisruptionBudget(`${name}-budget`, gatewayDisruptionBudget(args), { parent: this });
        new k8s.core.v1.Service(`${name}-service`, gatewayService(args), { parent: this });

        this.credentials = pulumi
            .all([caCertificate, client.certificate, pulumi.secret(client.key)])
            .apply(([ca, clientCertificate, clientKey]) => ({ caCertificate: ca, clientCertificate, clientKey }));
        this.registerOutputs({});
    }
}
