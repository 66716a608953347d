import type { HttpClient } from "../httpClient";
import { CREDENTIALS_DIRECTORY } from "./credentials";
import type { HttpClientFields, TlsConfig } from "./types";

/**
 * Where an HTTP client is in the stack's configuration, such as `scrapeJobs`, `node`, `httpSd`. Its credentials are in a folder
 * of that name, which has a dot in it, as no cluster's has.
 */
export type HttpPlace = readonly [key: "scrapeJobs" | "alertmanagers" | "remoteWrite", name: string, part?: "httpSd"];

export function httpFolder(place: HttpPlace): string {
    return place.join(".");
}

/** Absolute paths of one HTTP client's credentials. */
export function httpPaths(place: HttpPlace) {
    const directory = `${CREDENTIALS_DIRECTORY}/${httpFolder(place)}`;
    return {
        ca: `${directory}/ca.crt`,
        certificate: `${directory}/client.crt`,
        key: `${directory}/client.key`,
        password: `${directory}/password`,
        credentials: `${directory}/credentials`,
    } as const;
}

/** The fields of an HTTP client. What is secret goes to the server that is named, and to none that this one points at. */
export function httpClientFields(client: HttpClient, place: HttpPlace): HttpClientFields {
    const { username, authorization, clientCertificate, proxyUrl } = client;
    const paths = httpPaths(place);
    const tls = tlsConfig(client, paths);
    const isKnown = username ?? authorization ?? clientCertificate;
    return {
        ...(isKnown !== undefined && { follow_redirects: false }),
        ...(authorization && { authorization: { type: authorization.type, credentials_file: paths.credentials } }),
        ...(username !== undefined && { basic_auth: { username, password_file: paths.password } }),
        ...(Object.keys(tls).length > 0 && { tls_config: tls }),
        ...(proxyUrl !== undefined && { proxy_url: proxyUrl }),
    };
}

function tlsConfig(client: HttpClient, paths: ReturnType<typeof httpPaths>): TlsConfig {
    const { caCertificate, clientCertificate, serverName, insecureSkipVerify } = client;
    return {
        ...(caCertificate !== undefined && { ca_file: paths.ca }),
        ...(clientCertificate !== undefined && { cert_file: paths.certificate, key_file: paths.key }),
        ...(serverName !== undefined && { server_name: serverName }),
        ...(insecureSkipVerify && { insecure_skip_verify: true }),
    };
}
