import { beforeAll, describe, expect, it } from "vitest";
import { API_SERVER, ask, KUBELET, succeeding } from "./apiServer";
import { pulumi } from "./lab";

/** Verbs of Kubernetes, those too that only make sense for roles and accounts. */
const VERBS = "get list watch create update patch delete deletecollection bind escalate impersonate *".split(" ");

/** Of each account, beside what Kubernetes lets everybody do who has proved who it is. */
const GRANTED = {
    discovery: {
        cluster: ["list nodes", "watch nodes"],
        default: [
            "list endpointslices.discovery.k8s.io",
            "list nodes",
            "list pods",
            "list services",
            "watch endpointslices.discovery.k8s.io",
            "watch nodes",
            "watch pods",
            "watch services",
        ],
        paths: ["get /metrics", "get /metrics/slis"],
    },
    kubelet: { cluster: ["get nodes/metrics"], default: ["get nodes/metrics"], paths: [] },
} as const;

/** What Kubernetes lets everybody do who has proved who it is: ask what they may do (ClusterRole system:basic-user). */
const EVERYBODY = /^create self(subject)?(access|rules)?reviews?\.(authentication|authorization)\.k8s\.io$/;

interface Attributes {
    readonly resourceAttributes?: object;
    readonly nonResourceAttributes?: object;
}

async function allowed(account: string, attributes: Attributes): Promise<boolean> {
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
async function each<T, R>(all: readonly T[], action: (one: T) => Promise<R>): Promise<R[]> {
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

describe.each(["discovery", "kubelet"] as const)("the account for %s", (account) => {
    it.each(["cluster", "default"] as const)("may do in the %s what its jobs need, and nothing else", async (scope) => {
        const namespace = scope === "cluster" ? "" : "default";
        const tried = (await resources()).flatMap((resource) => VERBS.map((verb) => ({ verb, resource })));
        const answers = await each(tried, ({ verb, resource }) =>
            allowed(account, { resourceAttributes: { verb, namespace, ...resource } }),
        );
        const may = tried.filter((_, i) => answers[i]).map(({ verb, resource }) => named(verb, resource));
        expect(may.filter((text) => !EVERYBODY.test(text)).sort()).toEqual(GRANTED[account][scope]);
        expect(tried.length - may.length).toBeGreaterThanOrEqual(60);
    });

    it("may read of the API server's own paths what its jobs need", async () => {
        const paths =
            "/metrics /metrics/slis /metrics/cadvisor /debug/pprof/ /debug/flags/v /logs /logs/ /configz /flagz /statusz";
        const tried = [...paths.split(" "), "/*", "*"].flatMap((path) =>
            ["get", "post", "put", "delete", "*"].map((verb) => ({ path, verb })),
        );
        const answers = await each(tried, (attributes) => allowed(account, { nonResourceAttributes: attributes }));
        const may = tried.filter((_, i) => answers[i]).map(({ path, verb }) => `${verb} ${path}`);
        expect(may).toEqual(GRANTED[account].paths);
    });
});

describe("a stolen token", () => {
    let tokens: Record<string, string>;
    const command = "command=true";
    const exec = `exec/monitoring/prometheus-0/prometheus?${command}&output=1`;
    const websocket = {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        "sec-websocket-protocol": "v4.channel.k8s.io",
    };

    beforeAll(async () => {
        const text = await pulumi("stack", "output", "sourceCredentials", "--json", "--show-secrets");
        tokens = (JSON.parse(text) as { lab: { tokens: Record<string, string> } }).lab.tokens;
    });

    it.each([
        // The proxy passes on no query of an upgrade, about which the kubelet complains: an administrator reaches it.
        ["the API server's proxy to the kubelet", `${API_SERVER}/api/v1/nodes/node-1/proxy/${exec}`, 400],
        [
            "the API server",
            `${API_SERVER}/api/v1/namespaces/monitoring/pods/prometheus-0/exec?${command}&stdout=1`,
            101,
        ],
        ["the kubelet", `${KUBELET}/${exec}`, 101],
    ])("runs nothing in a pod by a WebSocket through %s", async (_way, url, control) => {
        for (const token of [tokens["discovery"], tokens["kubelet"]]) {
            expect((await ask(url, { headers: websocket, token: token ?? "" })).status).toBe(403);
        }
        expect((await ask(url, { headers: websocket })).status).toBe(control);
    });

    it("reads no Secret, and of a kubelet nothing but metrics", async () => {
        const { discovery = "", kubelet = "" } = tokens;
        const status = async (url: string, token: string) => (await ask(url, { token })).status;
        expect(await status(`${API_SERVER}/api/v1/namespaces/external-prometheus/secrets`, discovery)).toBe(403);
        expect(await status(`${API_SERVER}/api/v1/nodes`, discovery)).toBe(200);
        expect(await status(`${API_SERVER}/api/v1/nodes`, kubelet)).toBe(403);
        expect(await status(`${KUBELET}/metrics`, kubelet)).toBe(200);
        expect(await status(`${KUBELET}/metrics`, discovery)).toBe(403);
        for (const path of [
            "pods",
            "configz",
            "containerLogs/monitoring/prometheus-0/prometheus",
            "logs/",
            "stats/summary",
        ]) {
            expect(await status(`${KUBELET}/${path}`, kubelet), path).toBe(403);
        }
    });
});
