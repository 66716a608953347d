import type { MockOptions } from "../harness";

/** A token that says whose it is; nobody signed it. */
export function tokenFor(account: string): string {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    return `${part({ alg: "RS256" })}.${part({ sub: `system:serviceaccount:external-prometheus:${account}` })}.c2ln`;
}

/** What a cluster and the tls provider fill in; names are made as Pulumi makes them. */
export const fillIn: NonNullable<MockOptions["outputs"]> = (type, name, inputs) => {
    const metadata = { name: `${name}-auto`, ...(inputs["metadata"] as object | undefined) };
    switch (type) {
        case "kubernetes:core/v1:Service": {
            const address = `10.96.0.${name.endsWith("1") ? 41 : 40}`;
            return { metadata, spec: { clusterIP: address, ...(inputs["spec"] as object) } };
        }
        case "kubernetes:core/v1:Secret": {
            const account = (metadata as { annotations?: Record<string, string> }).annotations?.[
                "kubernetes.io/service-account.name"
            ];
            const data = account === undefined ? {} : { token: Buffer.from(tokenFor(account)).toString("base64") };
            return { metadata, data };
        }
        case "tls:index/privateKey:PrivateKey":
            return { privateKeyPem: `key of ${name}\n` };
        case "tls:index/certRequest:CertRequest":
            return { certRequestPem: `request ${name}\n` };
        case "tls:index/selfSignedCert:SelfSignedCert":
        case "tls:index/locallySignedCert:LocallySignedCert":
            return { certPem: `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n` };
        default:
            return type.startsWith("kubernetes:") ? { metadata } : {};
    }
};
