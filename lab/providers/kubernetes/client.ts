import { Agent, request as startRequest, type RequestOptions } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import type { Connection } from "./kubeconfig";
import { apiVersionOf, type GroupVersionKind } from "./kinds";
import { list, number, text, type Fields } from "./objects";

/** An answer of the API server that is not a success. */
export class StatusError extends Error {
    constructor(
        readonly code: number,
        /** `NotFound`, `AlreadyExists`, `Conflict`, `Forbidden`, `Invalid`, … */
        readonly reason: string,
        message: string,
        /** The kind that the answer is about, as in `namespaces`. */
        readonly kind: string,
    ) {
        super(message);
    }
}

/** The API server knows no such kind. */
export class NoMatchError extends Error {
    constructor({ group, version, kind }: GroupVersionKind) {
        super(`no matches for kind "${kind}" in version "${apiVersionOf({ group, version, kind })}"`);
    }
}

/** Whether an error says that something does not exist. */
export function isReason(error: unknown, reason: string): error is StatusError {
    return error instanceof StatusError && error.reason === reason;
}

/** Where the API server keeps the objects of a kind. */
export interface Mapping {
    readonly path: string;
    readonly plural: string;
    readonly namespaced: boolean;
}

interface Call {
    readonly query?: Record<string, string>;
    readonly body?: unknown;
    readonly contentType?: string;
    readonly signal?: AbortSignal;
}

const probeTimeout = 10_000;
const callTimeout = 30_000;
const maxRetries = 5;

/** A small client of the Kubernetes API: every call ends, at the latest after 30 seconds. */
export class Client {
    private readonly agent: Agent;
    private readonly mappings = new Map<string, Promise<Fields[]>>();

    constructor(private readonly connection: Connection) {
        this.agent = new Agent({
            keepAlive: true,
            maxSockets: 16,
            ca: connection.ca,
            cert: connection.certificate,
            key: connection.key,
            servername: connection.serverName,
            rejectUnauthorized: connection.verify,
        });
    }

    /** Asks the API server for its version; throws when it cannot be reached or does not let us in. */
    async probe(): Promise<void> {
        await this.call("GET", "/version", { signal: AbortSignal.timeout(probeTimeout) });
        // The version is for everybody; this one asks for credentials that are good.
        await this.discover("/api/v1", { group: "", version: "v1", kind: "" });
    }

    /** Where objects of a kind are; asks the API server once for each group and version. */
    async mapping(kind: GroupVersionKind): Promise<Mapping> {
        const apiVersion = apiVersionOf(kind);
        const path = kind.group === "" ? `/api/${apiVersion}` : `/apis/${apiVersion}`;
        const resources = await this.discover(path, kind);
        const found = resources.find(
            (resource) => resource["kind"] === kind.kind && !text(resource, "name").includes("/"),
        );
        if (found === undefined) {
            this.mappings.delete(path);
            throw new NoMatchError(kind);
        }
        return { path, plural: text(found, "name"), namespaced: found["namespaced"] === true };
    }

    private async discover(path: string, kind: GroupVersionKind): Promise<Fields[]> {
        const discovered =
            this.mappings.get(path) ?? this.call("GET", path).then((answer) => list(answer, "resources"));
        this.mappings.set(path, discovered);
        try {
            return await discovered;
        } catch (error) {
            this.mappings.delete(path);
            throw isReason(error, "NotFound") ? new NoMatchError(kind) : error;
        }
    }

    /** The URL path of an object, or of all objects of its kind in the namespace. */
    async path(kind: GroupVersionKind, namespace: string, name?: string): Promise<string> {
        const { path, plural, namespaced } = await this.mapping(kind);
        const scope = namespaced ? `/namespaces/${encodeURIComponent(namespace || "default")}` : "";
        return `${path}${scope}/${plural}${name === undefined ? "" : `/${encodeURIComponent(name)}`}`;
    }

    /** One call. Waits and tries again when the API server asks for that, as client-go does. */
    async call(method: string, path: string, call: Call = {}): Promise<Fields> {
        for (let attempt = 0; ; attempt += 1) {
            const { status, body, retryAfter } = await this.send(method, path, call);
            if (retryAfter !== undefined && (status === 429 || status >= 500) && attempt < maxRetries) {
                await sleep(Math.min(retryAfter, 10) * 1000);
                continue;
            }
            const answer = parse(body);
            if (status < 200 || status > 299) {
                const message = text(answer, "message") || `${method} ${path}: the server answered ${status}`;
                throw new StatusError(
                    number(answer, "code") ?? status,
                    text(answer, "reason"),
                    message,
                    text(answer, "details", "kind"),
                );
            }
            return answer;
        }
    }

    private send(method: string, path: string, call: Call, again = true): Promise<Answer> {
        const url = new URL(this.connection.server + path);
        for (const [key, value] of Object.entries(call.query ?? {})) {
            url.searchParams.set(key, value);
        }
        const payload = call.body === undefined ? undefined : JSON.stringify(call.body);
        const limit = AbortSignal.timeout(callTimeout);
        const options: RequestOptions = {
            method,
            agent: this.agent,
            headers: this.headers(payload, call.contentType),
            signal: call.signal === undefined ? limit : AbortSignal.any([call.signal, limit]),
        };
        return new Promise((resolve, reject) => {
            const request = startRequest(url, options, (response) => {
                const chunks: Buffer[] = [];
                response.on("data", (chunk: Buffer) => chunks.push(chunk));
                response.on("error", fail);
                response.on("end", () => {
                    const seconds = Number(response.headers["retry-after"] ?? NaN);
                    resolve({
                        status: response.statusCode ?? 0,
                        body: Buffer.concat(chunks).toString("utf8"),
                        retryAfter: Number.isFinite(seconds) ? seconds : undefined,
                    });
                });
            });
            const fail = (error: NodeJS.ErrnoException): void => {
                // A connection that was kept open may be closed at the other end by the time it is used again.
                if (again && request.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE")) {
                    resolve(this.send(method, path, call, false));
                    return;
                }
                const timedOut = error.name === "TimeoutError" || error.name === "AbortError";
                const reason = timedOut ? "no answer in time" : error.message;
                reject(new Error(`${method} "${url.origin}${url.pathname}": ${reason}`, { cause: error }));
            };
            request.on("error", fail);
            request.end(payload);
        });
    }

    private headers(payload: string | undefined, contentType = "application/json"): Record<string, string> {
        const headers: Record<string, string> = {
            accept: "application/json",
            "user-agent": "external-prometheus-lab-kubernetes",
        };
        if (payload !== undefined) {
            headers["content-type"] = contentType;
            headers["content-length"] = String(Buffer.byteLength(payload));
        }
        if (this.connection.token !== undefined) {
            headers["authorization"] = `Bearer ${this.connection.token}`;
        }
        return headers;
    }
}

interface Answer {
    readonly status: number;
    readonly body: string;
    readonly retryAfter: number | undefined;
}

function parse(body: string): Fields {
    try {
        return JSON.parse(body) as Fields;
    } catch {
        // A proxy's HTML, or the API server's plain "forbidden": the status says enough.
        return {};
    }
}
