import { z } from "zod";
import { ServerName } from "./front";
import { frontKeyProblems, passwordHashProblems } from "./frontSecrets";
import { clientCaProblems, serverCertificateProblems } from "./frontCertificate";
import { ruleFileProblems } from "./files";
import { plainProblems, unknownKey, type Problem, removal } from "./problems";
import { pathOf } from "./cluster";
import { httpSecretProblems } from "./httpSecrets";
import { probeProblems } from "./scrapeJobs";
import { scrapeFileProblems } from "./scrapeFile";
import { PlainKeys, SecretKeys } from "./schema";
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
import { Certificate, field, isEmptied } from "./scalars";
import { readUserFiles } from "./readFile";
import { JOB_NAMES } from "./source";

/** The keys of a configuration as they were found, by name. */
export type Keys = ReadonlyMap<string, { readonly value: unknown; readonly secret: boolean }>;

type SecretName = keyof typeof SecretKeys.shape;

/** All that is wrong with a configuration. Says nothing of a secret. */
export function problemsOf(keys: Keys): Problem[] {
    const plain = Object.keys(PlainKeys.shape) as (keyof typeof PlainKeys.shape)[];
    const known: string[] = [...plain, ...Object.keys(SecretKeys.shape)];
    return [
        ...[...keys.keys()].filter((name) => !known.includes(name)).map((name) => unknownKey(name, name, known)),
        ...plain.flatMap((name) => {
            const key = keys.get(name);
            if (key === undefined) {
                return [];
            }
            return key.secret ? [secretPlainProblem(name)] : plainProblems(PlainKeys.shape[name], name, key.value);
        }),
        ...secretProblems(keys),
        ...probeProblems(keys.get("scrapeJobs")?.value, keys.has("blackboxExporter")),
        ...sideProblems(keys),
        ...frontProblems(keys, new Date()),
        ...userFileProblems(keys),
    ];
}

/** What is wrong with its secrets, in view of what asks for them; those that are not known yet are only counted. */
export function secretProblems(keys: Keys): Problem[] {
    const wanted = secretsWanted(keys);
    const check = (name: SecretName, problems: (value: unknown) => Problem[]) => {
        const key = keys.get(name);
        const isInClear = key !== undefined && !key.secret && !isEmptied(key.value);
        return isInClear ? [plainSecretProblem(name)] : problems(key?.value);
    };
    return [
        ...check("vmPrivateKey", (value) => privateKeyProblems(value, wanted)),
        ...check("vmProxyPrivateKey", (value) => proxyKeyProblems(value, wanted)),
        ...check("frontPrivateKey", (value) => frontKeyProblems(value, keys.get("front")?.value)),
        ...check("frontPasswordHashes", (value) => passwordHashProblems(value, keys.get("front")?.value)),
        ...check("kubeconfigs", (value) => kubeconfigProblems(value, wanted)),
        ...check("endpointPasswords", (value) => endpointPasswordProblems(value, wanted)),
        ...check("endpointPrivateKeys", (value) => endpointKeyProblems(value, wanted)),
        ...check("httpSecrets", (value) =>
            httpSecretProblems(value, {
                scrapeJobs: keys.get("scrapeJobs")?.value,
                alertmanagers: keys.get("alertmanagers")?.value,
                remoteWrite: keys.get("remoteWrite")?.value,
            }),
        ),
    ];
}

function userFileProblems(keys: Keys): Problem[] {
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
export function userFiles(list: "ruleFiles" | "scrapeConfigFiles", keys: Keys) {
    return readUserFiles(process.cwd(), `prometheus.${list}`, field(keys.get("prometheus")?.value, list));
}

function secretsWanted(keys: Keys): SecretsWanted {
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
function sideProblems(keys: Keys): Problem[] {
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
function frontProblems(keys: Keys, now: Date): Problem[] {
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
