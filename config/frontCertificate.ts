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
    const broken = chain.findIndex((each, i) => i > 0 && !isIssuedBy(chain[i - 1] ?? each, each));
    return [
        ...timeProblems(leaf, now),
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

/** What is wrong at that moment with the CAs by which clients are to be let in: for each of them one thing. */
export function clientCaProblems(text: string, now: Date): string[] {
    const all = certificates(text);
    return all.flatMap((certificate) => {
        const problems = [
            ...(certificate.ca ? [] : ["is no CA, and may sign no certificate"]),
            ...timeProblems(certificate, now),
            ...(all.some((other) => hasSigned(other, certificate))
                ? []
                : ["was signed by a CA that is not there, without which httpd lets nobody in"]),
        ];
        return problems.slice(0, 1).map((problem) => `holds '${certificate.subject}', which ${problem}`);
    });
}

function timeProblems({ validFrom, validTo }: X509Certificate, now: Date): string[] {
    const [from, until] = [new Date(validFrom), new Date(validTo)];
    return [
        ...(now < from ? [`is valid from ${from.toISOString()} on only`] : []),
        ...(now >= until ? [`has expired at ${until.toISOString()}`] : []),
    ];
}

/** A CA counts as its own issuer, since a chain may hold it. */
function isIssuedBy(certificate: X509Certificate, ca: X509Certificate): boolean {
    return hasSigned(ca, certificate) || certificate.fingerprint256 === ca.fingerprint256;
}

function hasSigned(ca: X509Certificate, certificate: X509Certificate): boolean {
    return certificate.checkIssued(ca) && certificate.verify(ca.publicKey);
}
