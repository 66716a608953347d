import type { UrlEndpoint } from "./endpoint";
import type { SourceCredentials } from "./source";

/** Secrets that the user gives for one cluster's endpoint. */
export interface EndpointSecrets {
    readonly password?: string | undefined;
    readonly privateKey?: string | undefined;
}

/** By what the VM and a way that others keep open know each other; undefined where they need nothing. */
export function givenProof(
    { caCertificate, clientCertificate }: Pick<UrlEndpoint, "caCertificate" | "clientCertificate">,
    { password, privateKey }: EndpointSecrets,
): SourceCredentials["federation"] {
    const proof = {
        ...(caCertificate !== undefined && { caCertificate }),
        ...(clientCertificate !== undefined && { clientCertificate }),
        ...(privateKey !== undefined && { clientKey: privateKey }),
        ...(password !== undefined && { password }),
    };
    return Object.keys(proof).length === 0 ? undefined : proof;
}
