import { type ExpectedCluster, kubeconfigProblem } from "./kubeconfig";
import { secretLineProblem } from "./lines";
import type { Problem } from "./problems";
import { certificateKeyProblem } from "./privateKey";
import type { SecretKeys } from "./schema";
import { byNameProblems, type Owner } from "./secretsByName";
import { textProblem } from "./secretText";
import { ClusterName } from "./source";
import { privateKeyProblem } from "./ssh";

/** What was found under the keys that decide which secrets must be there. */
export interface SecretsWanted {
    /** Whether the stack has a VM side. */
    readonly vm: boolean;
    /** Whether the VM is reached through a jump host. */
    readonly proxy: boolean;
    /** Every cluster that is configured, however badly, by name. */
    readonly clusters: ReadonlyMap<string, WantingCluster>;
}

/** What of a cluster's configuration asks for secrets. */
export interface WantingCluster extends ExpectedCluster {
    /** Whether something is made in it. */
    readonly isTouched: boolean;
    /** Whether its endpoint asks for a password. */
    readonly username: boolean;
    /** What the VM shows to its endpoint, in PEM form, or what stands there instead. */
    readonly clientCertificate?: string | undefined;
}

const SET_PRIVATE_KEY = "pulumi config set --secret vmPrivateKey < FILE";

/** Checks the private key. Like every check in this file it says nothing of the value. */
export function privateKeyProblems(key: unknown, { vm }: SecretsWanted): Problem[] {
    const problem = (message: string, remedy = SET_PRIVATE_KEY) => [{ key: "vmPrivateKey", message, remedy }];
    if (key === undefined) {
        return vm ? problem("is missing: the private key that opens the VM over SSH") : [];
    }
    const message = textProblem(key, privateKeyProblem);
    if (message !== undefined) {
        return problem(message);
    }
    return vm ? [] : problem("is set, but vm is not", "set vm, or: pulumi config rm vmPrivateKey");
}

/** Checks the jump host's private key, which may be left out: then the VM's own opens it. */
export function proxyKeyProblems(key: unknown, { proxy }: SecretsWanted): Problem[] {
    if (key === undefined) {
        return [];
    }
    const problem = (message: string, remedy: string) => [{ key: "vmProxyPrivateKey", message, remedy }];
    const message = textProblem(key, privateKeyProblem);
    if (message !== undefined) {
        return problem(message, "pulumi config set --secret vmProxyPrivateKey < FILE");
    }
    return proxy ? [] : problem("is set, but vm.proxy is not", "set vm.proxy, or: pulumi config rm vmProxyPrivateKey");
}

/** Checks the kubeconfigs against the clusters, both ways. */
export function kubeconfigProblems(kubeconfigs: unknown, { clusters }: SecretsWanted): Problem[] {
    return byNameProblems(kubeconfigs, {
        key: "kubeconfigs",
        each: "one kubeconfig by cluster name",
        owner: "cluster",
        owners: owners(clusters, (cluster, name) => {
            // A name that is refused anyway is no reason to ask for a kubeconfig of that name.
            const isNeeded = cluster.isTouched && ClusterName.safeParse(name).success;
            return {
                missing: isNeeded ? "is missing: what is set up in the cluster is set up through it" : undefined,
                check: (text) => kubeconfigProblem(text, cluster),
            };
        }),
        remedy: (key) => `pulumi config set --secret --path '${key}' < KUBECONFIG`,
        stranger: "belongs to no cluster",
    });
}

/** Checks the passwords against the clusters whose endpoint names a user, both ways. */
export function endpointPasswordProblems(passwords: unknown, { clusters }: SecretsWanted): Problem[] {
    return byNameProblems(passwords, {
        key: "endpointPasswords",
        each: "one password by cluster name",
        owner: "cluster",
        owners: owners(
            clusters,
            ({ username }) =>
                username && {
                    missing: "is missing: the password of the endpoint's username",
                    check: secretLineProblem,
                },
        ),
        remedy: setFromFile,
        stranger: "belongs to no cluster whose endpoint has a username",
    });
}

/** Checks the keys against the clusters whose endpoint names a certificate for the VM, both ways. */
export function endpointKeyProblems(keys: unknown, { clusters }: SecretsWanted): Problem[] {
    return byNameProblems(keys, {
        key: "endpointPrivateKeys",
        each: "one private key by cluster name",
        owner: "cluster",
        owners: owners(
            clusters,
            ({ clientCertificate }) =>
                clientCertificate !== undefined && {
                    missing: "is missing: the private key of the endpoint's clientCertificate",
                    check: (text) => certificateKeyProblem(text, clientCertificate, "the endpoint's clientCertificate"),
                },
        ),
        remedy: setFromFile,
        stranger: "belongs to no cluster whose endpoint has a clientCertificate",
    });
}

/** The clusters that have such a secret, or may have one. */
function owners(
    clusters: SecretsWanted["clusters"],
    ownerOf: (cluster: WantingCluster, name: string) => Owner | false,
): ReadonlyMap<string, Owner> {
    return new Map(
        [...clusters].flatMap(([name, cluster]) => {
            const owner = ownerOf(cluster, name);
            return owner === false ? [] : [[name, owner] as const];
        }),
    );
}

function setFromFile(key: string): string {
    return `pulumi config set --secret --path '${key}' < FILE`;
}

/** Keys that hold one secret by name each. */
const BY_NAME: Partial<Record<keyof typeof SecretKeys.shape, string>> = {
    kubeconfigs: "--path 'kubeconfigs.NAME'",
    frontPasswordHashes: "--path 'frontPasswordHashes.NAME'",
    endpointPasswords: "--path 'endpointPasswords.NAME'",
    endpointPrivateKeys: "--path 'endpointPrivateKeys.NAME'",
    httpSecrets: "--path 'httpSecrets.scrapeJobs.NAME.password'",
};

/** A secret that stands in clear in the stack's file. */
export function plainSecretProblem(key: keyof typeof SecretKeys.shape): Problem {
    const remedy = `pulumi config set --secret ${BY_NAME[key] ?? key} < FILE`;
    return {
        key,
        message: "is a secret, but stands in clear in the stack's file; replace it, for others may have read it",
        remedy: `pulumi config rm ${key}, then: ${remedy}`,
    };
}

/** The reverse: a value that previews and outputs must be able to show. */
export function secretPlainProblem(key: string): Problem {
    return {
        key,
        message: "is set as a secret, as a whole or in part; its values must be plain, since previews show them",
        remedy: `pulumi config rm ${key}, then set it again without --secret`,
    };
}
