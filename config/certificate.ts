import { X509Certificate } from "node:crypto";
import { z } from "zod";

/** Nothing beside the certificates: a private key among them would be shown in previews and outputs. */
const CERTIFICATES = /^(-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+\n-----END CERTIFICATE-----(\n+|$))+$/;

/** What is wrong with a CA: one or several certificates in PEM form; undefined if nothing is. */
export function certificateProblem(text: string): string | undefined {
    if (text.startsWith("LS0tLS1CRUdJTi")) {
        return "must be a certificate in PEM form; this is one in base64, as kubeconfigs have them: base64 -d makes PEM of it";
    }
    if (!CERTIFICATES.test(text)) {
        return "must be a certificate in PEM form, '-----BEGIN CERTIFICATE-----' first, and nothing else (lines end by LF)";
    }
    try {
        certificates(text);
        return undefined;
    } catch {
        return "is cut off or damaged: it cannot be read as a certificate";
    }
}

/** The certificates of a text in PEM form, in their order. Throws where one of them cannot be read. */
export function certificates(text: string): X509Certificate[] {
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
    return blocks.map((block) => new X509Certificate(block));
}

/** Such a CA, or a certificate, where another stack tells it. */
export const PemCertificate = z
    .string()
    .regex(CERTIFICATES, "must be a certificate in PEM form, and nothing else")
    .refine((text) => certificateProblem(text) === undefined, "is cut off or damaged");
