import * as apps from "@pulumi/kubernetes/apps/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import * as networking from "@pulumi/kubernetes/networking/v1";
import * as policies from "@pulumi/kubernetes/policy/v1";
import * as pulumi from "@pulumi/pulumi";
import { isIP } from "node:net";
import type { GatewayEndpoint } from "../config/endpoint";
import {
    admittanceNetworkPolicy,
    gatewayDeployment,
    gatewayDisruptionBudget,
    gatewayNetworkPolicy,
    gatewayService,
} from "../config/kubernetes/gateway";
import { contentChecksum, renderGatewayConfiguration } from "../config/kubernetes/gatewayConfiguration";
import { labels } from "../config/kubernetes/labels";
import { replicaServiceName } from "../config/kubernetes/replicaService";
import { gatewayServerName } from "../config/kubernetes/scrapeSource";
import type { SourceCredentials } from "../config/source";
import { GatewayCertificates } from "./gatewayCertificates";

export interface GatewayArgs {
    /** Name of the cluster. */
    cluster: string;
    /** Namespace of the gateway, not the Prometheus's. */
    namespace: pulumi.Input<string>;
    endpoint: GatewayEndpoint;
    /** One for each replica of the Prometheus, in their order. */
    replicas: core.Service[];
}

/**
 * A reverse proxy with mutual TLS that lets through `/federate` alone, as children of the endpoint. Returns what the VM
 * shows it, and what the VM knows it by; secret.
 */
export function openGateway(
    name: string,
    args: GatewayArgs,
    parent: pulumi.Resource,
): pulumi.Output<NonNullable<SourceCredentials["federation"]>> {
    const { cluster, namespace, endpoint, replicas } = args;
    const { port, routePrefix } = endpoint.prometheus;
    const metadata = { namespace, labels: labels(cluster, "gateway") };

    const { caCertificate, server, client } = new GatewayCertificates(
        `${name}-certificates`,
        {
            serverName: gatewayServerName(cluster),
            addresses: endpoint.loadBalancer ? [endpoint.loadBalancer.address] : (endpoint.nodeAddresses ?? []),
        },
        { parent },
    );
    const addresses = replicas.map((replica, i) =>
        replica.spec.clusterIP.apply((address: string | undefined) => givenAddress(args, i, address)),
    );
    const configuration = pulumi.all(addresses).apply((known) =>
        renderGatewayConfiguration(
            known.map((address) => ({ address, port })),
            routePrefix,
        ),
    );
    const configMap = new core.ConfigMap(
        `${name}-configuration`,
        { metadata, data: { "nginx.conf": configuration } },
        { parent },
    );
    const secret = new core.Secret(
        `${name}-certificate`,
        {
            metadata,
            type: "kubernetes.io/tls",
            stringData: { "ca.crt": caCertificate, "tls.crt": server.certificate, "tls.key": server.key },
        },
        { parent },
    );

    new networking.NetworkPolicy(`${name}-policy`, gatewayNetworkPolicy(args), { parent });
    if (endpoint.admittance) {
        endpoint.prometheus.replicas.forEach((replica, i) => {
            const policy = admittanceNetworkPolicy(args, replica);
            new networking.NetworkPolicy(`${name}-admittance-${i}`, policy, { parent });
        });
    }
    new apps.Deployment(
        name,
        gatewayDeployment({
            ...args,
            configMap: configMap.metadata.name,
            secret: secret.metadata.name,
            checksum: pulumi
                .all([configuration, server.certificate, caCertificate])
                .apply(([text, ...pem]) => contentChecksum(text, pem)),
        }),
        { parent },
    );
    new policies.PodDisruptionBudget(`${name}-budget`, gatewayDisruptionBudget(args), { parent });
    new core.Service(`${name}-service`, gatewayService(args), { parent });

    return pulumi
        .all([caCertificate, client.certificate, pulumi.secret(client.key)])
        .apply(([ca, clientCertificate, clientKey]) => ({ caCertificate: ca, clientCertificate, clientKey }));
}

/** The address that Kubernetes has given to a replica's Service, which a preview does not know before there is that Service. */
function givenAddress({ cluster, endpoint }: GatewayArgs, replica: number, address: string | undefined): string {
    if (address !== undefined && isIP(address) !== 0) return address;
    if (pulumi.runtime.isDryRun()) return pulumi.unknown as unknown as string;
    const [namespace, service] = [endpoint.prometheus.namespace, replicaServiceName(replica)];
    throw new pulumi.RunError(
        `Cluster '${cluster}': the Service ${service} in the namespace ${namespace} has no address of its own, ` +
            `which the gateway needs; its clusterIP is ${address === undefined ? "missing" : `'${address}'`}. Remove it with ` +
            `'kubectl delete service -n ${namespace} ${service}', run 'pulumi refresh', and deploy again.`,
    );
}
