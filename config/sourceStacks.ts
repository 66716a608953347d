import type { z } from "zod";
import { missingCredentials } from "./credentials";
import { keyAt, type Problem, removal, shown } from "./problems";
import { field, isObject } from "./scalars";
import { newestCredentials, newestSource } from "./sourceVersions";
import { ClusterName, ScrapeSource, SOURCE_VERSION, SourceCredentials } from "./source";

/** A stack that has something to watch, where it is named in the configuration, and what it says of itself. */
export interface SourceStack {
    /** Such as `sourceStacks[0]`. */
    readonly key: string;
    readonly name: string;
    /** Names of its two outputs, for messages. */
    readonly outputs: readonly [sources: string, credentials: string];
    /** By cluster; undefined where it has no such output. */
    readonly sources: unknown;
    readonly sourceCredentials: unknown;
    /** Whether Pulumi keeps the credentials as a secret there. */
    readonly isSecret: boolean;
    /** Whether it keeps what holds no secret as one, too; `sources` is undefined then. */
    readonly hidesSources?: boolean;
}

/** What this stack was last deployed with: its own outputs `sources` and `watchedCredentials`. */
export interface LastDeployment {
    readonly sources: unknown;
    readonly watchedCredentials: unknown;
}

/** A cluster that another stack has opened to the VM. */
export interface Watched {
    readonly source: ScrapeSource;
    /** Secret. */
    readonly credentials: SourceCredentials;
}

interface Found {
    readonly watched: Watched[];
    readonly problems: Problem[];
}

/** The two outputs of a stack that has made clusters' sides. */
export const CLUSTERS_SIDE = ["sources", "sourceCredentials"] as const;
/** Those of a stack whose own Prometheus others federate from. */
export const FEDERATED = ["federationSource", "federationCredentials"] as const;

/** Stacks that are named for what they cannot be read for: this one itself, or one twice by names of different length. */
export function stackNameProblems(
    sourceStacks: readonly string[],
    federatedStacks: readonly string[],
    [organization, project, stack]: readonly [organization: string, project: string, stack: string],
): Problem[] {
    const full = (name: string) => {
        const parts = name.split("/");
        return [parts.length > 1 ? parts[0] : organization, parts.length > 2 ? parts[1] : project, parts.at(-1)].join();
    };
    const problemsIn = (names: readonly string[], keyOf: (name: string, i: number) => string) =>
        names.flatMap((name, i) => {
            const other = names.slice(0, i).find((earlier) => full(earlier) === full(name));
            const message =
                full(name) === full(stack)
                    ? "is this stack itself, which watches its own clusters and its own Prometheus anyway"
                    : other && `is the same stack as ${other}`;
            const key = keyOf(name, i);
            return message === undefined ? [] : [{ key, message: `(${name}) ${message}`, remedy: removal(key) }];
        });
    return [
        ...problemsIn(sourceStacks, (_name, i) => `sourceStacks[${i}]`),
        ...problemsIn(federatedStacks, (name) => keyAt("federatedStacks", [name])),
    ];
}

/** What others may federate from another stack's Prometheus, as that client of its front: a source of its own. */
export function federatedStack(
    stack: string,
    client: string,
    [source, credentials]: readonly [source: unknown, credentials: unknown],
    isSecret: boolean,
): SourceStack {
    const name = field(source, "name");
    const named = (value: unknown) => (typeof name === "string" ? { [name]: value } : undefined);
    const own = field(credentials, client);
    return {
        key: keyAt("federatedStacks", [stack]),
        name: stack,
        outputs: FEDERATED,
        sources: named(source),
        sourceCredentials: isObject(credentials) ? (own === undefined ? {} : named(own)) : undefined,
        isSecret,
    };
}

