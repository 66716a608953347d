import { isAll, type KubernetesSource } from "../source";
import { credentialPaths, tokenPaths } from "./credentials";
import type { KubernetesSdConfig } from "./types";

/** Finds targets at the cluster's API server, in these namespaces, with the token that does nothing but list objects. */
export function discovery(
    source: KubernetesSource,
    role: KubernetesSdConfig["role"],
    namespaces: readonly string[] = ["*"],
): KubernetesSdConfig {
    return {
        role,
        api_server: source.server,
        ...(!isAll(namespaces) && { namespaces: { names: [...namespaces] } }),
        authorization: { credentials_file: tokenPaths(source).discovery },
        tls_config: { ca_file: credentialPaths(source.name).ca },
    };
}
