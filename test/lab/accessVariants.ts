import { type Access, accessFor, type Rule } from "../../config/kubernetes/rbac";
import type { ScrapeSource } from "../../config/source";

/** The access that jobs are given, or the same without one verb of one kind of object or path. */
export interface Variant {
    /** As a cluster is named. */
    readonly name: string;
    /** Absent where nothing lacks; `of` is a kind of object, with its namespace if it is granted there alone, or a path and whose. */
    readonly lacks?: { readonly verb: string; readonly of: string };
    readonly access: readonly Access[];
}

export function variants(jobs: ScrapeSource["jobs"]): Variant[] {
    const whole = accessFor({ jobs, tokens: { generation: 1 } }).map(({ purpose, clusterRules, namespaces }) => ({
        purpose,
        clusterRules: single(clusterRules),
        namespaces: namespaces.map(({ namespace, rules }) => ({ namespace, rules: single(rules) })),
    }));
    const lacking = whole.flatMap(({ purpose, clusterRules, namespaces }) => [
        // Two accounts may read this path, each for other servers.
        ...clusterRules.map((rule) => ({ rule, where: purpose === "metrics" ? " of components" : "" })),
        ...namespaces.flatMap(({ namespace, rules }) => rules.map((rule) => ({ rule, where: ` in ${namespace}` }))),
    ]);
    return [
        { name: "whole", access: whole },
        ...lacking.map(({ rule, where }, i) => ({
            name: `without-${i}`,
            lacks: { verb: rule.verbs.join(), of: [rule.resources, rule.nonResourceURLs].flat().join("") + where },
            access: whole.map((access) => without(access, rule)),
        })),
    ];
}

/** A rule for each verb of each kind of object or path. */
function single(rules: readonly Rule[]): Rule[] {
    return rules.flatMap(({ apiGroups = [], resources = [], nonResourceURLs = [], verbs }) =>
        verbs.flatMap((verb) => [
            ...resources.map((resource) => ({ apiGroups, resources: [resource], verbs: [verb] })),
            ...nonResourceURLs.map((url) => ({ nonResourceURLs: [url], verbs: [verb] })),
        ]),
    );
}

function without({ purpose, clusterRules, namespaces }: Access, left: Rule): Access {
    const kept = (rules: readonly Rule[]) => rules.filter((rule) => rule !== left);
    return {
        purpose,
        clusterRules: kept(clusterRules),
        namespaces: namespaces.map(({ namespace, rules }) => ({ namespace, rules: kept(rules) })),
    };
}

/** Accounts of the variant in that namespace, their roles and bindings; all but the accounts have the namespace as label `test`. */
export function objects({ name, access }: Variant, namespace: string): object[] {
    return access.flatMap(({ purpose, clusterRules, namespaces }) => {
        const account = `${name}-${purpose}`;
        const subjects = [{ kind: "ServiceAccount", name: account, namespace }];
        const metadata = { name: `${namespace}-${account}`, labels: { test: namespace } };
        const granted = (kind: string, place: object, rules: readonly Rule[]) => [
            { apiVersion: `${GROUP}/v1`, kind, metadata: { ...metadata, ...place }, rules },
            {
                apiVersion: `${GROUP}/v1`,
                kind: `${kind}Binding`,
                metadata: { ...metadata, ...place },
                subjects,
                roleRef: { apiGroup: GROUP, kind, name: metadata.name },
            },
        ];
        return [
            { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: account, namespace } },
            ...granted("ClusterRole", {}, clusterRules),
            ...namespaces.flatMap(({ namespace: place, rules }) => granted("Role", { namespace: place }, rules)),
        ];
    });
}

const GROUP = "rbac.authorization.k8s.io";
