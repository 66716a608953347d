// Certificates and requests as terraform-provider-tls 4.x makes them (internal/provider/common_cert.go, resource_cert_request.go)
// on Go's crypto/x509, whose choice of extensions is repeated here.
import "reflect-metadata";
import { createPublicKey, type KeyObject, randomBytes } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";
import { pem } from "../openssh";
import { cryptoKeys, hashForState, type SigningKey, subjectKeyId } from "./keys";
import { extendedKeyUsages, keyUsages, subjectAttributes } from "./resources";

export interface Subject {
    readonly [attribute: string]: string | readonly string[] | null | undefined;
}

/** Who a certificate is for. */
export interface Identity {
    readonly subject?: Subject;
    readonly dnsNames?: readonly string[];
    readonly ipAddresses?: readonly string[];
    readonly uris?: readonly string[];
}

export interface CertificateInputs {
    readonly validityPeriodHours: number;
    readonly allowedUses: readonly string[];
    readonly isCaCertificate: boolean;
    readonly maxPathLength?: number;
    readonly setSubjectKeyId: boolean;
    readonly setAuthorityKeyId?: boolean;
}

/** A pkix.Name's order, whatever the order in the program. */
function name(subject: Subject | undefined): x509.Name {
    return new x509.Name(
        Object.entries(subjectAttributes).flatMap(([attribute, type]) =>
            [subject?.[attribute] ?? []].flat().map((value) => ({ [type]: [value] })),
        ),
    );
}

function alternativeNames({ dnsNames = [], ipAddresses = [], uris = [] }: Identity): x509.JsonGeneralNames {
    const wrong = ipAddresses.find((address) => isIP(address) === 0);
    if (wrong !== undefined) {
        throw new Error(`Invalid IP address: Failed to parse ${JSON.stringify(wrong)}`);
    }
    return [
        ...dnsNames.map((value) => ({ type: "dns" as const, value })),
        ...ipAddresses.map((value) => ({ type: "ip" as const, value })),
        ...uris.map((value) => ({ type: "url" as const, value })),
    ];
}

/** The outputs of a CertRequest. */
export async function newRequest(key: SigningKey, identity: Identity): Promise<{ id: string; certRequestPem: string }> {
    const { algorithm, ...keys } = cryptoKeys(key);
    const names = alternativeNames(identity);
    const request = await x509.Pkcs10CertificateRequestGenerator.create({
        name: name(identity.subject),
        keys,
        signingAlgorithm: algorithm,
        extensions: names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names, false)] : [],
    });
    const der = Buffer.from(request.rawData);
    return { id: hashForState(der), certRequestPem: pem("CERTIFICATE REQUEST", der) };
}

export interface Issued {
    /** The serial number, in decimal. */
    readonly id: string;
    readonly certPem: string;
    readonly validityStartTime: string;
    readonly validityEndTime: string;
}

interface Template {
    readonly subject: x509.Name;
    readonly names: x509.JsonGeneralNames;
    readonly publicKey: KeyObject;
    readonly issuer: x509.Name;
    /** The issuer's subject key identifier, if it has one. */
    readonly authorityKeyId: string | undefined;
}

/** A certificate that its own key signs. */
export function selfSigned(key: SigningKey, identity: Identity, inputs: CertificateInputs, now: Date): Promise<Issued> {
    const own = name(identity.subject);
    const hasKeyId = inputs.isCaCertificate || inputs.setSubjectKeyId;
    if (inputs.setAuthorityKeyId && !hasKeyId) {
        throw new Error("Invalid Certificate Authority: Could not determine Authority Key Identifier");
    }
    const template: Template = {
        subject: own,
        names: alternativeNames(identity),
        publicKey: key.publicKey,
        issuer: own,
        authorityKeyId: inputs.setAuthorityKeyId ? subjectKeyId(key.publicKey) : undefined,
    };
    return issue(template, inputs, key, now);
}

