import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { ServerName } from "./front";
import { frontKeyProblems, passwordHashProblems } from "./frontSecrets";
import { clientCaProblems, serverCertificateProblems } from "./frontCertificate";
import { ruleFileProblems, type UserFile } from "./files";
import { plainProblems, renderProblems, unknownKey, type Problem, removal } from "./problems";
import { pathOf } from "./cluster";
import { decided } from "./decided";
import { httpSecretProblems } from "./httpSecrets";
import { probeProblems } from "./scrapeJobs";
import { scrapeFileProblems } from "./scrapeFile";
import { PlainKeys, SecretKeys, type StackConfig } from "./schema";
import {
    endpointKeyProblems,
    endpointPasswordProblems,
    kubeconfigProblems,
    plainSecretProblem,
    privateKeyProblems,
    proxyKeyProblems,
    secretPlainProblem,
    type SecretsWanted,
    type WantingCluster,
} from "./secrets";
import { Certificate, field } from "./scalars";
import { readUserFiles } from "./readFile";
import { JOB_NAMES } from "./source";

const NAMESPACE = "external-prometheus";

const COMPANIONS = [
    ["nodeExporter", "node_exporter"],
    ["alertmanager", "alertmanager"],
    ["blackboxExporter", "blackbox_exporter"],
] as const;

/**
 * Reads and checks the stack's configuration; nothing else does. Throws one RunError that names every problem at once and
 * shows no secret.
 */
export function loadConfig(): StackConfig {
    const keys = readKeys();
    const problems = problemsOf(keys);
    if (problems.length > 0) {
        throw new pulumi.RunError(renderProblems(NAMESPACE, problems));
    }
    const values = new Map([...keys].map(([name, { value }]) => [name, value]));
    const { vm, prometheus, front, clusters, sourceStacks, federatedStacks, heldClusters, ...rest } = PlainKeys.parse(
        pick(values, Object.keys(PlainKeys.shape)),
    );
    const { scrapeJobs, alertmanagers, remoteWrite, ...companions } = rest;
    const { vmPrivateKey, vmProxyPrivateKey, frontPrivateKey, frontPasswordHashes, ...others } = SecretKeys.parse(
        pick(values, Object.keys(SecretKeys.shape)),
    );
    const { kubeconfigs, endpointPasswords, endpointPrivateKeys, httpSecrets } = others;
    return {
        ...(vm !== undefined && { vm }),
        ...(vmPrivateKey !== undefined && { vmPrivateKey: pulumi.secret(vmPrivateKey) }),
        ...(vmProxyPrivateKey !== undefined && { vmProxyPrivateKey: pulumi.secret(vmProxyPrivateKey) }),
        prometheus,
        ...(front !== undefined && {
            front: {
                config: front,
                ...(frontPrivateKey !== undefined && { privateKey: pulumi.secret(frontPrivateKey) }),
                passwordHashes: pulumi.secret(frontPasswordHashes),
            },
        }),
        companions: COMPANIONS.flatMap(([key, program]) => {
            const choice = companions[key];
            return choice === undefined ? [] : [{ program, choice }];
        }),
        ruleFiles: userFiles("ruleFiles", keys).found.sort(byFileName),
        scrapeConfigFiles: userFiles("scrapeConfigFiles", keys).found.sort(byFileName),
        sourceStacks,
        federatedStacks,
        heldClusters,
        clusters: byName(clusters).map((cluster) => ({
            cluster: decided(cluster, prometheus.scrapeInterval),
            // One that is missing and needed was among the problems above.
            kubeconfig: pulumi.secret(kubeconfigs[cluster.name] ?? ""),
            endpointSecrets: pulumi.secret({
                password: endpointPasswords[cluster.name],
                privateKey: endpointPrivateKeys[cluster.name],
            }),
        })),
        scrapeJobs: byName(scrapeJobs),
        alertmanagers: byName(alertmanagers),
        remoteWrite: byName(remoteWrite),
        httpSecrets: pulumi.secret(httpSecrets),
    };
}

/** A key of the namespace as it was found. */
interface Key {
    readonly value: unknown;
    readonly secret: boolean;
}

