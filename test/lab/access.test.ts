import { beforeAll, describe, expect, it } from "vitest";
import { API_SERVER, ask, KUBELET } from "./apiServer";
import { pulumi } from "./lab";
import { allowed, each, rights } from "./rights";

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
    metrics: { cluster: [], default: [], paths: ["get /metrics"] },
} as const;

describe.each(["discovery", "kubelet", "metrics"] as const)("the account for %s", (account) => {
    it.each(["cluster", "default"] as const)("may do in the %s what its jobs need, and nothing else", async (scope) => {
        const { may, denied } = await rights(account, scope === "cluster" ? "" : "default");
        expect(may).toEqual(GRANTED[account][scope]);
        expect(denied).toBeGreaterThanOrEqual(60);
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
