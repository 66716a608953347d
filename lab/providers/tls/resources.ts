// The resources of pulumi-tls v5.5.1 as terraform-provider-tls 4.x declares them (internal/provider/resource_*.go), and what
// the Plugin Framework does with such a declaration: defaults, validation, replacement, unknown outputs.

/** An input; every one but earlyRenewalHours makes a new resource when it changes. */
export interface Input {
    readonly kind: "string" | "integer" | "boolean" | "strings" | "subject";
    readonly required?: true;
    readonly secret?: true;
    readonly default?: string | number | boolean;
    /** Without a value of the user's the provider may choose one, and keeps it. */
    readonly computed?: true;
    readonly updatable?: true;
    readonly values?: readonly string[];
    readonly minimum?: number;
}

export interface ResourceType {
    readonly inputs: Readonly<Record<string, Input>>;
    /** Outputs that are no inputs, `id` and `readyForRenewal` aside. */
    readonly outputs: readonly string[];
    readonly secretOutputs?: readonly string[];
    /** The outputs stay known in a plan that changes an input (UseStateForUnknown). */
    readonly keepsOutputs: boolean;
    readonly certificate: boolean;
    readonly schemaVersion?: number;
}

/** common_cert.go keyUsages; the bits of the certificate's KeyUsage. */
export const keyUsages: Readonly<Record<string, number>> = {
    digital_signature: 1,
    content_commitment: 2,
    key_encipherment: 4,
    data_encipherment: 8,
    key_agreement: 16,
    cert_signing: 32,
    crl_signing: 64,
    encipher_only: 128,
    decipher_only: 256,
};

/** common_cert.go extendedKeyUsages. */
export const extendedKeyUsages: Readonly<Record<string, string>> = {
    any_extended: "2.5.29.37.0",
    server_auth: "1.3.6.1.5.5.7.3.1",
    client_auth: "1.3.6.1.5.5.7.3.2",
    code_signing: "1.3.6.1.5.5.7.3.3",
    email_protection: "1.3.6.1.5.5.7.3.4",
    ipsec_end_system: "1.3.6.1.5.5.7.3.5",
    ipsec_tunnel: "1.3.6.1.5.5.7.3.6",
    ipsec_user: "1.3.6.1.5.5.7.3.7",
    timestamping: "1.3.6.1.5.5.7.3.8",
    ocsp_signing: "1.3.6.1.5.5.7.3.9",
    microsoft_server_gated_crypto: "1.3.6.1.4.1.311.10.3.3",
    netscape_server_gated_crypto: "2.16.840.1.113730.4.1",
    microsoft_commercial_code_signing: "1.3.6.1.4.1.311.2.1.22",
    microsoft_kernel_code_signing: "1.3.6.1.4.1.311.61.1.1",
};

const subject: Readonly<Record<string, Input>> = {
    subject: { kind: "subject" },
    dnsNames: { kind: "strings" },
    ipAddresses: { kind: "strings" },
    uris: { kind: "strings" },
};

const certificate: Readonly<Record<string, Input>> = {
    validityPeriodHours: { kind: "integer", required: true, minimum: 0 },
    allowedUses: {
        kind: "strings",
        required: true,
        values: [...Object.keys(keyUsages), ...Object.keys(extendedKeyUsages)].sort(),
    },
    earlyRenewalHours: { kind: "integer", default: 0, minimum: 0, updatable: true },
    isCaCertificate: { kind: "boolean", default: false },
    maxPathLength: { kind: "integer", computed: true, minimum: -1 },
    setSubjectKeyId: { kind: "boolean", default: false },
};

const issued = ["certPem", "validityStartTime", "validityEndTime"];

export const resourceTypes: Readonly<Record<string, ResourceType>> = {
    "tls:index/privateKey:PrivateKey": {
        inputs: {
            algorithm: { kind: "string", required: true, values: ["RSA", "ECDSA", "ED25519"] },
            rsaBits: { kind: "integer", default: 2048 },
            ecdsaCurve: { kind: "string", default: "P224", values: ["P224", "P256", "P384", "P521"] },
        },
        outputs: [
            "privateKeyPem",
            "privateKeyOpenssh",
            "privateKeyPemPkcs8",
            "publicKeyPem",
            "publicKeyOpenssh",
            "publicKeyFingerprintMd5",
            "publicKeyFingerprintSha256",
        ],
        secretOutputs: ["privateKeyPem", "privateKeyOpenssh", "privateKeyPemPkcs8"],
        keepsOutputs: false,
        certificate: false,
        schemaVersion: 1,
    },
    "tls:index/certRequest:CertRequest": {
        inputs: { privateKeyPem: { kind: "string", required: true, secret: true }, ...subject },
        outputs: ["certRequestPem", "keyAlgorithm"],
        keepsOutputs: true,
        certificate: false,
    },
    "tls:index/selfSignedCert:SelfSignedCert": {
        inputs: {
            privateKeyPem: { kind: "string", required: true, secret: true },
            ...subject,
            ...certificate,
            setAuthorityKeyId: { kind: "boolean", default: false },
        },
        outputs: [...issued, "keyAlgorithm"],
        keepsOutputs: true,
        certificate: true,
    },
    "tls:index/locallySignedCert:LocallySignedCert": {
        inputs: {
            caCertPem: { kind: "string", required: true },
            caPrivateKeyPem: { kind: "string", required: true, secret: true },
            certRequestPem: { kind: "string", required: true },
            ...certificate,
        },
        outputs: [...issued, "caKeyAlgorithm"],
        keepsOutputs: true,
        certificate: true,
    },
};

/** Attributes of a subject, in the order of a Go pkix.Name, with their short names. */
export const subjectAttributes: Readonly<Record<string, string>> = {
    country: "C",
    organization: "O",
    organizationalUnit: "OU",
    locality: "L",
    province: "ST",
    streetAddresses: "2.5.4.9",
    postalCode: "2.5.4.17",
    commonName: "CN",
    serialNumber: "2.5.4.5",
};
