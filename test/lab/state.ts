import { kubectl, vm } from "./lab";

/** Every kind of object that the cluster side makes; all carry the label. */
export const KINDS = [
    "namespaces",
    "serviceaccounts",
    "secrets",
    "configmaps",
    "services",
    "deployments",
    "networkpolicies",
    "ingresses",
    "poddisruptionbudgets",
    "roles",
    "rolebindings",
    "clusterroles",
    "clusterrolebindings",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
].join(",");

export const LABELS = "app.kubernetes.io/part-of=external-prometheus,app.kubernetes.io/managed-by=pulumi";

/** What a deployment may change on the VM, as text that is equal if and only if nothing was: files, and what runs. */
export async function vmState(): Promise<string> {
    return vm(
        [
            "cd /",
            // Data changes by itself. Times in nanoseconds tell whether a file was written, if only with what it held; a
            // folder's would tell of temporary files.
            "find usr/local etc root -path usr/local/var/lib/prometheus -prune -o -type d -printf '%p/ %m %u:%g\\n' " +
                "-o -printf '%p %m %u:%g %s %T@ %l\\n' | sort",
            "systemctl show -P MainPID,NRestarts,ExecMainStartTimestampMonotonic prometheus",
            "curl -s http://127.0.0.1:9090/metrics | grep '^prometheus_config_last_reload' || echo not running",
        ].join(" && "),
    );
}

/**
 * Every object of ours in the cluster with its resource version, which counts each write (that of when a token was last used,
 * too), or with what tells it from one made anew.
 */
export async function clusterState(by: "resourceVersion" | "uid" = "resourceVersion"): Promise<string> {
    const columns = `KIND:.kind,NAMESPACE:.metadata.namespace,NAME:.metadata.name,BY:.metadata.${by}`;
    return kubectl("get", KINDS, "--all-namespaces", "-l", LABELS, "-o", `custom-columns=${columns}`, "--no-headers");
}

/** Both, to be compared as a whole. */
export async function labState(by?: Parameters<typeof clusterState>[0]): Promise<{ vm: string; cluster: string }> {
    return { vm: await vmState(), cluster: await clusterState(by) };
}
