import { ClusterName } from "./source";
import { kubeconfigProblem } from "./kubeconfig";
import { nearest } from "./nearest";
import { isPlain, keyAt, type Problem, removal } from "./problems";
import type { SecretKeys } from "./schema";
import { privateKeyProblem } from "./ssh";

/** What `config/load.ts` found under the keys that decide which secrets must be there. */
export interface SecretsWanted {
    /** Whether the stack has a VM side. */
    readonly vm: boolean;
    /** Whether the VM is reached through a jump host. */
    readonly proxy: boolean;
    /** Name and context of every cluster that is configured, however badly. */
    readonly clusters: ReadonlyMap<string, string | undefined>;
}

const SET_PRIVATE_KEY = "pulumi config set --secret vmPrivateKey < FILE";

/** Checks the private key. Like every check in this file it says nothing of the value. */
export function privateKeyProblems(key: unknown, { vm }: SecretsWanted): Problem[] {
    const problem = (message: string, remedy = SET_PRIVATE_KEY) => [{ key: "vmPrivateKey", message, remedy }];
    if (key === undefined) {
        return vm ? problem("is missing: the private key that opens the VM over SSH") : [];
    }
    const message = privateKeyProblem(typeof key === "string" ? key : "");
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
    const message = privateKeyProblem(typeof key === "string" ? key : "");
    if (message !== undefined) {
        return problem(message, "pulumi config set --secret vmProxyPrivateKey < FILE");
    }
    return proxy ? [] : problem("is set, but vm.proxy is not", "set vm.proxy, or: pulumi config rm vmProxyPrivateKey");
}

/** Checks the kubeconfigs against the clusters, both ways. */
export function kubeconfigProblems(kubeconfigs: unknown, { clusters }: SecretsWanted): Problem[] {
    if (typeof kubeconfigs !== "object" || kubeconfigs === null || Array.isArray(kubeconfigs)) {
        const remedy = "pulumi config rm kubeconfigs, then set each one by its cluster's name";
        return [{ key: "kubeconfigs", message: "must hold one kubeconfig by cluster name", remedy }];
    }
    const given = new Map(Object.entries(kubeconfigs as Record<string, unknown>));
    const missing = [...clusters.keys()]
        // A name that is refused anyway is no reason to ask for a kubeconfig of that name.
        .filter((name) => !given.has(name) && ClusterName.safeParse(name).success)
        .map((name) => kubeconfigIssue(name, "is missing: what is set up in the cluster is set up through it"));
    const wrong = [...given].flatMap(([name, text]) => {
        if (!clusters.has(name)) {
            const near = nearest(name, [...clusters.keys()]);
            const hint =
                near === undefined ? "there is no cluster of that name" : `did you mean the cluster '${near}'?`;
            const key = keyAt("kubeconfigs", [name]);
            return [{ key, message: `belongs to no cluster; ${hint}`, remedy: removal(key) }];
        }
        const message = typeof text === "string" ? kubeconfigProblem(text, clusters.get(name)) : "must be text";
        return message === undefined ? [] : [kubeconfigIssue(name, message)];
    });
    return [...missing, ...wrong];
}

function kubeconfigIssue(name: string, message: string): Problem {
    const key = keyAt("kubeconfigs", [name]);
    const remedy = `pulumi config set --secret --path '${key}' < KUBECONFIG`;
    return { key, message, remedy: isPlain(key) ? remedy : removal(key) };
}

/** Keys that hold one secret by name each. */
const BY_NAME: Partial<Record<keyof typeof SecretKeys.shape, string>> = {
    kubeconfigs: "--path 'kubeconfigs.NAME'",
    frontPasswordHashes: "--path 'frontPasswordHashes.NAME'",
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
