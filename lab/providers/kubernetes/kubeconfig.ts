// Kubeconfigs, as contents or as a path (util.go, parseKubeconfigString), and what they say about reaching a cluster.
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
// The whole client package takes a second to load; these are its readers of a kubeconfig's parts.
import {
    newClusters,
    newContexts,
    newUsers,
    type Cluster,
    type Context,
    type User,
} from "@kubernetes/client-node/dist/config_types.js";
import { YAMLException, load } from "js-yaml";

export interface Kubeconfig {
    readonly clusters: readonly Cluster[];
    readonly contexts: readonly Context[];
    readonly users: readonly User[];
    readonly currentContext: string;
}

/** How to reach an API server and how to be known there. Holds secrets. */
export interface Connection {
    readonly server: string;
    /** Namespace of objects that name none. */
    readonly namespace: string;
    readonly ca: Buffer | undefined;
    readonly certificate: Buffer | undefined;
    readonly key: Buffer | undefined;
    readonly token: string | undefined;
    readonly serverName: string | undefined;
    readonly verify: boolean;
}

/** Reads a kubeconfig from its contents, or from the file of that name. Errors never quote it. */
export function parseKubeconfig(pathOrContents: string): Kubeconfig {
    const path = pathOrContents.replace(/^~(?=$|\/)/, homedir());
    const contents = existsSync(path) ? readFileSync(path, "utf8") : pathOrContents;
    let document: unknown;
    try {
        document = load(contents);
    } catch (error) {
        const where = error instanceof YAMLException && error.mark ? ` at line ${error.mark.line + 1}` : "";
        // Without a cause on purpose: the parser's own message quotes the line.
        throw new Error(`it is neither a file that exists nor YAML${where}`);
    }
    if (typeof document !== "object" || document === null) {
        throw new Error("it is neither a file that exists nor the contents of a kubeconfig");
    }
    const parts = document as Record<string, unknown>;
    return {
        clusters: newClusters(parts["clusters"]),
        contexts: newContexts(parts["contexts"]),
        users: newUsers(parts["users"]),
        currentContext: typeof parts["current-context"] === "string" ? parts["current-context"] : "",
    };
}

/** The kubeconfig that kubectl would take: `$KUBECONFIG`, else ~/.kube/config. */
export function ambientKubeconfig(): Kubeconfig {
    const path = process.env["KUBECONFIG"] ?? join(homedir(), ".kube", "config");
    if (!existsSync(path)) {
        throw new Error(`invalid configuration: no configuration has been provided, and there is no file ${path}`);
    }
    return parseKubeconfig(path);
}

/** The cluster that a kubeconfig points to in a context; undefined where it names none that exists. */
export function activeCluster(config: Kubeconfig, context: string | undefined): Cluster | undefined {
    const active = config.contexts.find(({ name }) => name === (context ?? config.currentContext));
    return config.clusters.find(({ name }) => name === active?.cluster);
}

/** What a kubeconfig says about reaching the cluster of a context. */
export function connectionOf(config: Kubeconfig, contextName: string | undefined): Connection {
    const wanted = contextName ?? config.currentContext;
    const context = config.contexts.find(({ name }) => name === wanted);
    if (context === undefined) {
        throw new Error(`context "${wanted}" does not exist`);
    }
    const cluster = config.clusters.find(({ name }) => name === context.cluster);
    if (cluster === undefined) {
        throw new Error(`cluster "${context.cluster}" does not exist`);
    }
    const user = config.users.find(({ name }) => name === context.user);
    refuseUnimplementedUser(user);
    if (cluster.proxyUrl !== undefined) {
        throw new Error("proxy-url is not implemented by the lab's stand-in");
    }
    return {
        server: cluster.server,
        namespace: context.namespace ?? "default",
        ca: content(cluster.caData, cluster.caFile),
        certificate: content(user?.certData, user?.certFile),
        key: content(user?.keyData, user?.keyFile),
        token: user?.token,
        serverName: cluster.tlsServerName,
        verify: !cluster.skipTLSVerify,
    };
}

function refuseUnimplementedUser(user: User | undefined): void {
    const refused: Record<string, unknown> = {
        exec: user?.exec as unknown,
        "auth-provider": user?.authProvider as unknown,
        username: user?.username,
        as: user?.impersonateUser,
    };
    const given = Object.keys(refused).filter((key) => refused[key] !== undefined);
    if (given.length > 0) {
        throw new Error(
            `the lab's stand-in does not implement ${given.join(", ")} of a kubeconfig's user; ` +
                "it implements token, client-certificate and client-key",
        );
    }
}

function content(data: string | undefined, file: string | undefined): Buffer | undefined {
    if (data !== undefined) {
        return Buffer.from(data, "base64");
    }
    return file === undefined ? undefined : readFileSync(file);
}
