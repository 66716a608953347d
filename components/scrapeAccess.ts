import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { labels } from "../config/kubernetes/labels";
import { type Access, assertAllowedRules, type Purpose, type Rule } from "../config/kubernetes/rbac";
import { serviceAccountSubject, tokenOf, tokenProblem } from "../config/kubernetes/token";
import type { SourceCredentials } from "../config/source";

/** Namespace of all that this program makes in a cluster, but for what must lie elsewhere. */
export const NAMESPACE = "external-prometheus";

export interface ScrapeAccessArgs {
    /** Name of the cluster. */
    cluster: string;
    /** What each account may do; no account is made for a purpose that is not named. */
    access: Access[];
}

/** Accounts that may read what the chosen jobs need and nothing else, in a namespace of their own, with a token each. */
export class ScrapeAccess extends pulumi.ComponentResource {
    /** Name of the namespace. */
    public readonly namespace: pulumi.Output<string>;
    /** By purpose. Secret. */
    public readonly tokens: pulumi.Output<SourceCredentials["tokens"]>;

    private readonly labels: Record<string, string>;

    constructor(name: string, args: ScrapeAccessArgs, opts?: pulumi.ComponentResourceOptions) {
        super("external-prometheus:index:ScrapeAccess", name, {}, opts);

        this.labels = labels(args.cluster, "scrape-access");
        const namespace = new k8s.core.v1.Namespace(
            `${name}-namespace`,
            {
                metadata: {
                    name: NAMESPACE,
                    labels: { ...this.labels, "pod-security.kubernetes.io/enforce": "restricted" },
                },
            },
            { parent: this },
        );
        this.namespace = namespace.metadata.name;

        const tokens = args.access.map((access) => [access.purpose, this.account(name, args.cluster, access)] as const);
        this.tokens = pulumi.secret(pulumi.all(Object.fromEntries(tokens)));
        this.registerOutputs({ namespace: this.namespace });
    }

    private account(name: string, cluster: string, access: Access): pulumi.Output<string> {
        const { purpose, clusterRules, namespaces } = access;
        const account = new k8s.core.v1.ServiceAccount(
            `${name}-${purpose}`,
            {
                metadata: {
                    name: `external-prometheus-${purpose}`,
                    namespace: this.namespace,
                    labels: this.labels,
                },
                automountServiceAccountToken: false,
            },
            { parent: this },
        );

        if (clusterRules.length > 0) {
            this.grant(`${name}-${purpose}`, account, clusterRules);
        }
        for (const { namespace, rules } of namespaces) {
            this.grant(`${name}-${purpose}-${namespace}`, account, rules, namespace);
        }
        return this.token(`${name}-${purpose}-token`, cluster, purpose, account);
    }

    /** Allows the account what the rules say, in one namespace or, without one, in the whole cluster. */
    private grant(name: string, account: k8s.core.v1.ServiceAccount, rules: Rule[], namespace?: string): void {
        assertAllowedRules(rules);
        const metadata = { labels: this.labels, ...(namespace !== undefined && { namespace }) };
        const [Role, Binding, kind] =
            namespace === undefined
                ? ([k8s.rbac.v1.ClusterRole, k8s.rbac.v1.ClusterRoleBinding, "ClusterRole"] as const)
                : ([k8s.rbac.v1.Role, k8s.rbac.v1.RoleBinding, "Role"] as const);
        const role = new Role(name, { metadata, rules }, { parent: this });
        new Binding(
            name,
            {
                metadata,
                roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name: role.metadata.name },
                subjects: [
                    { kind: "ServiceAccount", namespace: account.metadata.namespace, name: account.metadata.name },
                ],
            },
            { parent: this },
        );
    }

    private token(
        name: string,
        cluster: string,
        purpose: Purpose,
        account: k8s.core.v1.ServiceAccount,
    ): pulumi.Output<string> {
        const secret = new k8s.core.v1.Secret(
            name,
            {
                metadata: {
                    namespace: this.namespace,
                    labels: this.labels,
                    annotations: {
                        "kubernetes.io/service-account.name": account.metadata.name,
                        // A busy controller-manager takes longer than the five seconds that are waited otherwise.
                        "pulumi.com/waitFor": "jsonpath={.data.token}",
                        "pulumi.com/timeoutSeconds": "120",
                    },
                },
                type: "kubernetes.io/service-account-token",
            },
            { parent: this },
        );
        const subject = serviceAccountSubject(NAMESPACE, `external-prometheus-${purpose}`);
        return pulumi.secret(secret.data).apply((data: Record<string, string> | undefined) => {
            const token = tokenOf(data);
            const problem = tokenProblem(token, subject);
            if (problem === undefined && token !== undefined) return token;
            // A preview may see the Secret as it was before Kubernetes filled it in; only an update can tell.
            if (pulumi.runtime.isDryRun()) return pulumi.unknown as unknown as string;
            throw new pulumi.RunError(`Cluster '${cluster}': ${problem ?? "no token"}.`);
        });
    }
}
