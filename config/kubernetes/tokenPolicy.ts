import { NAMESPACE } from "./accounts";

/** The only kind of token that anybody gets for an account of this namespace. */
export interface AllowedTokens {
    /** Secrets that one may be bound to. */
    readonly secrets: readonly string[];
    readonly lifetimeSeconds: number;
}

/**
 * A ValidatingAdmissionPolicy (admissionregistration.k8s.io/v1). Without it a right to ask for tokens would be one to have
 * them for as long as one likes, and they would outlive what they were taken with. That they must be bound to a Secret also
 * keeps out the request for 3607 s bound to a pod, for which Kubernetes gives a year.
 */
export function tokenPolicy({ secrets, lifetimeSeconds }: AllowedTokens) {
    const names = secrets.map((name) => `'${name}'`).join(", ");
    const reference = "object.spec.boundObjectRef";
    // A token without one has an empty one here.
    const given = [reference, `${reference}.kind`, `${reference}.name`].map((field) => `has(${field})`).join(" && ");
    return {
        failurePolicy: "Fail",
        matchConstraints: {
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": NAMESPACE } },
            resourceRules: [
                {
                    apiGroups: [""],
                    apiVersions: ["v1"],
                    operations: ["CREATE"],
                    resources: ["serviceaccounts/token"],
                },
            ],
        },
        validations: [
            {
                expression: `${given} && ${reference}.kind == 'Secret' && ${reference}.name in [${names}]`,
                message: "the token must be bound to the Secret of the account that may ask for it",
            },
            {
                expression: `has(object.spec.expirationSeconds) && object.spec.expirationSeconds <= ${lifetimeSeconds}`,
                message: `the token must expire within ${lifetimeSeconds} s`,
            },
        ],
    };
}
