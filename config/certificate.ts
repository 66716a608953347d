import { X509Certificate } from "node:crypto";

/** What is wrong with a CA: one or several certificates in PEM form; undefined if nothing is. */
export function certificateProblem(text: string): string | undefined {
    if (text.startsWith("LS0tLS1CRUdJTi")) {
        return "must be a certificate in PEM form; this is one in base64, as kubeconfigs have them: base64 -d makes PEM of it";
    }
    // Nothing beside the certificates: a private key among them would be shown in previews and outputs.
    if (!/^(-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+\n-----END CERTIFICATE-----\n+)+$/.test(`${text}\n`)) {
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
