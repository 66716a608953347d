import { field, isObject } from "../../config/scalars";
import type { SourceCredentials } from "../../config/source";
import { SCRAPE_PURPOSES, SOURCE_VERSION } from "../../config/source";
import { fillIn, tokenFor } from "../components/cluster";
import { COMMAND, printed } from "../components/vm";
import { type Keys, PASSWORD_HASH, PRIVATE_KEY } from "../config/environment";
import { CA, CLIENT_CERTIFICATE } from "../config/frontCertificates";
import type { MockOptions } from "../harness";

const PASSWORD = "STAND-IN-FOR-A-PASSWORD";
const KUBECONFIG_TOKEN = "STAND-IN-FOR-A-KUBECONFIGS-TOKEN";

/** A piece of each stand-in, by which it is known wherever it comes out; by what it stands for. */
export const PIECES: Readonly<Record<string, string>> = {
    // Both are made of the letter Z.
    "a private key or the hash of a password": "WlpaWlpaWlpa",
    "a password": PASSWORD,
    "a kubeconfig": KUBECONFIG_TOKEN,
    "a token": tokenFor("").slice(0, 20),
};

/** A value that is valid for each secret that a stack's plain keys ask for: nobody has the passphrase that opens its own. */
export function standIns(plain: Keys): Keys {
    const { vm, front, clusters } = plain;
    const way = (cluster: unknown) => {
        const endpoint = field(cluster, "endpoint");
        return field(endpoint, "ingress") ?? field(endpoint, "url");
    };
    return {
        ...(vm !== undefined && { vmPrivateKey: PRIVATE_KEY }),
        ...(field(vm, "proxy") !== undefined && { vmProxyPrivateKey: PRIVATE_KEY }),
        ...(field(front, "certificate") !== undefined && { frontPrivateKey: PRIVATE_KEY }),
        frontPasswordHashes: each(field(front, "users"), () => PASSWORD_HASH),
        kubeconfigs: each(clusters, (cluster) => kubeconfig(field(cluster, "context"))),
        endpointPasswords: each(clusters, (cluster) => asked(way(cluster), "username", PASSWORD)),
        endpointPrivateKeys: each(clusters, (cluster) => asked(way(cluster), "clientCertificate", PRIVATE_KEY)),
        httpSecrets: {
            scrapeJobs: each(plain["scrapeJobs"], (job) => {
                const httpSd = client(field(job, "httpSd"));
                return { ...client(job), ...(httpSd && { httpSd }) };
            }),
            alertmanagers: each(plain["alertmanagers"], client),
            remoteWrite: each(plain["remoteWrite"], client),
        },
    };
}

/** By name what is made of each, without those of which nothing is. */
function each(named: unknown, make: (value: unknown) => unknown): Keys {
    const entries = Object.entries(isObject(named) ? named : {}).map(([name, value]) => [name, make(value)] as const);
    return Object.fromEntries(entries.filter(([, made]) => made !== undefined));
}

function asked(client: unknown, asking: string, standIn: string): string | undefined {
    return field(client, asking) === undefined ? undefined : standIn;
}

function client(http: unknown): Keys | undefined {
    const secrets = {
        password: asked(http, "username", PASSWORD),
        credentials: asked(http, "authorization", PASSWORD),
        privateKey: asked(http, "clientCertificate", PRIVATE_KEY),
    };
    const wanted = Object.entries(secrets).filter(([, secret]) => secret !== undefined);
    return wanted.length === 0 ? undefined : Object.fromEntries(wanted);
}

function kubeconfig(context: unknown): string {
    const name = typeof context === "string" ? context : "admin";
    return JSON.stringify({
        "current-context": name,
        contexts: [{ name, context: { cluster: name, user: name } }],
        // Without a CA, which would have to be the cluster's.
        clusters: [{ name, cluster: { server: "https://k8s.example.com:6443" } }],
        users: [{ name, user: { token: KUBECONFIG_TOKEN } }],
    });
}

/** What another stack would hand over of one of its clusters, whatever its jobs need. */
export function standInCredentials(): SourceCredentials {
    const tokens = [...SCRAPE_PURPOSES, "renewal"].map((purpose) => [purpose, tokenFor(purpose)]);
    return {
        version: SOURCE_VERSION,
        tokens: Object.fromEntries(tokens) as SourceCredentials["tokens"],
        federation: {
            caCertificate: CA,
            clientCertificate: CLIENT_CERTIFICATE,
            clientKey: PRIVATE_KEY,
            password: PASSWORD,
        },
    };
}

/** What VM, cluster and tls provider fill in, with stand-ins for what is secret of it. */
export const fillInStandIns: NonNullable<MockOptions["outputs"]> = (type, name, inputs) => {
    if (type === COMMAND) return { stdout: printed(name) };
    return type === "tls:index/privateKey:PrivateKey" ? { privateKeyPem: PRIVATE_KEY } : fillIn(type, name, inputs);
};
