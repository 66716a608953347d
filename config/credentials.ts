import { credentialPaths, tokenPaths } from "./prometheus/credentials";
import { clusterJobs } from "./prometheus/document";
import { type ScrapeSource, SCRAPE_PURPOSES, type SourceCredentials } from "./source";

/** A file below the directory of all credentials. */
export interface CredentialFile {
    /** `<cluster>/<file>`. */
    readonly path: string;
    readonly mode: "0640" | "0600";
    readonly content: string;
}

/**
 * The credentials of one cluster as files, those that its jobs name, where they look for them. The source's CA is among them: it is no
 * secret, but it belongs where the tokens that it protects are.
 */
export function credentialFiles(source: ScrapeSource, credentials: SourceCredentials): CredentialFile[] {
    return needed(source, credentials).flatMap(({ path, content }) =>
        content === undefined ? [] : [{ path, mode: "0640", content } as const],
    );
}

/** Files that the cluster's jobs name and that nothing is given for, each by its name below the directory of all. */
export function missingCredentials(source: ScrapeSource, credentials: SourceCredentials): string[] {
    const { name, boundTokens } = source;
    const files = needed(source, credentials).flatMap(({ path, content }) => (content === undefined ? [path] : []));
    if (boundTokens === undefined) {
        return files;
    }
    const isNamed = namedByJobs(source);
    const paths = tokenPaths(source);
    const lacking = SCRAPE_PURPOSES.filter(
        (purpose) => isNamed(paths[purpose]) && !boundTokens.purposes.includes(purpose),
    );
    return [
        ...files,
        ...lacking.map((purpose) => `${name}/${purpose}.token`),
        ...(credentials.tokens.renewal === undefined ? [`${name}/renewal.token`] : []),
    ];
}

/** What the jobs name and no more: another file would be removed as soon as the configuration is loaded. */
function needed(source: ScrapeSource, { tokens, federation }: SourceCredentials) {
    const contents: Readonly<Record<keyof ReturnType<typeof credentialPaths>, string | undefined>> = {
        ca: source.caCertificate,
        discoveryToken: tokens.discovery,
        kubeletToken: tokens.kubelet,
        metricsToken: tokens.metrics,
        federationCa: federation?.caCertificate,
        federationCertificate: federation?.clientCertificate,
        federationKey: federation?.clientKey,
        federationPassword: federation?.password,
        federationToken: tokens.federation,
        proxyToken: tokens.proxy,
    };
    const isNamed = namedByJobs(source);
    return Object.entries(credentialPaths(source.name))
        .filter(([, path]) => isNamed(path))
        .map(([purpose, path]) => ({
            path: path.split("/").slice(-2).join("/"),
            content: contents[purpose as keyof typeof contents],
        }));
}

/** Tells of a path whether one of the cluster's jobs names it. */
function namedByJobs(source: ScrapeSource): (path: string) => boolean {
    const jobs = JSON.stringify(clusterJobs(source));
    return (path) => jobs.includes(JSON.stringify(path));
}
