import * as admission from "@pulumi/kubernetes/admissionregistration/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import * as rbac from "@pulumi/kubernetes/rbac/v1";
import * as pulumi from "@pulumi/pulumi";
import { accountName, NAMESPACE, type Purpose } from "../config/kubernetes/accounts";
import { labels } from "../config/kubernetes/labels";
import { type Access, assertAllowedRules, type Rule } from "../config/kubernetes/rbac";
import { serviceAccountSubject, tokenOf, tokenProblem } from "../config/kubernetes/token";
import { tokenPolicy } from "../config/kubernetes/tokenPolicy";
import type { SourceCredentials } from "../config/source";
import { hasKind, kindOf, longestLifetime, type TokenKind, type Tokens } from "../config/tokens";

export interface ScrapeAccessArgs {
    /** Name of the cluster. */
    cluster: string;
    /** What each account may do; no account is made for a purpose that is not named. */
    access: Access[];
    tokens: Tokens;
}

interface TokenSecret {
    readonly purpose: Purpose;
    readonly secret: core.Secret;
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
        const namespace = new core.Namespace(
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

        const accounts = args.access.map(({ purpose }) => [purpose, this.account(name, purpose)] as const);
        const { generation, previous } = args.tokens;
        const current = this.secrets(name, accounts, kindOf(args.tokens), generation);
        const kept = previous === undefined ? [] : this.secrets(name, accounts, previous, generation - 1);
        const limits =
            accounts.length > 0 && hasKind(args.tokens, "bound")
                ? [this.limitTokens(`${name}-tokens`, args.tokens, [...current, ...kept])]
                : [];
        const rights = accounts.flatMap(([purpose, account], i) =>
            // Whoever may ask for tokens is held to their limits from the first moment to the last.
            this.rights(name, account, args.access[i], purpose === "renewal" ? limits : []),
        );
        const tokens = current.map(({ purpose, secret }) => [
            purpose,
            // Of no use before it has its rights.
            this.token(
                args.cluster,
                purpose,
                pulumi.all([secret.data, rights]).apply(([data]) => data),
            ),
        ]);
        this.tokens = pulumi.secret(pulumi.all(Object.fromEntries(tokens) as Record<Purpose, pulumi.Output<string>>));
        this.registerOutputs({ namespace: this.namespace });
    }

    private account(name: string, purpose: Purpose): core.ServiceAccount {
        return new core.ServiceAccount(
            `${name}-${purpose}`,
            {
                metadata: {
                    name: accountName(purpose),
                    namespace: this.namespace,
                    labels: this.labels,
                },
                automountServiceAccountToken: false,
            },
            { parent: this },
        );
    }

    private rights(
        name: string,
        account: core.ServiceAccount,
        access: Access | undefined,
        dependsOn: pulumi.Resource[],
    ): pulumi.Output<string>[] {
        const { purpose = "", clusterRules = [], namespaces = [] } = access ?? {};
        return [
            ...(clusterRules.length > 0 ? [this.grant(`${name}-${purpose}`, account, clusterRules, dependsOn)] : []),
            ...namespaces.map(({ namespace, rules }) =>
                this.grant(`${name}-${purpose}-${namespace}`, account, rules, dependsOn, namespace),
            ),
        ];
    }

    /** A Secret for each account that has tokens of that kind and generation from one. */
    private secrets(
        name: string,
        accounts: readonly (readonly [Purpose, core.ServiceAccount])[],
        kind: TokenKind,
        generation: number,
    ): TokenSecret[] {
        const suffix = generation === 1 ? "" : `-${generation}`;
        return accounts
            .filter(([purpose]) => (purpose === "renewal") === (kind === "bound"))
            .map(([purpose, account]) => ({
                purpose,
                secret: this.secret(`${name}-${purpose}-token${suffix}`, account),
            }));
    }

    /** Allows the account what the rules say, in one namespace or, without one, in the whole cluster. */
    private grant(
        name: string,
        account: core.ServiceAccount,
        rules: Rule[],
        dependsOn: pulumi.Resource[],
        namespace?: string,
    ): pulumi.Output<string> {
        assertAllowedRules(rules);
        const metadata = { labels: this.labels, ...(namespace !== undefined && { namespace }) };
        const [Role, Binding, kind] =
            namespace === undefined
                ? ([rbac.ClusterRole, rbac.ClusterRoleBinding, "ClusterRole"] as const)
                : ([rbac.Role, rbac.RoleBinding, "Role"] as const);
        const role = new Role(name, { metadata, rules }, { parent: this });
        const binding = new Binding(
            name,
            {
                metadata,
                roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name: role.metadata.name },
                subjects: [
                    { kind: "ServiceAccount", namespace: account.metadata.namespace, name: account.metadata.name },
                ],
            },
            { parent: this, dependsOn },
        );
        return binding.id;
    }

    /** What anybody can ask for in the namespace; what the renewal account may, and its token if it is stolen. */
    private limitTokens(name: string, tokens: Tokens, secrets: readonly TokenSecret[]): pulumi.Resource {
        const bindable = secrets.filter(({ purpose }) => purpose === "renewal").map(({ secret }) => secret);
        const lifetimeSeconds = longestLifetime(tokens);
        const metadata = { name: `${NAMESPACE}-tokens`, labels: this.labels };
        const policy = new admission.ValidatingAdmissionPolicy(
            name,
            {
                metadata,
                spec: pulumi
                    .all(bindable.map((secret) => secret.metadata.name))
                    .apply((names) => tokenPolicy({ secrets: names, lifetimeSeconds })),
            },
            { parent: this },
        );
        return new admission.ValidatingAdmissionPolicyBinding(
            name,
            { metadata, spec: { policyName: policy.metadata.name, validationActions: ["Deny"] } },
            { parent: this },
        );
    }

    private secret(name: string, account: core.ServiceAccount): core.Secret {
        return new core.Secret(
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
    }

    private token(
        cluster: string,
        purpose: Purpose,
        filledIn: pulumi.Output<Record<string, string> | undefined>,
    ): pulumi.Output<string> {
        const subject = serviceAccountSubject(NAMESPACE, accountName(purpose));
        return pulumi.secret(filledIn).apply((data: Record<string, string> | undefined) => {
            const token = tokenOf(data);
            const problem = tokenProblem(token, subject);
            if (problem === undefined && token !== undefined) return token;
            // A preview may see the Secret as it was before Kubernetes filled it in; only an update can tell.
            if (pulumi.runtime.isDryRun()) return pulumi.unknown as unknown as string;
            throw new pulumi.RunError(`Cluster '${cluster}': ${problem ?? "no token"}.`);
        });
    }
}
