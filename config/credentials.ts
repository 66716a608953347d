import { credentialPaths } from "./prometheus/credentials";
import { clusterJobs } from "./prometheus/document";
import type { ScrapeSource, SourceCredentials } from "./source";

/** A file below the directory of all credentials. */
export interface CredentialFile {
    /** `<cluster>/<file>`. */
    readonly path: string;
    readonly mode: "0640";
    readonly content: string;
}

/**
 * The credentials of one cluster as files, those that its jobs name, where they look for them. The source's CA is among them: it is no
 * secret, but it belongs where the tokens that it protects are.
 */
export function credentialFiles(source: ScrapeSource, credentials: SourceCredentials): CredentialFile[] {
    const { tokens, federation } = credentials;
    const contents: Readonly<Record<keyof ReturnType<typeof credentialPaths>, string | undefined>> = {
        ca: source.caCertificate,
        discoveryToken: tokens.discovery,
        kubeletToken: tokens.kubelet,
        gatewayCa: federation?.caCertificate,
        gatewayCertificate: federation?.clientCertificate,
        gatewayKey: federation?.clientKey,
    };
    // A file that no job names would be removed as soon as the configuration is loaded.
    const jobs = JSON.stringify(clusterJobs(source));
    return Object.entries(credentialPaths(source.name)).flatMap(([purpose, path]) => {
        const content = contents[purpose as keyof typeof contents];
        const relative = path.split("/").slice(-2).join("/");
        return content === undefined || !jobs.includes(JSON.stringify(path))
            ? []
            : [{ path: relative, mode: "0640", content } as const];
    });
}
