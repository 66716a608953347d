import type { CredentialFile } from "./credentials";
import { accountName, NAMESPACE } from "./kubernetes/accounts";
import { secretNameOf } from "./kubernetes/token";
import { isCluster, type ScrapeSource, SCRAPE_PURPOSES, type SourceCredentials } from "./source";

/** Folder of all that the VM needs in order to get tokens itself, beside the clusters' in the same bundle: no cluster has that name. */
export const RENEWAL_FOLDER = ".renewal";

/**
 * By what the VM asks a cluster for the tokens of its accounts, as host/renewTokens.sh reads it; nothing where their tokens
 * are among the credentials.
 */
export function renewalFiles(source: ScrapeSource, { tokens: { renewal } }: SourceCredentials): CredentialFile[] {
    if (!isCluster(source) || source.boundTokens === undefined || renewal === undefined) {
        return [];
    }
    const { name, server, caCertificate, boundTokens } = source;
    const { purposes, lifetimeSeconds } = boundTokens;
    const url = `${server.replace(/\/$/, "")}/api/v1/namespaces/${NAMESPACE}/serviceaccounts`;
    const lines = SCRAPE_PURPOSES.filter((purpose) => purposes.includes(purpose)).map(
        (purpose) => `${purpose} ${url}/${accountName(purpose)}/token`,
    );
    const request = {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: {
            expirationSeconds: lifetimeSeconds,
            boundObjectRef: { apiVersion: "v1", kind: "Secret", name: secretNameOf(renewal) },
        },
    };
    const files: readonly (readonly [file: string, content: string])[] = [
        ["ca.crt", caCertificate],
        ["authorization", `Authorization: Bearer ${renewal}\n`],
        ["request.json", `${JSON.stringify(request)}\n`],
        ["accounts", lines.map((line) => `${line}\n`).join("")],
    ];
    return files.map(([file, content]) => ({
        path: `${RENEWAL_FOLDER}/clusters/${name}/${file}`,
        mode: "0600",
        content,
    }));
}
