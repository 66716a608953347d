import { field } from "../scalars";

/** The name that Kubernetes gives a ServiceAccount as a user. */
export function serviceAccountSubject(namespace: string, name: string): string {
    return `system:serviceaccount:${namespace}:${name}`;
}

/** The token in a token Secret's `data`, or undefined while Kubernetes has not filled it in. */
export function tokenOf(data: Readonly<Record<string, string>> | undefined): string | undefined {
    const encoded = data?.["token"];
    return encoded === undefined || encoded === "" ? undefined : Buffer.from(encoded, "base64").toString("utf8");
}

/** Why a token Secret's token cannot be used, or undefined when it can. Never says what the token is. */
export function tokenProblem(token: string | undefined, subject: string): string | undefined {
    if (token === undefined) {
        return `Kubernetes has issued no token for ${subject}; is its controller-manager running?`;
    }
    const found = subjectOf(token);
    if (found === undefined) {
        return `the token that Kubernetes issued for ${subject} is not a JSON Web Token`;
    }
    return found === subject ? undefined : `the token that Kubernetes issued for ${subject} belongs to ${found}`;
}

function subjectOf(token: string): string | undefined {
    return claimOf(token, "sub");
}

/** The Secret that a token was taken from, or undefined where it says of none. */
export function secretNameOf(token: string): string | undefined {
    return claimOf(token, "kubernetes.io/serviceaccount/secret.name");
}

function claimOf(token: string, name: string): string | undefined {
    const [, payload, signature, ...rest] = token.split(".");
    if (payload === undefined || signature === undefined || rest.length > 0) return undefined;
    try {
        const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
        const claim = field(claims, name);
        return typeof claim === "string" ? claim : undefined;
    } catch {
        return undefined;
    }
}
