// Dialling as pulumi-command v1.2.1 does it (provider/pkg/provider/remote/connection.go) on Go's net and golang.org/x/crypto/ssh.
// The program reads the error texts, so they are Go's.
import { createPrivateKey } from "node:crypto";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type AuthenticationType, Client, type ServerHostKeyAlgorithm, utils } from "ssh2";
import { openSshPrivateKey } from "../openssh";
import { handshakeError, socketError } from "./goErrors";
import type { Connection } from "./inputs";

// sdk/go/common/util/retry/until.go
const firstDelay = 100;
const backoff = 1.5;
const longestDelay = 5_000;

interface Login {
    readonly privateKey: string | undefined;
    readonly hostKey: { readonly algorithm: string; readonly blob: Buffer } | undefined;
    readonly agentSocket: string | undefined;
}

/**
 * Connects and logs in. Everything after the first step is retried, a refused login too. `retrying` is told of each
 * failed dial; `cancelled` ends the waiting between two dials, never a dial.
 */
export async function dial(
    connection: Connection,
    cancelled: AbortSignal,
    retrying: (message: string) => void,
): Promise<Client> {
    const login = await prepare(connection);
    const limit = connection.dialErrorLimit;
    let delay = firstDelay;
    for (let failed = 0; ; failed++) {
        try {
            return await dialOnce(connection, login);
        } catch (error) {
            if (limit > -1 && failed + 1 > limit) {
                throw new Error(`after ${failed} failed attempts: ${(error as Error).message}`, { cause: error });
            }
            retrying(`Dial ${failed + 1}/${limit === -1 ? "inf" : limit} failed: retrying`);
        }
        try {
            await sleep(delay, undefined, { signal: cancelled });
        } catch {
            const timedOut = cancelled.reason instanceof Error && cancelled.reason.name === "TimeoutError";
            throw new Error(timedOut ? "context deadline exceeded" : "context canceled");
        }
        delay = Math.min(delay * backoff, longestDelay);
    }
}

/** What is wrong here is wrong for every dial: never retried. */
async function prepare(connection: Connection): Promise<Login> {
    const agentSocket = process.env["SSH_AUTH_SOCK"] || undefined;
    const login: Login = {
        hostKey: connection.hostKey === undefined ? undefined : parseHostKey(connection.hostKey),
        privateKey: connection.privateKey === undefined ? undefined : parsePrivateKey(connection.privateKey),
        agentSocket,
    };
    if (agentSocket !== undefined) {
        // An agent that does not answer is an error even where a private key makes it unnecessary.
        const socket = await open({ path: agentSocket }, `dial unix ${agentSocket}`, 0);
        socket.destroy();
    }
    return login;
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

async function dialOnce(connection: Connection, login: Login): Promise<Client> {
    const host = connection.host.includes(":") ? `[${connection.host}]` : connection.host;
    const port = Math.trunc(connection.port);
    const socket = await open(
        { host: connection.host, port },
        `dial tcp ${host}:${port}`,
        connection.perDialTimeout * 1000,
    );
    try {
        return await handshake(socket, connection.user, login);
    } catch (error) {
        socket.destroy();
        throw error;
    }
}

/** Opens a TCP or Unix socket within `timeout` milliseconds; 0: no limit but the kernel's. */
function open(
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
function handshake(sock: Socket, username: string, { hostKey, privateKey, agentSocket }: Login): Promise<Client> {
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
        username,
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