function readKeys(): Map<string, Key> {
    // Public at run time, left out of the SDK's types; without it a secret in clear could not be told from a kept one.
    const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret: (key: string) => boolean };
    const keys = new Map<string, Key>();
    for (const [key, text] of Object.entries(pulumi.runtime.allConfig())) {
        if (key.startsWith(`${NAMESPACE}:`)) {
            keys.set(key.slice(NAMESPACE.length + 1), { value: parseValue(text), secret: isConfigSecret(key) });
        }
    }
    return keys;
}

/** Pulumi hands over an object as JSON, and everything else as its text. */
function parseValue(text: string): unknown {
    try {
        const value: unknown = JSON.parse(text);
        return typeof value === "object" ? value : text;
    } catch {
        return text;
    }
}

function problemsOf(keys: ReadonlyMap<string, Key>): Problem[] {
    const plain = Object.keys(PlainKeys.shape) as (keyof typeof PlainKeys.shape)[];
    const secret = Object.keys(SecretKeys.shape) as (keyof typeof SecretKeys.shape)[];
    const known: string[] = [...plain, ...secret];
    const wanted = secretsWanted(keys);
    const checkSecret = (name: (typeof secret)[number], check: (value: unknown) => Problem[]) => {
        const key = keys.get(name);
        return key !== undefined && !key.secret ? [plainSecretProblem(name)] : check(key?.value);
    };
    return [
        ...[...keys.keys()].filter((name) => !known.includes(name)).map((name) => unknownKey(name, name, known)),
        ...plain.flatMap((name) => {
            const key = keys.get(name);
            if (key === undefined) {
                return [];
            }
            return key.secret ? [secretPlainProblem(name)] : plainProblems(PlainKeys.shape[name], name, key.value);
        }),
        ...checkSecret("vmPrivateKey", (value) => privateKeyProblems(value, wanted)),
        ...checkSecret("vmProxyPrivateKey", (value) => proxyKeyProblems(value, wanted)),
        ...checkSecret("frontPrivateKey", (value) => frontKeyProblems(value, keys.get("front")?.value)),
        ...checkSecret("frontPasswordHashes", (value) => passwordHashProblems(value, keys.get("front")?.value)),
        ...checkSecret("kubeconfigs", (value) => kubeconfigProblems(value, wanted)),
        ...checkSecret("endpointPasswords", (value) => endpointPasswordProblems(value, wanted)),
        ...checkSecret("endpointPrivateKeys", (value) => endpointKeyProblems(value, wanted)),
        ...checkSecret("httpSecrets", (value) =>
            httpSecretProblems(value, {
                scrapeJobs: keys.get("scrapeJobs")?.value,
                alertmanagers: keys.get("alertmanagers")?.value,
                remoteWrite: keys.get("remoteWrite")?.value,
            }),
        ),
        ...probeProblems(keys.get("scrapeJobs")?.value, keys.has("blackboxExporter")),
        ...sideProblems(keys),
        ...frontProblems(keys, new Date()),
        ...userFileProblems(keys),
    ];
}

function userFileProblems(keys: ReadonlyMap<string, Key>): Problem[] {
    const rules = userFiles("ruleFiles", keys);
    const scrapes = userFiles("scrapeConfigFiles", keys);
    const names = (key: string) => Object.keys(keys.get(key)?.value ?? {});
    return [
        ...rules.problems,
        ...ruleFileProblems(rules.found),
        ...scrapes.problems,
        ...scrapeFileProblems(scrapes.found, { clusters: names("clusters"), scrapeJobs: names("scrapeJobs") }),
    ];
}

/** The user's files, as far as they can be read. They lie where the program is run: in the project's directory. */
function userFiles(list: "ruleFiles" | "scrapeConfigFiles", keys: ReadonlyMap<string, Key>) {
    return readUserFiles(process.cwd(), `prometheus.${list}`, field(keys.get("prometheus")?.value, list));
}

function secretsWanted(keys: ReadonlyMap<string, Key>): SecretsWanted {
    const clusters = keys.get("clusters")?.value;
    const names = typeof clusters === "object" && clusters !== null ? Object.entries(clusters) : [];
    return {
        vm: keys.has("vm"),
        proxy: field(keys.get("vm")?.value, "proxy") !== undefined,
        clusters: new Map(names.map(([name, cluster]) => [name, wantingCluster(cluster)])),
    };
}

