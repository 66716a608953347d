import * as pulumi from "@pulumi/pulumi";
import { ClusterSource } from "./components/clusterSource";
import { ExternalPrometheus } from "./components/externalPrometheus";
import type { HttpsFront } from "./components/httpsFront";
import type { FrontConfig } from "./config/front";
import { loadConfig } from "./config/load";
import { jobs } from "./config/prometheus/jobs";

/** What other stacks may read. `sources` holds no secret; all that is secret about them is in `sourceCredentials`. */
export = () => {
    const { clusters, vm, vmPrivateKey, vmProxyPrivateKey, front, ...scraping } = loadConfig();

    const watched = clusters.map((args) => new ClusterSource(args.cluster.name, args));
    const sources = watched.map((cluster) => cluster.source);
    const sourceCredentials = pulumi.all(
        Object.fromEntries(watched.map((cluster) => [cluster.source.name, cluster.credentials])),
    );
    const external =
        vm && vmPrivateKey
            ? new ExternalPrometheus("prometheus", {
                  vm,
                  privateKey: vmPrivateKey,
                  ...(vmProxyPrivateKey && { proxyPrivateKey: vmProxyPrivateKey }),
                  ...(front && { front }),
                  sources,
                  sourceCredentials,
                  ...scraping,
              })
            : undefined;

    return {
        url: external?.url,
        version: external?.version,
        jobs: external && jobs({ sources, front: front?.config, ...scraping }),
        ...frontOutputs(front?.config, external?.front),
        sources: Object.fromEntries(sources.map((source) => [source.name, source])),
        sourceCredentials,
    };
};

/** Who is to be trusted, and by whom; of passwords nothing is known but hashes. */
function frontOutputs(config?: FrontConfig, front?: HttpsFront) {
    return {
        ...(front?.caCertificate && { caCertificate: front.caCertificate }),
        ...(config && { users: Object.keys(config.users).sort() }),
        ...(front && { clientCertificates: pulumi.secret(front.clientCertificates) }),
    };
}
