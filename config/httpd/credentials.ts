import type { BundleFile } from "../../host/bundle";

/** What the front keeps secret, and what proves who it is. What is absent is not needed, or lies on the VM already. */
export interface FrontSecrets {
    /** That of the server first. */
    readonly certificate?: string | undefined;
    readonly key?: string | undefined;
    /** That the server's certificate comes from. */
    readonly caCertificate?: string | undefined;
    /** That the clients' certificates come from. */
    readonly clientCaCertificate?: string | undefined;
    /** Bcrypt, by user. */
    readonly passwordHashes: Readonly<Record<string, string>>;
}

/** As files of a version of the front, under the names by which its document and the step on the VM know them. */
export function frontCredentialFiles(secrets: FrontSecrets): BundleFile[] {
    const { certificate, key, caCertificate, clientCaCertificate, passwordHashes } = secrets;
    const file = (path: string, mode: string, content: string | undefined) =>
        content === undefined ? [] : [{ path, mode, content }];
    return [
        ...file("ca.pem", "0644", caCertificate),
        ...file("clients.pem", "0644", clientCaCertificate),
        ...file("server.key", "0600", key),
        ...file("server.pem", "0644", certificate),
        // httpd reads it at each login, when it no longer is root.
        ...file("users", "0640", usersFile(passwordHashes)),
    ];
}

function usersFile(passwordHashes: Readonly<Record<string, string>>): string {
    return Object.entries(passwordHashes)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, hash]) => `${name}:${hash}\n`)
        .join("");
}
