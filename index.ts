import * as pulumi from "@pulumi/pulumi";
import { ClusterSource } from "./components/clusterSource";
import { ExternalPrometheus } from "./components/externalPrometheus";
import { loadConfig } from "./config/load";
import { jobs } from "./config/prometheus/jobs";

/** What other stacks may read. `sources` holds no secret; all that is secret about them is in `sourceCredentials`. */
export = () => {
    const { clusters, vm, vmPrivateKey, vmProxyPrivateKey, ...scraping } = loadConfig();

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
                  sources,
                  sourceCredentials,
                  ...scraping,
              })
            : undefined;

    return {
        url: external?.url,
        version: external?.version,
        jobs: external && jobs({ sources, ...scraping }),
        sources: Object.fromEntries(sources.map((source) => [source.name, source])),
        sourceCredentials,
    };
};
