import { readFileSync } from "node:fs";
import { request, type RequestOptions } from "node:https";

export const API_SERVER = "https://10.98.0.10:6443";
export const KUBELET = "https://10.98.0.10:10250";

const pki = (file: string): string => readFileSync(`/var/lib/external-prometheus-lab/cluster/pki/${file}`, "utf8");
export const clusterCa = (): string => pki("ca.crt");

export interface Asked {
    /** @default "GET" */
    readonly method?: string;
    /** Without one, the cluster's administrator asks. */
    readonly token?: string;
    readonly headers?: Readonly<Record<string, string>>;
    /** Sent as JSON. */
    readonly body?: unknown;
}

export interface Answer {
    readonly status: number;
    readonly body: string;
}

/** One request to the cluster. An answer that opens a WebSocket has the status 101 and no body; it is closed at once. */
export function ask(url: string, { method = "GET", token, headers, body }: Asked = {}): Promise<Answer> {
    const identity = token === undefined ? { cert: pki("admin.crt"), key: pki("admin.key") } : {};
    const options: RequestOptions = {
        method,
        ca: clusterCa(),
        ...identity,
        headers: {
            ...(token !== undefined && { authorization: `Bearer ${token}` }),
            ...(body !== undefined && { "content-type": "application/json" }),
            ...headers,
        },
    };
    return new Promise((resolve, reject) => {
        const asked = request(url, options, (response) => {
            const chunks: Buffer[] = [];
            response.on("data", (chunk: Buffer) => chunks.push(chunk));
            response.on("error", reject);
            response.on("end", () => {
                resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
            });
        });
        asked.on("upgrade", (response, socket) => {
            socket.destroy();
            resolve({ status: response.statusCode ?? 0, body: "" });
        });
        asked.on("error", reject);
        asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
}

/** The answer to a request that must succeed. */
export async function succeeding<T>(path: string, asked?: Asked): Promise<T> {
    const { status, body } = await ask(`${API_SERVER}${path}`, asked);
    if (status >= 300) throw new Error(`${asked?.method ?? "GET"} ${path}: ${status} ${body}`);
    return JSON.parse(body) as T;
}
