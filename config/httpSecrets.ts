import { z } from "zod";
import { secretLineProblem } from "./lines";
import { nearest } from "./nearest";
import { certificateKeyProblem } from "./privateKey";
import { isPlain, keyAt, type Problem, removal, unknownKey } from "./problems";
import { field, isEmptied, isObject } from "./scalars";
import { textProblem } from "./secretText";

const Client = {
    password: z.string().optional().describe("Password of the `username`, one line"),
    credentials: z.string().optional().describe("What follows the type of the `authorization`, one line"),
    privateKey: z.string().optional().describe("Key of the `clientCertificate`, in PEM form and without a passphrase"),
};

/** What the HTTP clients show to servers, in the places where the clients are. */
export const HttpSecrets = z.strictObject({
    scrapeJobs: z
        .record(z.string(), z.strictObject({ ...Client, httpSd: z.strictObject(Client).optional() }))
        .default({})
        .describe("By the names of `scrapeJobs`"),
    alertmanagers: z.record(z.string(), z.strictObject(Client)).default({}).describe("By the names of `alertmanagers`"),
    remoteWrite: z.record(z.string(), z.strictObject(Client)).default({}).describe("By the names of `remoteWrite`"),
});
export type HttpSecrets = z.infer<typeof HttpSecrets>;

type Key = keyof typeof HttpSecrets.shape;
export const HTTP_KEYS = Object.keys(HttpSecrets.shape) as Key[];

/** A secret, the field that asks for it, and what is wrong with one. */
const KINDS = {
    password: { asks: "username", check: secretLineProblem },
    credentials: { asks: "authorization", check: secretLineProblem },
    privateKey: {
        asks: "clientCertificate",
        check: (text: string, asking: unknown) => certificateKeyProblem(text, asking, "the clientCertificate there"),
    },
} as const;

/** Checks the secrets against the clients of the configuration, both ways. Says nothing of a value. */
export function httpSecretProblems(secrets: unknown = {}, config: Readonly<Record<Key, unknown>>): Problem[] {
    if (!isMap(secrets)) {
        return [noMap("httpSecrets", "scrapeJobs, alertmanagers and remoteWrite")];
    }
    return [
        ...strangers("httpSecrets", secrets, HTTP_KEYS),
        ...HTTP_KEYS.flatMap((key) => ofKey(key, secrets[key], config[key])),
    ];
}

function ofKey(key: Key, secrets: unknown = {}, clients: unknown = {}): Problem[] {
    const at = `httpSecrets.${key}`;
    if (!isMap(secrets)) {
        return [noMap(at, "secrets by name")];
    }
    if (!isMap(clients)) {
        return []; // It is told of what stands there instead.
    }
    const names = Object.keys(clients);
    const unowned = Object.keys(secrets).filter((name) => !Object.hasOwn(clients, name) && !isEmptied(secrets[name]));
    return [
        ...unowned.map((name) => unownedProblem(keyAt(at, [name]), name, key, names)),
        ...names.flatMap((name) => {
            const own = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
            const [inner, client] = [keyAt(at, [name]), clients[name]];
            return key === "scrapeJobs" ? ofJob(inner, own, client) : ofClient(inner, own, client, []);
        }),
    ];
}

function ofJob(at: string, secrets: unknown, job: unknown): Problem[] {
    const own = ofClient(at, secrets, job, ["httpSd"]);
    const given = field(secrets, "httpSd");
    const client = field(job, "httpSd");
    if (given !== undefined && !isEmptied(given) && client === undefined) {
        return [...own, { ...notAsked(at, "httpSd"), remedy: removal(`${at}.httpSd`) }];
    }
    // What is no map is told once, of the whole.
    return secrets === undefined || isMap(secrets) ? [...own, ...ofClient(`${at}.httpSd`, given, client, [])] : own;
}

function ofClient(at: string, secrets: unknown = {}, client: unknown, others: readonly string[]): Problem[] {
    if (!isMap(secrets)) {
        return [noMap(at, "password, credentials or privateKey")];
    }
    if (client !== undefined && !isMap(client)) {
        return [];
    }
    const kinds = Object.entries(KINDS);
    return [
        ...strangers(at, secrets, [...Object.keys(KINDS), ...others]),
        ...kinds.flatMap(([kind, { asks, check }]) => {
            const [secret, asking] = [secrets[kind], field(client, asks)];
            const problem = (message: string) => {
                const key = `${at}.${kind}`;
                return [{ key, message, remedy: isPlain(key) ? setFromFile(key) : removal(key) }];
            };
            if (secret === undefined) {
                return asking === undefined ? [] : problem(`is missing: it belongs to ${asks}`);
            }
            if (asking === undefined) {
                return [notAsked(at, kind, asks)];
            }
            const message = textProblem(secret, (text) => check(text, asking));
            return message === undefined ? [] : problem(message);
        }),
    ];
}

function isMap(value: unknown): value is Record<string, unknown> {
    return isObject(value) && !Array.isArray(value);
}

function strangers(at: string, secrets: Readonly<Record<string, unknown>>, known: readonly string[]): Problem[] {
    const unknown = Object.keys(secrets).filter((name) => !known.includes(name));
    return unknown.map((name) => unknownKey(keyAt(at, [name]), name, known));
}

function unownedProblem(key: string, name: string, owner: Key, names: readonly string[]): Problem {
    const near = nearest(name, names);
    const hint = near === undefined ? "there is none of that name" : `did you mean '${near}'?`;
    return { key, message: `belongs to none of ${owner}; ${hint}`, remedy: removal(key) };
}

function notAsked(at: string, kind: string, asks = kind): Problem {
    const place = at.replace("httpSecrets.", "");
    return { key: `${at}.${kind}`, message: `is set, but ${place}.${asks} is not`, remedy: removal(`${at}.${kind}`) };
}

function noMap(key: string, what: string): Problem {
    return { key, message: `must hold ${what}`, remedy: `${removal(key)}, then set each one by its path` };
}

function setFromFile(key: string): string {
    return `pulumi config set --secret --path '${key}' < FILE`;
}
