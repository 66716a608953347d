import * as pulumi from "@pulumi/pulumi";
import { ClusterSource } from "./components/clusterSource";
import { ExternalPrometheus } from "./components/externalPrometheus";
import { loadConfig } from "./config/load";
import { jobs } from "./config/prometheus/jobs";

/** What other stacks may read. `sources` holds no secret; all that is secret about them is in `sourceCredentials`. */
export = () => {
    const { vm, vmPrivateKey, prometheus, clusters, staticJobs } = loadConfig();

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
                  prometheus,
                  sources,
                  sourceCredentials,
                  staticJobs,
              })
            : undefined;

    return {
        url: external?.url,
        version: external?.version,
        jobs: external && jobs({ sources, staticJobs, prometheus }),
        sources: Object.fromEntries(sources.map((source) => [source.name, source])),
        sourceCredentials,
    };
};
