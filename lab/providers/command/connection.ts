// Dialling as pulumi-command v1.2.1 does it (Dial of provider/pkg/provider/remote/connection.go). The program reads the error
// texts, so they are upstream's.
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "ssh2";
import { channelError } from "./goErrors";
import type { Connection, Login } from "./inputs";
import { type Credentials, handshake, open, prepare } from "./login";

// sdk/go/common/util/retry/until.go
const firstDelay = 100;
const backoff = 1.5;
const longestDelay = 5_000;

/** Told of each failed dial that is followed by another. */
type Retrying = (message: string) => void;

/**
 * Connects and logs in, over the proxy if there is one. Everything after the first step is retried, a refused login too.
 * `cancelled` ends the waiting between two dials, never a dial.
 */
export async function dial(connection: Connection, cancelled: AbortSignal, retrying: Retrying): Promise<Client> {
    const credentials = await prepare(connection);
    const again = <T>(what: string, limit: number, once: () => Promise<T>) =>
        withRetry(what, limit, once, cancelled, retrying);
    const { proxy, dialErrorLimit } = connection;
    if (proxy === undefined) {
        return again("Dial", dialErrorLimit, () => dialOnce(connection, credentials));
    }
    try {
        const proxyCredentials = await prepare(proxy);
        const client = await again("Dial proxy", proxy.dialErrorLimit, () => dialOnce(proxy, proxyCredentials));
        const stream = await again("Dial from proxy", dialErrorLimit, () => forward(client, connection));
        return await again("Dial", dialErrorLimit, () => overProxy(stream, credentials));
    } catch (error) {
        // The same word for the proxy and for what is behind it.
        throw new Error(`proxy: ${(error as Error).message}`, { cause: error });
    }
}

async function withRetry<T>(
    what: string,
    limit: number,
    once: () => Promise<T>,
    cancelled: AbortSignal,
    retrying: Retrying,
): Promise<T> {
    let delay = firstDelay;
    for (let failed = 0; ; failed++) {
        try {
            return await once();
        } catch (error) {
            if (limit > -1 && failed + 1 > limit) {
                throw new Error(`after ${failed} failed attempts: ${(error as Error).message}`, { cause: error });
            }
            retrying(`${what} ${failed + 1}/${limit === -1 ? "inf" : limit} failed: retrying`);
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

async function dialOnce(connection: Login, credentials: Credentials): Promise<Client> {
    const host = connection.host.includes(":") ? `[${connection.host}]` : connection.host;
    const port = Math.trunc(connection.port);
    const socket = await open(
        { host: connection.host, port },
        `dial tcp ${host}:${port}`,
        connection.perDialTimeout * 1000,
    );
    try {
        return await handshake(socket, credentials);
    } catch (error) {
        socket.destroy();
        throw error;
    }
}

/** A connection that the proxy opens for us. Nothing bounds its time but the proxy. */
function forward(client: Client, { host, port }: Connection): Promise<Duplex> {
    return new Promise((resolve, reject) => {
        client.forwardOut("0.0.0.0", 0, host, Math.trunc(port), (error, stream) => {
            if (error === undefined) {
                resolve(stream);
            } else {
                reject(new Error(channelError(error), { cause: error }));
            }
        });
    });
}

/** Each try is on the same connection: after the first that failed it is closed. */
async function overProxy(stream: Duplex, credentials: Credentials): Promise<Client> {
    if (stream.destroyed || stream.writableEnded) {
        throw new Error("ssh: handshake failed: EOF");
    }
    try {
        return await handshake(stream, credentials);
    } catch (error) {
        stream.destroy();
        throw error;
    }
}
