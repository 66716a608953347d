// A real API server for the contract of the Kubernetes provider, and another pair of hands on it.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type ApiException, KubeConfig, KubernetesObjectApi, type KubernetesObject } from "@kubernetes/client-node";
import { load } from "js-yaml";
import { plainProperties, type Properties } from "../../providers/values";
import { CallError } from "./plugin";

const path =
    process.env["CONTRACT_KUBECONFIG"] ??
    `${process.env["EXTERNAL_PROMETHEUS_LAB"] ?? "/var/lib/external-prometheus-lab"}/cluster/admin.kubeconfig`;

/** The kubeconfig of an administrator: of CONTRACT_KUBECONFIG, else of the running lab. */
export const kubeconfig = readFileSync(path, "utf8");
const config = new KubeConfig();
config.loadFromString(kubeconfig);
export const context = config.getCurrentContext();

/** Any object of the API; the test knows its fields. */
export interface Live {
    apiVersion: string;
    kind: string;
    metadata: { name: string; namespace?: string; [field: string]: unknown };
    data?: Record<string, string>;
    spec?: Record<string, unknown>;
    status?: Record<string, unknown>;
    [field: string]: unknown;
}

type Header = KubernetesObject & { metadata: { name: string; namespace: string } };

/** A namespace of the test's own, and kubectl's part: looking at objects and changing them behind the plugin's back. */
export class Cluster {
    readonly namespace = `contract-${randomBytes(4).toString("hex")}`;
    private readonly api = KubernetesObjectApi.makeApiClient(config);

    async start(): Promise<void> {
        await this.api.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: this.namespace } });
    }

    async stop(): Promise<void> {
        await this.api.delete({ apiVersion: "v1", kind: "Namespace", metadata: { name: this.namespace } });
    }

    /** The object in the cluster; undefined if there is none. */
    async get(apiVersion: string, kind: string, name: string): Promise<Live | undefined> {
        try {
            return (await this.api.read(this.object(apiVersion, kind, name))) as unknown as Live;
        } catch (error) {
            if ((error as ApiException<unknown>).code === 404) {
                return undefined;
            }
            throw error;
        }
    }

    async create(apiVersion: string, kind: string, name: string, rest: Record<string, unknown> = {}): Promise<void> {
        await this.api.create({ ...this.object(apiVersion, kind, name), ...rest });
    }

    /** A merge patch under a field manager of its own. */
    async patch(apiVersion: string, kind: string, name: string, change: Partial<Live>): Promise<void> {
        const { namespace } = this;
        const patch = { ...change, apiVersion, kind, metadata: { ...change.metadata, name, namespace } };
        await this.api.patch(patch, undefined, undefined, "someone-else", undefined, "application/merge-patch+json");
    }

    async delete(apiVersion: string, kind: string, name: string): Promise<void> {
        await this.api.delete(this.object(apiVersion, kind, name));
    }

    private object(apiVersion: string, kind: string, name: string): Header {
        return { apiVersion, kind, metadata: { name, namespace: this.namespace } };
    }

    /** A kubeconfig of a ServiceAccount that may do nothing. */
    async powerless(): Promise<string> {
        await this.create("v1", "ServiceAccount", "powerless");
        const annotations = { "kubernetes.io/service-account.name": "powerless" };
        await this.create("v1", "Secret", "powerless", {
            metadata: { name: "powerless", namespace: this.namespace, annotations },
            type: "kubernetes.io/service-account-token",
        });
        for (;;) {
            const token = (await this.get("v1", "Secret", "powerless"))?.data?.["token"];
            if (token !== undefined) {
                return withUser({ token: Buffer.from(token, "base64").toString() });
            }
            await sleep(100);
        }
    }
}

interface Kubeconfig {
    clusters: { cluster: Record<string, unknown> }[];
    users: { user: Record<string, unknown> }[];
}

function change(edit: (parsed: Kubeconfig) => void): string {
    const parsed = load(kubeconfig) as Kubeconfig;
    edit(parsed);
    return JSON.stringify(parsed);
}

/** The kubeconfig with another user behind the same name. */
export function withUser(user: Record<string, unknown>): string {
    return change((parsed) => {
        parsed.users = parsed.users.map((entry) => ({ ...entry, user }));
    });
}

/** The kubeconfig with another API server behind the same name. */
export function withServer(server: string): string {
    return change((parsed) => {
        parsed.clusters = parsed.clusters.map((entry) => ({ ...entry, cluster: { ...entry.cluster, server } }));
    });
}

/** The error of a call that must fail. */
export async function failure(attempt: Promise<unknown>): Promise<CallError> {
    try {
        await attempt;
    } catch (error) {
        if (error instanceof CallError) {
            return error;
        }
        throw error;
    }
    throw new Error("the call succeeded");
}

/** The properties of a ConfigMap as the SDK sends them. */
export function configMap(metadata: Properties, data: Properties = { key: "value" }): Properties {
    return { apiVersion: "v1", kind: "ConfigMap", metadata, data };
}

/** The properties of a Deployment without replicas as the SDK sends them. */
export function deployment(metadata: Properties & { name: string }, container: Properties = {}): Properties {
    const { name } = metadata;
    const labels = { app: name };
    const containers = [{ name: "main", image: "docker.io/lab/pause:1", ...container }];
    return {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata,
        spec: {
            replicas: 0,
            selector: { matchLabels: labels },
            template: { metadata: { labels }, spec: { containers } },
        },
    };
}

/** The metadata of checked or recorded inputs. */
export function metadataOf({ inputs }: { inputs: Properties }): Record<string, unknown> {
    return plainProperties(inputs)["metadata"] as Record<string, unknown>;
}
