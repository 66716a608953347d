import { NAMESPACE } from "../../config/kubernetes/accounts";
import type { Rule } from "../../config/kubernetes/rbac";
import type { Deployed, Resource, Violation } from "./deployed";

const RBAC = "kubernetes:rbac.authorization.k8s.io/v1:";

/** Subresources that only read. `get nodes/proxy`, for one, is the right to run code in every pod, and so is `get pods/exec`. */
const READ_BY_GET = ["nodes/metrics", "pods/proxy", "services/proxy"];

/** Roles by which more is done than metrics and lists of objects are read. */
export function broadRights({ resources }: Deployed): Violation[] {
    return resources
        .filter(({ type }) => type === `${RBAC}ClusterRole` || type === `${RBAC}Role`)
        .flatMap((resource) => {
            const { rules = [], aggregationRule } = resource.inputs as { rules?: Rule[]; aggregationRule?: unknown };
            const found = rules.flatMap(ruleProblems);
            const problems = aggregationRule === undefined ? found : [...found, "takes in the rules of other roles"];
            return problems.map((what) => ({ resource, what }));
        });
}

function ruleProblems({
    apiGroups = [],
    resources = [],
    resourceNames = [],
    nonResourceURLs = [],
    verbs,
}: Rule): string[] {
    const values = [...apiGroups, ...resources, ...resourceNames, ...nonResourceURLs, ...verbs];
    const isRenewal = resources.join() === "serviceaccounts/token" && resourceNames.length > 0;
    const allowedVerbs = isRenewal ? ["create"] : ["get", "list", "watch"];
    const allowed = isRenewal ? resources : READ_BY_GET;
    return [
        ...values.filter((value) => value.includes("*")).map((value) => `grants by the wildcard '${value}'`),
        ...resources
            .filter((name) => /^secrets(\/|$)/.test(name) || (name.includes("/") && !allowed.includes(name)))
            .map((name) => `grants '${name}'`),
        ...verbs
            .filter((verb) => !allowedVerbs.includes(verb) && !verb.includes("*"))
            .map((verb) => `grants the verb '${verb}' on '${[...resources, ...nonResourceURLs].join("', '")}'`),
    ];
}

/** Bindings of a role that this stack has not made, such as cluster-admin, or to somebody else than its own accounts. */
export function foreignBindings({ resources }: Deployed): Violation[] {
    const made = resources.map((resource) => `${resource.type} ${objectName(resource)}`);
    return resources
        .filter(({ type }) => type === `${RBAC}ClusterRoleBinding` || type === `${RBAC}RoleBinding`)
        .flatMap((resource) => {
            const { roleRef, subjects } = resource.inputs as {
                roleRef: { kind: string; name: string };
                subjects: { kind: string; name: string; namespace?: string }[];
            };
            return [
                ...(made.includes(`${RBAC}${roleRef.kind} ${roleRef.name}`)
                    ? []
                    : [`binds the ${roleRef.kind} '${roleRef.name}', which this stack has not made`]),
                ...subjects
                    .filter(({ kind, namespace }) => kind !== "ServiceAccount" || namespace !== NAMESPACE)
                    .map(({ kind, name }) => `grants to the ${kind} '${name}', which is no account of this program`),
            ].map((what) => ({ resource, what }));
        });
}

/** Where it has no name of its own, the one that the mocks have given it. */
function objectName({ name, inputs }: Resource): string {
    return (inputs["metadata"] as { name?: string } | undefined)?.name ?? `${name}-auto`;
}

/** Anything of Kubernetes in a stack that has no cluster's side: with it, a dead cluster would fail the VM's deployment. */
export function needlessKubernetes({ resources, hasClusters }: Deployed): Violation[] {
    return resources
        .filter(({ type }) => !hasClusters && /^(pulumi:providers:)?kubernetes(:|$)/.test(type))
        .map((resource) => ({ resource, what: "is in a stack that has no clusters" }));
}