/** All clusters of all stacks but those that are held, those of an older version in this one's words, and all that is wrong. */
export function watchedClusters(
    stacks: readonly SourceStack[],
    ownClusters: readonly string[],
    heldClusters: readonly string[] = [],
): Found {
    const problems: Problem[] = [];
    const watched: Watched[] = [];
    const stackOf = new Map(ownClusters.map((cluster) => [cluster, "this stack"]));
    for (const stack of stacks) {
        const deploy = `pulumi up --stack ${stack.name}, in its project; then again here`;
        const refuse = (message: string, remedy: string) => {
            problems.push({ key: stack.key, message: `(${stack.name}) ${message}`, remedy });
        };
        const { outputs, sources, sourceCredentials, isSecret } = stack;
        if (stack.hidesSources) {
            refuse(
                `keeps its output '${outputs[0]}' as a secret: what is made of it can be read on the VM and in previews`,
                orHoldAll("let that stack export it without pulumi.secret, as it holds no secret"),
            );
            continue;
        }
        if (!isObject(sources) || !isObject(sourceCredentials)) {
            const missing = outputs[isObject(sources) ? 1 : 0];
            refuse(
                `has no output '${missing}': it was not deployed, or is no stack of this program`,
                `${orHoldAll(deploy)}. If it is gone for good: take it out of sourceStacks, and that is all`,
            );
            continue;
        }
        const clusters = Object.entries(sources).filter(([name]) => !heldClusters.includes(name));
        if (clusters.length > 0 && Object.keys(sourceCredentials).length === 0) {
            const names = clusters.map(([name]) => shown(name)).join(", ");
            refuse(
                `has no credentials of ${names}: another passphrase than this one's keeps its secrets, or it has none to give (a cluster that it only watches, a client that its front does not have)`,
                orHoldAll(
                    "set the passphrase that both stacks have (PULUMI_CONFIG_PASSPHRASE), or name the stack that makes them, or a client with the role federator",
                ),
            );
            continue;
        }
        if (!isSecret && clusters.length > 0) {
            refuse(`has its output '${outputs[1]}' in clear; whoever read its state has the tokens`, deploy);
        }
        for (const [name, value] of clusters) {
            const other = stackOf.get(name);
            if (other !== undefined) {
                refuse(`has a cluster '${name}', as ${other} has`, "rename one of the two, in the stack that makes it");
                continue;
            }
            stackOf.set(name, stack.name);
            const found = watchedCluster(name, value, sourceCredentials[name], outputs);
            if (typeof found === "string") refuse(found, orHold(deploy, name));
            else watched.push(found);
        }
    }
    return { watched, problems };
}

/** Clusters as this stack was last deployed with them, and what is wrong with that. */
export function heldClusters(names: readonly string[], last: LastDeployment, ownClusters: readonly string[]): Found {
    const problems: Problem[] = [];
    const watched: Watched[] = [];
    for (const [i, name] of names.entries()) {
        const key = `heldClusters[${i}]`;
        const refuse = (message: string) => {
            problems.push({ key, message: `${shown(name)} ${message}`, remedy: removal(key) });
        };
        const source = field(last.sources, name);
        const credentials = field(last.watchedCredentials, name);
        if (ownClusters.includes(name)) {
            refuse("is made by this stack, so there is nothing to hold it by");
        } else if (source === undefined || credentials === undefined) {
            refuse("is no cluster of another stack that this one was deployed with, so nothing is known of it");
        } else {
            const found = watchedCluster(name, source, credentials, ["sources", "watchedCredentials"]);
            if (typeof found === "string") refuse(`was deployed, but ${found}`);
            else watched.push(found);
        }
    }
    return { watched, problems };
}

/** Where that cannot be done today, the others must not wait for it. */
function orHold(remedy: string, cluster: string): string {
    // One that no cluster can have cannot be held either.
    if (!ClusterName.safeParse(cluster).success) return remedy;
    return `${remedy}. Until then: add ${cluster} to heldClusters, and this stack goes on with what it was last deployed with`;
}

function orHoldAll(remedy: string): string {
    return `${remedy}. Until then: take it out of sourceStacks and name its clusters in heldClusters, as they were last deployed here`;
}

/** A cluster as it can be used; else what is wrong with it, in words that follow the stack's name and hold no secret. */
function watchedCluster(
    name: string,
    source: unknown,
    credentials: unknown,
    outputs: SourceStack["outputs"],
): Watched | string {
    if (!ClusterName.safeParse(name).success) {
        return `has a cluster with the name ${shown(name)}, which no cluster can have`;
    }
    if (credentials === undefined) {
        return `has no credentials of its cluster '${name}': name the stack that makes the cluster's side`;
    }
    const version = Math.max(...[source, credentials].map((value) => Number(field(value, "version"))));
    if (!(version >= 1 && version <= SOURCE_VERSION)) {
        const words = Number.isNaN(version) ? "no version that can be read" : `version ${version}`;
        return `has a cluster '${name}' of ${words}; this program reads 1 to ${SOURCE_VERSION}: update the one that is older`;
    }
    const parsed = [
        [outputs[0], ScrapeSource.safeParse(newestSource(source))],
        [outputs[1], SourceCredentials.safeParse(newestCredentials(credentials))],
    ] as const;
    for (const [output, { error }] of parsed) {
        if (error !== undefined) return `has a cluster '${name}' whose output '${output}' ${issueText(error)}`;
    }
    const watched = { source: parsed[0][1].data as ScrapeSource, credentials: parsed[1][1].data as SourceCredentials };
    if (watched.source.name !== name) {
        return `has a cluster '${name}' that calls itself ${shown(watched.source.name)}`;
    }
    const missing = missingCredentials(watched.source, watched.credentials);
    return missing.length === 0
        ? watched
        : `has a cluster '${name}' whose credentials lack what its jobs need: ${missing.join(", ")}`;
}

/** Where it is wrong; never the value. */
function issueText({ issues }: z.ZodError): string {
    const [first] = issues;
    return `cannot be understood at '${first?.path.map(String).join(".") ?? ""}': ${first?.message ?? ""}`;
}
