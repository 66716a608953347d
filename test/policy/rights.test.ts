import { describe, expect, it } from "vitest";
import { deploying, whats } from "./deploying";
import { broadRights, foreignBindings, needlessKubernetes } from "./rights";

const RBAC = "kubernetes:rbac.authorization.k8s.io/v1:";

describe("the rule about rights", () => {
    const role = (rule: object) => deploying([{ type: `${RBAC}ClusterRole`, inputs: { rules: [rule] } }]);

    it.each([
        [{ apiGroups: [""], resources: ["nodes/proxy"], verbs: ["get"] }, ["grants 'nodes/proxy'"]],
        [{ apiGroups: [""], resources: ["pods/exec"], verbs: ["get"] }, ["grants 'pods/exec'"]],
        [{ apiGroups: [""], resources: ["secrets"], verbs: ["list"] }, ["grants 'secrets'"]],
        [{ apiGroups: ["*"], resources: ["pods"], verbs: ["get"] }, ["grants by the wildcard '*'"]],
        [{ apiGroups: [""], resources: ["pods"], verbs: ["*"] }, ["grants by the wildcard '*'"]],
        [{ nonResourceURLs: ["/metrics/*"], verbs: ["get"] }, ["grants by the wildcard '/metrics/*'"]],
        [{ apiGroups: [""], resources: ["pods"], verbs: ["delete"] }, ["grants the verb 'delete' on 'pods'"]],
        [
            { apiGroups: [""], resources: ["serviceaccounts/token"], verbs: ["create"] },
            ["grants 'serviceaccounts/token'", "grants the verb 'create' on 'serviceaccounts/token'"],
        ],
    ])("reports %j", (rule, expected) => {
        expect(whats(broadRights(role(rule)))).toEqual(expected);
    });

    it("reports a role that takes in others", () => {
        const inputs = { aggregationRule: {} };
        const found = broadRights(deploying([{ type: `${RBAC}ClusterRole`, inputs }]));
        expect(whats(found)).toEqual(["takes in the rules of other roles"]);
    });

    it("passes over what reads, and over tokens of accounts that are named", () => {
        const token = { resources: ["serviceaccounts/token"], resourceNames: ["one"], verbs: ["create"] };
        expect(broadRights(role(token))).toEqual([]);
        expect(broadRights(role({ resources: ["nodes/metrics"], verbs: ["get"] }))).toEqual([]);
    });

    it("reports a binding of somebody else's role, and to somebody else", () => {
        const bound = (name: string, subject: object) =>
            foreignBindings(
                deploying([
                    { type: `${RBAC}ClusterRole`, name: "own" },
                    {
                        type: `${RBAC}ClusterRoleBinding`,
                        inputs: { roleRef: { kind: "ClusterRole", name }, subjects: [subject] },
                    },
                ]),
            );
        const account = { kind: "ServiceAccount", name: "a", namespace: "external-prometheus" };
        expect(bound("own-auto", account)).toEqual([]);
        expect(whats(bound("cluster-admin", account))).toEqual([
            "binds the ClusterRole 'cluster-admin', which this stack has not made",
        ]);
        expect(whats(bound("own-auto", { kind: "Group", name: "system:authenticated" }))).toEqual([
            "grants to the Group 'system:authenticated', which is no account of this program",
        ]);
    });

    it.each(["pulumi:providers:kubernetes", "kubernetes:core/v1:Namespace"])("reports %s without clusters", (type) => {
        const found = (hasClusters: boolean) => needlessKubernetes(deploying([{ type }], { hasClusters }));
        expect(whats(found(false))).toEqual(["is in a stack that has no clusters"]);
        expect(found(true)).toEqual([]);
    });
});
