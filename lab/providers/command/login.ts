// Logging in as pulumi-command v1.2.1 does it (SSHConfig of provider/pkg/provider/remote/connection.go) on Go's net and
// golang.org/x/crypto/ssh. The program reads the error texts, so they are Go's.
import { createPrivateKey } from "node:crypto";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type AuthenticationType, Client, type ServerHostKeyAlgorithm, utils } from "ssh2";
import { openSshPrivateKey } from "../openssh";
import { handshakeError, socketError } from "./goErrors";
import type { Login } from "./inputs";

export interface Credentials {
    readonly user: string;
    readonly privateKey: string | undefined;
    readonly hostKey: { readonly algorithm: string; readonly blob: Buffer } | undefined;
    readonly agentSocket: string | undefined;
}

/** What is wrong here is wrong for every dial: never retried. */
export async function prepare(connection: Login): Promise<Credentials> {
    const agentSocket = process.env["SSH_AUTH_SOCK"] || undefined;
    const credentials: Credentials = {
        user: connection.user,
        hostKey: connection.hostKey === undefined ? undefined : parseHostKey(connection.hostKey),
        privateKey: connection.privateKey === undefined ? undefined : parsePrivateKey(connection.privateKey),
        agentSocket,
    };
    if (agentSocket !== undefined) {
        // An agent that does not answer is an error even where a private key makes it unnecessary.
        const socket = await open({ path: agentSocket }, `dial unix ${agentSocket}`, 0);
        socket.destroy();
    }
    return credentials;
}

function parseHostKey(text: string): { algorithm: string; blob: Buffer } {
    const key = utils.parseKey(text.trim());
    if (key instanceof Error || key.isPrivateKey()) {
        throw new Error("failed to parse host key: ssh: no key found");
    }
    return { algorithm: key.type, blob: key.getPublicSSH() };
}

function parsePrivateKey(text: string): string {
    const type = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(text)?.[1];
    if (type === undefined) {
        throw new Error("ssh: no key found");
    }
    try {
        const key = type === "PRIVATE KEY" ? (openSshPrivateKey(createPrivateKey(text)) ?? "") : text;
        const parsed = utils.parseKey(key);
        if (parsed instanceof Error) {
            throw parsed;
        }
        return key;
    } catch (error) {
        // Neither library's text is repeated: it may hold a part of the key.
        throw new Error(
            /encrypted|passphrase/i.test((error as Error).message)
                ? "ssh: this private key is passphrase protected"
                : "ssh: no key found",
            { cause: error },
        );
    }
}

/** Opens a TCP or Unix socket within `timeout` milliseconds; 0: no limit but the kernel's. */
export function open(
    target: { path: string } | { host: string; port: number },
    what: string,
    timeout: number,
): Promise<Socket> {
    return new Promise((resolve, reject) => {
        const socket = connect(target);
        const timer =
            timeout > 0 ? setTimeout(() => socket.destroy(new Error(`${what}: i/o timeout`)), timeout) : undefined;
        socket.once("connect", () => {
            clearTimeout(timer);
            socket.removeAllListeners("error");
            resolve(socket);
        });
        socket.once("error", (error: NodeJS.ErrnoException) => {
            clearTimeout(timer);
            reject(
                error.code === undefined ? error : new Error(socketError(what, target, error.code), { cause: error }),
            );
        });
    });
}

/** The SSH handshake and the login. Nothing bounds their time: a server that accepts and stays silent is waited for. */
export function handshake(sock: Duplex, { user, hostKey, privateKey, agentSocket }: Credentials): Promise<Client> {
    const methods: AuthenticationType[] = ["none"];
    if (privateKey !== undefined) {
        // A method is tried once, by the first that offers it: with a private key the agent is never asked.
        methods.push("publickey");
    } else if (agentSocket !== undefined) {
        methods.push("agent");
    }
    let mismatch = false;
    let offered = "";
    const client = new Client();
    const connected = new Promise<Client>((resolve, reject) => {
        client.once("ready", () => {
            resolve(client);
        });
        // Also for errors after the login: without a listener they would end the plugin.
        client.on("error", (error: Error & { level?: string; code?: string }) => {
            const reason = mismatch
                ? "ssh: host key mismatch"
                : handshakeError(error, methods, hostKey?.algorithm, offered);
            reject(new Error(`ssh: handshake failed: ${reason}`, { cause: error }));
        });
        client.once("close", () => {
            reject(new Error("ssh: handshake failed: EOF"));
        });
    });
    client.connect({
        sock,
        username: user,
        ...(privateKey === undefined ? {} : { privateKey }),
        ...(agentSocket === undefined ? {} : { agent: agentSocket }),
        authHandler: methods,
        readyTimeout: 0,
        // The pin's type is the only algorithm that is offered; for an RSA pin that is the old ssh-rsa with SHA-1.
        ...(hostKey && { algorithms: { serverHostKey: [hostKey.algorithm as ServerHostKeyAlgorithm] } }),
        hostVerifier: (key: Buffer) => {
            mismatch = hostKey !== undefined && !key.equals(hostKey.blob);
            return !mismatch;
        },
        debug: (message) => {
            offered = /\(remote\) host key format.*?: (.*)$/i.exec(message)?.[1] ?? offered;
        },
    });
    return connected;
}
