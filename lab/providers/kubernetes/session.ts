import type { Engine } from "../plugin";
import type { Properties } from "../values";
import { Client, NoMatchError } from "./client";
import { given, isStrict, isTrue } from "./config";
import { knownNamespaced, type GroupVersionKind } from "./kinds";
import { ambientKubeconfig, connectionOf, parseKubeconfig, type Connection } from "./kubeconfig";
import { plain } from "../values";

/** The cluster of one configured provider. */
export interface Session {
    /** Undefined when there is no usable kubeconfig or the API server does not answer. */
    readonly client: Client | undefined;
    /** Why there is no client. */
    readonly unreachable: string;
    /** Namespace of objects that name none. */
    readonly namespace: string;
    /** Whether objects of an unreachable cluster are forgotten instead of kept. */
    readonly deleteUnreachable: boolean;
}

/** Reaches out to the configured cluster. A cluster that cannot be reached is remembered, not an error: previews still work. */
export async function openSession(inputs: Properties): Promise<Session> {
    const deleteUnreachable =
        inputs["deleteUnreachable"] === undefined
            ? isTrue(process.env["PULUMI_K8S_DELETE_UNREACHABLE"])
            : isTrue(plain(inputs["deleteUnreachable"]));
    let connection: Connection;
    try {
        connection = connect(inputs);
    } catch (error) {
        return {
            client: undefined,
            unreachable: `failed to parse kubeconfig data in \`kubernetes:config:kubeconfig\`: ${message(error)}`,
            namespace: "default",
            deleteUnreachable,
        };
    }
    const { namespace } = connection;
    const client = new Client(connection);
    try {
        await client.probe();
        return { client, unreachable: "", namespace, deleteUnreachable };
    } catch (error) {
        const unreachable = `unable to load schema information from the API server: ${message(error)}`;
        return { client: undefined, unreachable, namespace, deleteUnreachable };
    }
}

function connect(inputs: Properties): Connection {
    const kubeconfig = given(inputs, "kubeconfig");
    if (kubeconfig === undefined && isStrict(inputs)) {
        throw new Error("strict mode takes no kubeconfig from the environment");
    }
    return connectionOf(
        kubeconfig === undefined ? ambientKubeconfig() : parseKubeconfig(kubeconfig),
        given(inputs, "context"),
    );
}

/** The text of an error. */
export function message(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}

/** The client, or the error that says why there is none. */
export function requireClient({ client, unreachable }: Session): Client {
    if (client === undefined) {
        throw new Error(`configured Kubernetes cluster is unreachable: ${unreachable}`);
    }
    return client;
}

/** Whether the API server can be asked about objects of a kind. */
export async function canReach({ client }: Session, kind: GroupVersionKind): Promise<Client | undefined> {
    try {
        await client?.mapping(kind);
        return client;
    } catch {
        return undefined;
    }
}

/** Whether objects of a kind live in a namespace; a kind that nobody knows yet is taken to. */
export async function isNamespaced({ client }: Session, kind: GroupVersionKind): Promise<boolean> {
    const known = knownNamespaced(kind);
    if (known !== undefined || client === undefined) {
        return known ?? true;
    }
    try {
        return (await client.mapping(kind)).namespaced;
    } catch (error) {
        if (error instanceof NoMatchError) {
            return true;
        }
        throw error;
    }
}

/** Tells about an unreachable cluster, and what to do if it is gone for good. */
export async function warnUnreachable(session: Session, engine: Engine, urn: string): Promise<void> {
    await engine.log("warning", urn, `configured Kubernetes cluster is unreachable: ${session.unreachable}`);
    if (session.deleteUnreachable) {
        const forgotten =
            "the `deleteUnreachable` option is enabled. Deleting the unreachable resource from Pulumi state";
        await engine.log("info", urn, `configured Kubernetes cluster is unreachable and ${forgotten}`);
    }
}

/** What to do about a cluster that was deleted. */
export const ifDeleted =
    "If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the operation with the " +
    'PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"';
