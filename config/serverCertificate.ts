import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { certificates } from "./certificate";

/** What is wrong at that moment with a server's certificate that can be read, and with the way from it to its CA. */
export function serverCertificateProblems(
    certificate: string,
    names: readonly string[],
    now: Date,
    caCertificate?: string,
): string[] {
    const chain = certificates(certificate);
    const [leaf, last] = [chain[0], chain.at(-1)];
    if (leaf === undefined || last === undefined) {
        return [];
    }
    const [from, until] = [new Date(leaf.validFrom), new Date(leaf.validTo)];
    const broken = chain.findIndex((each, i) => i > 0 && !isIssuedBy(chain[i - 1] ?? each, each));
    return [
        ...(now < from ? [`is valid from ${from.toISOString()} on only`] : []),
        ...(now >= until ? [`has expired at ${until.toISOString()}`] : []),
        ...names
            .filter(
                (name) =>
                    (isIP(name) === 0 ? leaf.checkHost(name, { subject: "never" }) : leaf.checkIP(name)) === undefined,
            )
            .map((name) => `has no subject alternative name for ${name}`),
        ...(broken > 0
            ? [`is no chain: certificate ${broken + 1} is not the one that has signed certificate ${broken}`]
            : []),
        ...(caCertificate !== undefined && !certificates(caCertificate).some((ca) => isIssuedBy(last, ca))
            ? ["does not lead to front.caCertificate, which has not signed the last of it"]
            : []),
    ];
}

/** A CA counts as its own issuer, since a chain may hold it. */
function isIssuedBy(certificate: X509Certificate, ca: X509Certificate): boolean {
    return (
        (certificate.checkIssued(ca) && certificate.verify(ca.publicKey)) ||
        certificate.fingerprint256 === ca.fingerprint256
    );
}
