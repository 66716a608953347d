import type * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";

/** A certificate and its key, in PEM form. */
export interface KeyPair {
    readonly certificate: pulumi.Output<string>;
    /** Secret. */
    readonly key: pulumi.Output<string>;
}

const DAY = 24;
const YEAR = 365 * DAY;
const LEAF = { validityPeriodHours: YEAR, earlyRenewalHours: 30 * DAY };
/** Renewed so early that no leaf outlives it. */
const AUTHORITY = { validityPeriodHours: 10 * YEAR, earlyRenewalHours: YEAR };

/** What a certificate is for, beside its key and its issuer. */
export type Request = Omit<tls.CertRequestArgs, "privateKeyPem">;
export type Use = "server_auth" | "client_auth";

/** A CA that issues what is asked of it here and nothing else: its key is in the stack's state alone. */
export function authority(name: string, commonName: string, parent: pulumi.Resource): KeyPair {
    const key = privateKey(`${name}-key`, parent);
    const { certPem } = new tls.SelfSignedCert(
        name,
        {
            privateKeyPem: key.privateKeyPem,
            subject: subject(commonName),
            isCaCertificate: true,
            allowedUses: ["cert_signing"],
            ...AUTHORITY,
        },
        { parent },
    );
    return { certificate: certPem, key: key.privateKeyPem };
}

/** A certificate of that CA, renewed by the first `up` in the last month of its year. */
export function leaf(name: string, ca: KeyPair, use: Use, request: Request, parent: pulumi.Resource): KeyPair {
    const key = privateKey(`${name}-key`, parent);
    const { certRequestPem } = new tls.CertRequest(
        `${name}-request`,
        { privateKeyPem: key.privateKeyPem, ...request },
        { parent },
    );
    const { certPem } = new tls.LocallySignedCert(
        name,
        {
            certRequestPem,
            caPrivateKeyPem: ca.key,
            caCertPem: ca.certificate,
            allowedUses: ["digital_signature", use],
            ...LEAF,
        },
        { parent },
    );
    return { certificate: certPem, key: key.privateKeyPem };
}

export function subject(commonName: string): Request["subject"] {
    return { commonName, organization: "external-prometheus" };
}

function privateKey(name: string, parent: pulumi.Resource): tls.PrivateKey {
    return new tls.PrivateKey(name, { algorithm: "ECDSA", ecdsaCurve: "P256" }, { parent });
}