function wantingCluster(cluster: unknown): WantingCluster {
    const endpoint = field(cluster, "endpoint");
    const way = field(endpoint, "ingress") ?? field(endpoint, "url");
    const paths = JOB_NAMES.map((name) => pathOf(field(cluster, "jobs"), name)).filter((path) => path !== undefined);
    return {
        context: textOf(field(cluster, "context")),
        caCertificate: textOf(field(cluster, "caCertificate")),
        // What is wrong with a path is told of the path, and counts as if something were made.
        isTouched: paths.some(
            (path) => path !== "off" && (path !== "federate" || field(endpoint, "url") === undefined),
        ),
        username: field(way, "username") !== undefined,
        clientCertificate: textOf(field(way, "clientCertificate")),
    };
}

function textOf(value: unknown): string | undefined {
    return typeof value === "string" ? value : undefined;
}

/** A stack without a VM needs clusters, and has no use for what only a VM does. */
function sideProblems(keys: ReadonlyMap<string, Key>): Problem[] {
    if (keys.has("vm")) {
        return [];
    }
    const remedy = "see Pulumi.dev.yaml for a complete example";
    const needing = [
        ["scrapeJobs", "scrapeJobs are scraped by the VM"],
        ["alertmanagers", "alertmanagers are told by the VM"],
        ["remoteWrite", "remoteWrite is for what the VM records"],
        ["front", "front stands on the VM"],
        ["sourceStacks", "sourceStacks are watched by the VM"],
        ["federatedStacks", "federatedStacks are watched by the VM"],
        ["heldClusters", "heldClusters are watched by the VM"],
    ] as const;
    const needed = needing.filter(([key]) => keys.has(key));
    if (needed.length > 0) {
        return needed.map(([, why]) => ({ key: "vm", message: `is missing, but ${why}`, remedy }));
    }
    return keys.has("clusters")
        ? []
        : [{ key: "vm", message: "is missing, and clusters too: one of the two sides is needed", remedy }];
}

/** By what the front proves who it is, as far as the schema does not refuse it. */
const Proof = z.object({
    certificate: Certificate.optional().catch(undefined),
    caCertificate: Certificate.optional().catch(undefined),
    clientCaCertificate: Certificate.optional().catch(undefined),
    serverName: ServerName.optional().catch(undefined),
    aliases: z.array(ServerName.optional().catch(undefined)).catch([]),
});

/** What is wrong with the front in view of what else is configured, and of the time. */
function frontProblems(keys: ReadonlyMap<string, Key>, now: Date): Problem[] {
    const key = keys.get("front");
    if (key === undefined) {
        return [];
    }
    const problems: Problem[] = [];
    if (field(key.value, "alertmanagerPath") !== undefined && !keys.has("alertmanager")) {
        const remedy = `set alertmanager ('{}' will do), or: ${removal("front.alertmanagerPath")}`;
        problems.push({ key: "front.alertmanagerPath", message: "is set, but there is no alertmanager", remedy });
    }
    const { certificate, caCertificate, clientCaCertificate, serverName, aliases } = Proof.catch(Proof.parse({})).parse(
        key.value,
    );
    if (certificate !== undefined) {
        const names = [serverName, ...aliases].filter((name) => name !== undefined);
        const remedy = "pulumi config set --path 'front.certificate' < FILE";
        const wrong = serverCertificateProblems(certificate, names, now, caCertificate);
        problems.push(...wrong.map((message) => ({ key: "front.certificate", message, remedy })));
    }
    if (clientCaCertificate !== undefined) {
        const remedy = "pulumi config set --path 'front.clientCaCertificate' < FILE";
        const wrong = clientCaProblems(clientCaCertificate, now);
        problems.push(...wrong.map((message) => ({ key: "front.clientCaCertificate", message, remedy })));
    }
    return problems;
}

function pick(values: ReadonlyMap<string, unknown>, names: readonly string[]): Record<string, unknown> {
    return Object.fromEntries(names.filter((name) => values.has(name)).map((name) => [name, values.get(name)]));
}

function byName<T>(values: Readonly<Record<string, T>>): (T & { name: string })[] {
    const entries = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
    return entries.map(([name, value]) => ({ ...value, name }));
}

function byFileName(a: UserFile, b: UserFile): number {
    return a.name < b.name ? -1 : 1;
}
