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
        gatewayCa: `${directory}/gateway-ca.crt`,
        gatewayCertificate: `${directory}/gateway.crt`,
        gatewayKey: `${directory}/gateway.key`,
    } as const;
}