/** A certificate for the holder of a request. `caIsNone` is told when the authority's certificate is not one of a CA. */
export function locallySigned(
    caKey: SigningKey,
    caCertPem: string,
    certRequestPem: string,
    inputs: CertificateInputs,
    now: Date,
    caIsNone: () => void,
): Promise<Issued> {
    const request = parse(
        certRequestPem,
        "CERTIFICATE REQUEST",
        "Failed to parse certificate request PEM",
        (der) => new x509.Pkcs10CertificateRequest(der),
    );
    const ca = parse(
        caCertPem,
        "CERTIFICATE",
        "Failed to parse CA certificate PEM",
        (der) => new x509.X509Certificate(der),
    );
    if (!(ca.getExtension(x509.BasicConstraintsExtension)?.ca ?? false)) {
        caIsNone();
    }
    const spki = (key: KeyObject): Buffer => key.export({ type: "spki", format: "der" });
    if (!spki(caKey.publicKey).equals(Buffer.from(ca.publicKey.rawData))) {
        throw new Error("Failed to create certificate: x509: provided PrivateKey doesn't match parent's PublicKey");
    }
    const names = request.extensions.find((extension) => extension instanceof x509.SubjectAlternativeNameExtension);
    const template: Template = {
        subject: request.subjectName,
        names: names?.names.toJSON() ?? [],
        publicKey: createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: "der", type: "spki" }),
        // The authority's own encoding: Go and OpenSSL find the issuer by comparing names.
        issuer: ca.subjectName,
        authorityKeyId: ca.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId,
    };
    return issue(template, inputs, caKey, now);
}

function parse<Parsed>(text: string, type: string, what: string, read: (der: Buffer<ArrayBuffer>) => Parsed): Parsed {
    const block = new RegExp(`-----BEGIN ${type}-----([A-Za-z0-9+/=\\s]+)-----END ${type}-----`).exec(text)?.[1];
    if (block === undefined) {
        throw new Error(`${what}: failed to decode PEM of expected type "${type}" from bytes`);
    }
    try {
        return read(Buffer.from(block, "base64"));
    } catch (error) {
        throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
    }
}

function extensions(template: Template, inputs: CertificateInputs): x509.Extension[] {
    const uses = inputs.allowedUses;
    const usage = uses.reduce<number>((bits, use) => bits | (keyUsages[use] ?? 0), 0);
    const extended = uses.flatMap((use) => extendedKeyUsages[use] ?? []);
    // A length of 0 says "none given" to crypto/x509 unless MaxPathLenZero is set, which the provider does not.
    const pathLength = (inputs.maxPathLength ?? 0) > 0 ? inputs.maxPathLength : undefined;
    if (pathLength !== undefined && !inputs.isCaCertificate) {
        throw new Error("Failed to create certificate: x509: only CAs are allowed to specify MaxPathLen");
    }
    return [
        // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- a set of flags, which the enum has no type for
        ...(usage === 0 ? [] : [new x509.KeyUsagesExtension(usage, true)]),
        ...(extended.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(extended)]),
        new x509.BasicConstraintsExtension(inputs.isCaCertificate, pathLength, true),
        ...(inputs.isCaCertificate || inputs.setSubjectKeyId
            ? [new x509.SubjectKeyIdentifierExtension(subjectKeyId(template.publicKey))]
            : []),
        ...(template.authorityKeyId === undefined
            ? []
            : [new x509.AuthorityKeyIdentifierExtension(template.authorityKeyId)]),
        ...(template.names.length === 0
            ? []
            : [new x509.SubjectAlternativeNameExtension(template.names, template.subject.toJSON().length === 0)]),
    ];
}

async function issue(template: Template, inputs: CertificateInputs, signer: SigningKey, now: Date): Promise<Issued> {
    if (inputs.isCaCertificate && template.subject.toJSON().length === 0) {
        throw new Error(
            "Invalid Certificate Subject: Must contain at least one Distinguished Name when creating Certificate Authority (CA)",
        );
    }
    const serial = randomBytes(16);
    const end = new Date(now.getTime() + inputs.validityPeriodHours * 3_600_000);
    const { algorithm, privateKey } = cryptoKeys(signer);
    const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: serial.toString("hex"),
        subject: template.subject,
        issuer: template.issuer,
        notBefore: now,
        notAfter: end,
        publicKey: template.publicKey.export({ type: "spki", format: "der" }),
        signingKey: privateKey,
        signingAlgorithm: algorithm,
        extensions: extensions(template, inputs),
    });
    return {
        id: BigInt(`0x${serial.toString("hex")}`).toString(),
        certPem: pem("CERTIFICATE", Buffer.from(certificate.rawData)),
        validityStartTime: now.toISOString(),
        validityEndTime: end.toISOString(),
    };
}
