import { RENEWAL_HOME } from "../../host/renewal";
import type { ScrapePurpose, ScrapeSource } from "../source";

/** Where a cluster's credentials are on the VM; documents name the files and never hold what is in them. */
const CREDENTIALS_DIRECTORY = "/usr/local/etc/prometheus/credentials";

/** Absolute paths of one cluster's credentials. */
export function credentialPaths(cluster: string) {
    const directory = `${CREDENTIALS_DIRECTORY}/${cluster}`;
    return {
        /** CA of the API server and of the kubelets. */
        ca: `${directory}/ca.crt`,
        discoveryToken: `${directory}/discovery.token`,
        kubeletToken: `${directory}/kubelet.token`,
        /** CA of what is federated from, where it is one of its own. */
        federationCa: `${directory}/federation-ca.crt`,
        federationCertificate: `${directory}/federation.crt`,
        federationKey: `${directory}/federation.key`,
        federationPassword: `${directory}/federation.password`,
        federationToken: `${directory}/federation.token`,
    } as const;
}

/** Absolute paths of one cluster's tokens. */
export function tokenPaths({ name, boundTokens }: ScrapeSource): Readonly<Record<ScrapePurpose, string>> {
    const { discoveryToken, kubeletToken, federationToken } = credentialPaths(name);
    // Outside of what a deployment writes and compares.
    const bound = (purpose: ScrapePurpose) => `${RENEWAL_HOME}/tokens/${name}/${purpose}.token`;
    return boundTokens === undefined
        ? { discovery: discoveryToken, kubelet: kubeletToken, federation: federationToken }
        : { discovery: bound("discovery"), kubelet: bound("kubelet"), federation: bound("federation") };
}
