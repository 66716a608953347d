import "./lazyPacking";
import * as pulumi from "@pulumi/pulumi";
import { ClusterSource } from "./components/clusterSource";
import { ExternalPrometheus } from "./components/externalPrometheus";
import { readSourceStacks, watchesOthers } from "./components/sourceStacks";
import { loadConfig } from "./config/load";
import { entries } from "./config/outputs";
import { jobs } from "./config/prometheus/jobs";
import type { StackConfig } from "./config/schema";
import type { Watched } from "./config/sourceStacks";

// Pulumi notes for each promise where it was made. To find that in TypeScript takes long, and nobody reads it; without, errors
// still have their stack, with lines of the compiled text.
Reflect.deleteProperty(Error, "prepareStackTrace");
// Few read what the SDK says for its own debugging, either: four messages for each resource, each a call to the engine, which
// shows them with --debug alone. The price is that they are missing there, too.
Object.assign(pulumi.log, { debug: () => Promise.resolve() });

export = () => {
    const config = loadConfig();
    const own = config.clusters.map(({ cluster }) => cluster.name);
    return watchesOthers(config)
        ? readSourceStacks(config, own).then((others) => deploy(config, others))
        : deploy(config, []);
};

/**
 * Both sides, as far as the stack has them. Returns what other stacks may read: `sources` holds no secret; all that is
 * secret about them is in `sourceCredentials`, of the clusters alone whose side this stack makes; `watchedCredentials` are
 * those of the others, for this stack itself on a day on which their stacks cannot be read.
 */
function deploy(config: StackConfig, others: readonly Watched[]) {
    const { clusters, vm, vmPrivateKey, vmProxyPrivateKey, front, ...scraping } = config;

    const made = clusters.map((args) => new ClusterSource(args.cluster.name, args));
    const sources = [...made, ...others].map(({ source }) => source).sort((a, b) => (a.name < b.name ? -1 : 1));
    const sourceCredentials = pulumi.all(
        Object.fromEntries(made.map((cluster) => [cluster.source.name, cluster.credentials])),
    );
    const watchedCredentials = pulumi.secret(
        Object.fromEntries(others.map(({ source, credentials }) => [source.name, credentials])),
    );
    const external =
        vm && vmPrivateKey
            ? new ExternalPrometheus("prometheus", {
                  vm,
                  privateKey: vmPrivateKey,
                  ...(vmProxyPrivateKey && { proxyPrivateKey: vmProxyPrivateKey }),
                  ...(front && { front }),
                  sources,
                  sourceCredentials: pulumi
                      .all([sourceCredentials, watchedCredentials])
                      .apply(([own, watched]) => ({ ...own, ...watched })),
                  ...scraping,
              })
            : undefined;

    return {
        ...(external && {
            url: external.url,
            version: external.version,
            jobs: jobs({ sources, front: front?.config, ...scraping }),
        }),
        ...external?.front?.outputs,
        ...(front && entries(pulumi.getStack(), front.config, config.prometheus)),
        sources: Object.fromEntries(sources.map((source) => [source.name, source])),
        sourceCredentials,
        ...(others.length > 0 && { watchedCredentials }),
    };
}
