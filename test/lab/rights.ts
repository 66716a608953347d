import { succeeding } from "./apiServer";

/** Verbs of Kubernetes, those too that only make sense for roles and accounts. */
const VERBS = "get list watch create update patch delete deletecollection bind escalate impersonate *".split(" ");

/** What Kubernetes lets everybody do who has proved who it is: ask what they may do (ClusterRole system:basic-user). */
const EVERYBODY = /^create self(subject)?(access|rules)?reviews?\.(authentication|authorization)\.k8s\.io$/;

interface Attributes {
    readonly resourceAttributes?: object;
    readonly nonResourceAttributes?: object;
}

export async function allowed(account: string, attributes: Attributes): Promise<boolean> {
    const groups = ["system:serviceaccounts", "system:serviceaccounts:external-prometheus", "system:authenticated"];
    const { status } = await succeeding<{ status: { allowed: boolean } }>(
        "/apis/authorization.k8s.io/v1/subjectaccessreviews",
        {
            method: "POST",
            body: {
                apiVersion: "authorization.k8s.io/v1",
                kind: "SubjectAccessReview",
                spec: {
                    user: `system:serviceaccount:external-prometheus:external-prometheus-${account}`,
                    groups,
                    ...attributes,
                },
            },
        },
    );
    return status.allowed;
}

interface Resource {
    readonly group: string;
    readonly resource: string;
    readonly subresource: string;
}

/** Every kind of object that this cluster knows, with its subresources. */
async function resources(): Promise<Resource[]> {
    const { groups } = await succeeding<{ groups: { preferredVersion: { groupVersion: string } }[] }>("/apis");
    const versions = ["v1", ...groups.map(({ preferredVersion }) => preferredVersion.groupVersion)];
    const lists = await Promise.all(
        versions.map(async (version) => {
            const path = version === "v1" ? "/api/v1" : `/apis/${version}`;
            const { resources } = await succeeding<{ resources: { name: string }[] }>(path);
            const group = version === "v1" ? "" : (version.split("/")[0] ?? "");
            return resources.map(({ name }) => {
                const [resource = "", subresource = ""] = name.split(/\/(.*)/);
                return { group, resource, subresource };
            });
        }),
    );
    // What no discovery tells of.
    const hidden = ["metrics", "stats", "log", "spec", "checkpoint", "pods", "healthz", "configz"];
    return [
        ...lists.flat(),
        ...hidden.map((subresource) => ({ group: "", resource: "nodes", subresource })),
        ...["users", "groups"].map((resource) => ({ group: "", resource, subresource: "" })),
    ];
}

function named(verb: string, { group, resource, subresource }: Resource): string {
    return `${verb} ${resource}${subresource && `/${subresource}`}${group && `.${group}`}`;
}

/** Does it for all, some at a time, in their order. */
export async function each<T, R>(all: readonly T[], action: (one: T) => Promise<R>): Promise<R[]> {
    const results: R[] = [];
    const queue = [...all.entries()];
    const worker = async () => {
        for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
            results[next[0]] = await action(next[1]);
        }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    return results;
}

/** All that an account may do in a namespace, or in the whole cluster, beside what everybody may; and how much was denied. */
export async function rights(account: string, namespace: string): Promise<{ may: string[]; denied: number }> {
    const tried = (await resources()).flatMap((resource) => VERBS.map((verb) => ({ verb, resource })));
    const answers = await each(tried, ({ verb, resource }) =>
        allowed(account, { resourceAttributes: { verb, namespace, ...resource } }),
    );
    const may = tried.filter((_, i) => answers[i]).map(({ verb, resource }) => named(verb, resource));
    return { may: may.filter((text) => !EVERYBODY.test(text)).sort(), denied: tried.length - may.length };
}
