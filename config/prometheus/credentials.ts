import { RENEWAL_HOME } from "../../host/renewal";
import { SCRAPE_PURPOSES, type ScrapePurpose, type ScrapeSource } from "../source";

/** Where a cluster's credentials are on the VM; documents name the files and never hold what is in them. */
export const CREDENTIALS_DIRECTORY = "/usr/local/etc/prometheus/credentials";

/** Absolute paths of one cluster's credentials. */
export function credentialPaths(cluster: string) {
    const directory = `${CREDENTIALS_DIRECTORY}/${cluster}`;
    return {
        /** CA of the API server and of the kubelets. */
        ca: `${directory}/ca.crt`,
        discoveryToken: `${directory}/discovery.token`,
        kubeletToken: `${directory}/kubelet.token`,
        metricsToken: `${directory}/metrics.token`,
        /** CA of what is federated from, where it is one of its own. */
        federationCa: `${directory}/federation-ca.crt`,
        federationCertificate: `${directory}/federation.crt`,
        federationKey: `${directory}/federation.key`,
        federationPassword: `${directory}/federation.password`,
        federationToken: `${directory}/federation.token`,
        proxyToken: `${directory}/proxy.token`,
    } as const;
}

/** Absolute paths of one cluster's tokens. */
export function tokenPaths({ name, boundTokens }: ScrapeSource): Readonly<Record<ScrapePurpose, string>> {
    const files = credentialPaths(name);
    const paths = SCRAPE_PURPOSES.map((purpose): [ScrapePurpose, string] => [
        purpose,
        // Outside of what a deployment writes and compares.
        boundTokens === undefined ? files[`${purpose}Token`] : `${RENEWAL_HOME}/tokens/${name}/${purpose}.token`,
    ]);
    return Object.fromEntries(paths) as Record<ScrapePurpose, string>;
}
