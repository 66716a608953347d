import type { ScrapeSource, SourceCredentials } from "./source";

/** Files of one cluster's credentials, by their names on the VM. */
export type CredentialName =
    "ca.crt" | "discovery.token" | "kubelet.token" | "gateway-ca.crt" | "gateway.crt" | "gateway.key";

/** Where Prometheus finds a cluster's credential; documents name it by this path and never hold its content. */
export function credentialPath(cluster: string, name: CredentialName): string {
    return `/usr/local/etc/prometheus/credentials/${cluster}/${name}`;
}

/** A file below the directory of all credentials. */
export interface CredentialFile {
    readonly path: string;
    readonly mode: "0640";
    readonly content: string;
}

/**
 * The credentials of one cluster as files. The source's CA is among them: it is no secret, but it belongs where the tokens
 * that it protects are.
 */
export function credentialFiles(source: ScrapeSource, credentials: SourceCredentials): CredentialFile[] {
    const { tokens, federation } = credentials;
    const contents: Readonly<Record<CredentialName, string | undefined>> = {
        "ca.crt": source.caCertificate,
        "discovery.token": tokens.discovery,
        "kubelet.token": tokens.kubelet,
        "gateway-ca.crt": federation?.caCertificate,
        "gateway.crt": federation?.clientCertificate,
        "gateway.key": federation?.clientKey,
    };
    return Object.entries(contents).flatMap(([name, content]) =>
        content === undefined ? [] : [{ path: `${source.name}/${name}`, mode: "0640", content } as const],
    );
}
