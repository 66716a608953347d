import * as pulumi from "@pulumi/pulumi";
import { type Keys, problemsOf, secretProblems, userFiles } from "./check";
import { decided } from "./decided";
import type { UserFile } from "./files";
import { HttpSecrets } from "./httpSecrets";
import { renderGivenProblems, renderProblems } from "./problems";
import { type ConfigValues, PlainKeys, SecretKeys, type SecretValues, type StackConfig } from "./schema";
import { isObject } from "./scalars";

const NAMESPACE = "external-prometheus";

const COMPANIONS = [
    ["nodeExporter", "node_exporter"],
    ["alertmanager", "alertmanager"],
    ["blackboxExporter", "blackbox_exporter"],
] as const;

/**
 * Reads and checks the stack's configuration, the keys of the namespace `external-prometheus`; nothing else does. Throws one
 * RunError that names every problem at once and shows no secret.
 */
export function loadConfig(): StackConfig {
    const keys = readKeys();
    const problems = problemsOf(keys);
    if (problems.length > 0) {
        throw new pulumi.RunError(
            renderProblems(NAMESPACE, problems, { project: pulumi.getProject(), stack: pulumi.getStack() }),
        );
    }
    return configOf(keys);
}

type VmValues = Required<Pick<ConfigValues, "vm" | "vmPrivateKey">>;

/**
 * The same for values that a program gives, whatever the stack's configuration is. What is not secret has to be known, since
 * the documents that previews show are made of it. A secret that is an output is checked once it is known, before anything
 * gets it; the deployment then fails by the same error. Files that `prometheus` names are read from the directory that the
 * program is run in.
 */
export function parseConfig(
    values: ConfigValues & VmValues,
): StackConfig & Required<Pick<StackConfig, "vm" | "vmPrivateKey">>;
export function parseConfig(values: ConfigValues): StackConfig;
export function parseConfig(values: ConfigValues): StackConfig {
    const given = Object.entries(values).filter(([, value]) => value !== undefined);
    const keys: Keys = new Map(
        given.map(([name, value]) => [name, { value, secret: Object.hasOwn(SecretKeys.shape, name) }]),
    );
    refuse(problemsOf(keys));
    return configOf(keys);
}

function refuse(problems: ReturnType<typeof problemsOf>): void {
    if (problems.length > 0) {
        throw new pulumi.RunError(renderGivenProblems(problems));
    }
}

/** What keys without a problem stand for. */
function configOf(keys: Keys): StackConfig {
    const { vm, prometheus, front, clusters, sourceStacks, federatedStacks, heldClusters, ...rest } = PlainKeys.parse(
        valuesOf(keys, PlainKeys),
    );
    const { scrapeJobs, alertmanagers, remoteWrite, ...companions } = rest;
    const secrets: SecretValues = valuesOf(keys, SecretKeys);
    const { vmPrivateKey, vmProxyPrivateKey, frontPrivateKey, frontPasswordHashes = {}, httpSecrets = {} } = secrets;
    const ofCluster = (name: "kubeconfigs" | "endpointPasswords" | "endpointPrivateKeys", cluster: string) => {
        const all = secrets[name] ?? {};
        const own = Object.hasOwn(all, cluster) ? all[cluster] : undefined;
        return own === undefined ? undefined : secret(keys, own, (text) => ({ [name]: { ...all, [cluster]: text } }));
    };
    return {
        ...(vm !== undefined && { vm }),
        ...(vmPrivateKey !== undefined && {
            vmPrivateKey: secret(keys, vmPrivateKey, (text) => ({ vmPrivateKey: text })),
        }),
        ...(vmProxyPrivateKey !== undefined && {
            vmProxyPrivateKey: secret(keys, vmProxyPrivateKey, (text) => ({ vmProxyPrivateKey: text })),
        }),
        prometheus,
        ...(front !== undefined && {
            front: {
                config: front,
                ...(frontPrivateKey !== undefined && {
                    privateKey: secret(keys, frontPrivateKey, (text) => ({ frontPrivateKey: text })),
                }),
                passwordHashes: secret(keys, frontPasswordHashes, (hashes) => ({ frontPasswordHashes: hashes })),
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
            // One that is missing and needed was among the problems.
            kubeconfig: ofCluster("kubeconfigs", cluster.name) ?? pulumi.secret(""),
            endpointSecrets: pulumi.secret({
                password: ofCluster("endpointPasswords", cluster.name),
                privateKey: ofCluster("endpointPrivateKeys", cluster.name),
            }),
        })),
        scrapeJobs: byName(scrapeJobs),
        alertmanagers: byName(alertmanagers),
        remoteWrite: byName(remoteWrite),
        httpSecrets: secret(keys, httpSecrets, (known) => ({ httpSecrets: known })).apply((known) =>
            HttpSecrets.parse(known),
        ),
    };
}

/**
 * A secret for whoever uses it. Where a resource gives it, nobody has seen it when all else was checked: it may be nothing
 * at all, such as what another stack cannot decrypt.
 */
function secret<T>(
    keys: Keys,
    given: T,
    asKnown: (known: pulumi.Unwrap<T>) => Record<string, unknown>,
): pulumi.Output<pulumi.Unwrap<T>> {
    if (!hasOutput(given)) {
        return pulumi.secret(given);
    }
    return pulumi.secret(given).apply((known) => {
        const settled = Object.entries(asKnown(known)).map(([name, value]) => [name, { value, secret: true }] as const);
        refuse(secretProblems(new Map([...keys, ...settled])));
        return known;
    });
}

function hasOutput(value: unknown): boolean {
    return pulumi.Output.isInstance(value) || (isObject(value) && Object.values(value).some(hasOutput));
}

function readKeys(): Keys {
    // Public at run time, left out of the SDK's types; without it a secret in clear could not be told from a kept one.
    const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret: (key: string) => boolean };
    return new Map(
        Object.entries(pulumi.runtime.allConfig())
            .filter(([key]) => key.startsWith(`${NAMESPACE}:`))
            .map(([key, text]) => [
                key.slice(NAMESPACE.length + 1),
                { value: parseValue(text), secret: isConfigSecret(key) },
            ]),
    );
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

/** Those of the keys that a schema knows. */
function valuesOf(keys: Keys, { shape }: typeof PlainKeys | typeof SecretKeys): Record<string, unknown> {
    const own = [...keys].filter(([name]) => Object.hasOwn(shape, name));
    return Object.fromEntries(own.map(([name, { value }]) => [name, value]));
}

function byName<T>(values: Readonly<Record<string, T>>): (T & { name: string })[] {
    const entries = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
    return entries.map(([name, value]) => ({ ...value, name }));
}

function byFileName(a: UserFile, b: UserFile): number {
    return a.name < b.name ? -1 : 1;
}
