import { X509Certificate } from "node:crypto";

/** What is wrong with a CA: one or several certificates in PEM form; undefined if nothing is. */
export function certificateProblem(text: string): string | undefined {
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
    if (blocks.length === 0 || !/^-----BEGIN CERTIFICATE-----\n[\s\S]+\n-----END CERTIFICATE-----\n*$/.test(text)) {
        return "must be a certificate in PEM form, '-----BEGIN CERTIFICATE-----' first";
    }
    try {
        blocks.forEach((block) => new X509Certificate(block));
        return undefined;
    } catch {
        return "is cut off or damaged: it cannot be read as a certificate";
    }
}
