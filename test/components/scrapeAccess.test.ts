import * as pulumi from "@pulumi/pulumi";
import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { ScrapeAccess } from "../../components/scrapeAccess";
import { accessFor } from "../../config/kubernetes/rbac";
import { tokenPolicy } from "../../config/kubernetes/tokenPolicy";
import type { Tokens } from "../../config/tokens";
import { cluster } from "../config/kubernetes/cluster";
import { collectRejections, isKnown, startMocks, valueOf } from "../harness";
import { fillIn, tokenFor } from "./cluster";

const access = accessFor(cluster);
const { tokens } = cluster;
const POLICY = "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy";
const SECRET = "kubernetes:core/v1:Secret";

/** Mocks of a cluster whose token Secrets hold this. */
function withData(data: Record<string, string> | undefined) {
    return (...args: Parameters<typeof fillIn>) =>
        args[0] === SECRET ? { ...fillIn(...args), data } : fillIn(...args);
}

describe("ScrapeAccess", () => {
    it("binds to each account the rules of its purpose and no others", async () => {
        const mocks = await startMocks({ outputs: fillIn });
        new ScrapeAccess("lab-access", { cluster: "lab", access, tokens });
        await mocks.settled();

        const bindings = [
            ...mocks.ofType("kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding"),
            ...mocks.ofType("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"),
        ];
        const granted = bindings.map(({ inputs }) => {
            const { roleRef, subjects, metadata } = inputs as {
                roleRef: { kind: string; name: string };
                subjects: { kind: string; namespace: string; name: string }[];
                metadata: { namespace?: string };
            };
            const role = mocks.find(
                `kubernetes:rbac.authorization.k8s.io/v1:${roleRef.kind}`,
                roleRef.name.replace("-auto", ""),
            ).inputs as { rules: unknown; metadata: { namespace?: string } };
            expect(role.metadata.namespace).toBe(metadata.namespace);
            return { subjects, namespace: metadata.namespace, rules: role.rules };
        });
        const subjects = (purpose: string) => [
            { kind: "ServiceAccount", namespace: "external-prometheus", name: `external-prometheus-${purpose}` },
        ];
        const [discovery, kubelet] = access;
        expect(granted).toHaveLength(3);
        expect(granted).toEqual(
            expect.arrayContaining([
                { subjects: subjects("discovery"), namespace: undefined, rules: discovery?.clusterRules },
                { subjects: subjects("discovery"), namespace: "default", rules: discovery?.namespaces[0]?.rules },
                { subjects: subjects("kubelet"), namespace: undefined, rules: kubelet?.clusterRules },
            ]),
        );
    });

    it("makes accounts that pods cannot use, in a namespace that lets no privileged pod in", async () => {
        const mocks = await startMocks({ outputs: fillIn });
        new ScrapeAccess("lab-access", { cluster: "lab", access, tokens });
        await mocks.settled();
        const accounts = mocks.ofType("kubernetes:core/v1:ServiceAccount").map(({ inputs }) => inputs);
        expect(accounts).toHaveLength(2);
        for (const account of accounts) {
            expect(account).toMatchObject({
                automountServiceAccountToken: false,
                metadata: { namespace: "external-prometheus" },
            });
        }
        expect(mocks.find("kubernetes:core/v1:Namespace", "lab-access-namespace").inputs).toMatchObject({
            metadata: {
                name: "external-prometheus",
                labels: { "pod-security.kubernetes.io/enforce": "restricted" },
            },
        });
    });

    it("waits for the tokens and keeps them secret", async () => {
        const mocks = await startMocks({ outputs: fillIn });
        const made = new ScrapeAccess("lab-access", { cluster: "lab", access, tokens });
        expect(await valueOf(made.tokens)).toEqual({
            discovery: tokenFor("external-prometheus-discovery"),
            kubelet: tokenFor("external-prometheus-kubelet"),
        });
        expect(await pulumi.isSecret(made.tokens)).toBe(true);
        expect(await valueOf(made.namespace)).toBe("external-prometheus");
        await mocks.settled();
        expect(mocks.find(SECRET, "lab-access-kubelet-token").inputs).toMatchObject({
            type: "kubernetes.io/service-account-token",
            metadata: {
                namespace: "external-prometheus",
                annotations: {
                    "kubernetes.io/service-account.name": "external-prometheus-kubelet",
                    "pulumi.com/waitFor": "jsonpath={.data.token}",
                    "pulumi.com/timeoutSeconds": "120",
                },
            },
        });
    });

    it("makes nothing for a purpose that no job needs", async () => {
        const mocks = await startMocks({ outputs: fillIn });
        const made = new ScrapeAccess("lab-access", { cluster: "lab", access: [], tokens });
        expect(await valueOf(made.tokens)).toEqual({});
        expect(await pulumi.isSecret(made.tokens)).toBe(true);
        await mocks.settled();
        expect(mocks.resources.map(({ name }) => name).sort()).toEqual(["lab-access", "lab-access-namespace"]);
    });

    it.each([
        ["empty", {}, "has issued no token"],
        ["missing", undefined, "has issued no token"],
        ["another account's", { token: Buffer.from(tokenFor("default")).toString("base64") }, "belongs to"],
        ["no token at all", { token: Buffer.from("canary").toString("base64") }, "is not a JSON Web Token"],
    ])("refuses a Secret whose data is %s, without showing it", async (_, data, message) => {
        const rejections = collectRejections();
        await startMocks({ outputs: withData(data) });
        const made = new ScrapeAccess("lab-access", { cluster: "lab", access: access.slice(1), tokens });
        await expect(valueOf(made.tokens)).rejects.toThrow(pulumi.RunError);
        await setImmediate();
        expect(rejections).not.toHaveLength(0);
        for (const error of rejections) {
            expect(error).toBeInstanceOf(pulumi.RunError);
            expect((error as Error).message).toMatch(/^Cluster 'lab': /);
            expect((error as Error).message).toContain(message);
            expect((error as Error).message).not.toContain("canary");
        }
    });

    it.each(["cluster", "namespace"])("refuses to grant what no job may have in a %s", async (scope) => {
        await startMocks({ outputs: fillIn });
        const rules = [{ apiGroups: [""], resources: ["nodes/proxy"], verbs: ["get"] }];
        const granted =
            scope === "cluster" ? { clusterRules: rules } : { namespaces: [{ namespace: "default", rules }] };
        const widened = { purpose: "kubelet" as const, clusterRules: [], namespaces: [], ...granted };
        expect(() => new ScrapeAccess("lab-access", { cluster: "lab", access: [widened], tokens })).toThrow(
            "rule for 'nodes/proxy' refused",
        );
    });

    it("leaves the tokens unknown in a preview", async () => {
        const mocks = await startMocks({ preview: true });
        const made = new ScrapeAccess("lab-access", { cluster: "lab", access, tokens });
        expect(await isKnown(made.tokens)).toBe(false);
        expect(await pulumi.isSecret(made.tokens)).toBe(true);
        await mocks.settled();
        expect(mocks.ofType(SECRET)).toHaveLength(2);
    });

    it.each([
        ["empty", {}],
        ["stale", { token: Buffer.from(tokenFor("default")).toString("base64") }],
    ])("leaves the tokens unknown in a preview that sees %s data", async (_, data) => {
        const mocks = await startMocks({ preview: true, previewOutputs: withData(data) });
        const made = new ScrapeAccess("lab-access", { cluster: "lab", access, tokens });
        expect(await isKnown(made.tokens)).toBe(false);
        await mocks.settled();
    });

    const BOUND: Tokens = { generation: 1, bound: { lifetime: "1h" } };
    const NAMES = {
        secrets: ["lab-access-discovery-token", "lab-access-kubelet-token"],
        renewal: ["lab-access-renewal-token"],
    };
    const renamed = (names: string[], generation: number) => names.map((name) => `${name}-${generation}`);

    it.each<[string, Tokens, string[]]>([
        ["Secrets", { generation: 1 }, NAMES.secrets],
        ["the second Secrets", { generation: 2 }, renamed(NAMES.secrets, 2)],
        [
            "the second Secrets and the first",
            { generation: 2, previous: "secret" },
            [...renamed(NAMES.secrets, 2), ...NAMES.secrets],
        ],
        ["an account that asks", BOUND, NAMES.renewal],
        [
            "an account that asks, after Secrets",
            { ...BOUND, generation: 2, previous: "secret" },
            [...renamed(NAMES.renewal, 2), ...NAMES.secrets],
        ],
        [
            "an account that asks, by another token than before",
            { ...BOUND, generation: 3, previous: "bound" },
            [...renamed(NAMES.renewal, 3), ...renamed(NAMES.renewal, 2)],
        ],
        [
            "Secrets, after an account that asked",
            { generation: 2, previous: "bound" },
            [...renamed(NAMES.secrets, 2), ...NAMES.renewal],
        ],
    ])("has tokens of %s, and hands on the newest alone", async (_, chosen, secrets) => {
        const mocks = await startMocks({ outputs: fillIn });
        const made = new ScrapeAccess("lab-access", {
            cluster: "lab",
            access: accessFor({ ...cluster, tokens: chosen }),
            tokens: chosen,
        });
        const purposes = chosen.bound === undefined ? ["discovery", "kubelet"] : ["renewal"];
        expect(Object.keys(await valueOf(made.tokens)).sort()).toEqual(purposes);
        await mocks.settled();
        expect(
            mocks
                .ofType(SECRET)
                .map(({ name }) => name)
                .sort(),
        ).toEqual([...secrets].sort());
        const bindable = secrets.filter((name) => name.includes("renewal")).map((name) => `${name}-auto`);
        const policies = mocks.ofType(POLICY).map(({ inputs }) => inputs["spec"]);
        expect(policies).toEqual(
            bindable.length === 0
                ? []
                : [
                      tokenPolicy({
                          secrets: bindable,
                          lifetimeSeconds: chosen.bound === undefined || chosen.previous === "bound" ? 86_400 : 3600,
                      }),
                  ],
        );
        expect(mocks.ofType(`${POLICY}Binding`).map(({ inputs }) => inputs["spec"])).toEqual(
            policies.map(() => ({ policyName: "external-prometheus-tokens", validationActions: ["Deny"] })),
        );
    });
});
