import { annotation, field, isFields, text, type Fields } from "./objects";

/** Group, version and kind of an object; the core group is the empty text. */
export interface GroupVersionKind {
    readonly group: string;
    readonly version: string;
    readonly kind: string;
}

/** The value of `apiVersion`. */
export function apiVersionOf({ group, version }: GroupVersionKind): string {
    return group === "" ? version : `${group}/${version}`;
}

/** What an object says that it is. */
export function kindOf(object: Fields): GroupVersionKind {
    const [first = "", second] = text(object, "apiVersion").split("/");
    const kind = text(object, "kind");
    return second === undefined
        ? { group: "", version: first, kind }
        : { group: first === "core" ? "" : first, version: second, kind };
}

/** What a type token such as `kubernetes:core/v1:Secret` stands for. */
export function kindOfToken(token: string): GroupVersionKind {
    const [, module = "", kind = ""] = token.split(":");
    const [group = "", version = "", ...rest] = module.split("/");
    const refused =
        version === "" ||
        rest.length > 0 ||
        group === "helm.sh" ||
        group === "kustomize" ||
        group === "apiextensions.k8s.io" ||
        /(Patch|List)$/.test(kind);
    if (refused) {
        throw new Error(
            `${token}: the lab's stand-in implements Kubernetes objects only; ` +
                "charts, directories, Patch and List resources and custom resource definitions need the official plugin",
        );
    }
    return { group: group === "core" ? "" : group, version, kind };
}

// Kinds of Kubernetes' own groups, so that a diff needs no cluster (kinds/kinds.go).
const namespaced = new Set(
    (
        "Binding ConfigMap ControllerRevision CronJob CSIStorageCapacity DaemonSet Deployment Endpoints EndpointSlice Event " +
        "HorizontalPodAutoscaler Ingress Job Lease LimitRange NetworkPolicy PersistentVolumeClaim Pod PodDisruptionBudget " +
        "PodTemplate ReplicaSet ReplicationController ResourceQuota Role RoleBinding Secret Service ServiceAccount StatefulSet"
    ).split(" "),
);
const clusterWide = new Set(
    (
        "APIService CertificateSigningRequest ClusterRole ClusterRoleBinding CSIDriver CSINode FlowSchema IngressClass " +
        "MutatingWebhookConfiguration Namespace Node PersistentVolume PriorityClass PriorityLevelConfiguration RuntimeClass " +
        "StorageClass ValidatingWebhookConfiguration VolumeAttachment"
    ).split(" "),
);

/** Whether objects of a kind of Kubernetes' own live in a namespace; undefined for kinds that only the API server knows. */
export function knownNamespaced({ group, kind }: GroupVersionKind): boolean | undefined {
    const own = !group.includes(".") || group.endsWith(".k8s.io");
    if (own && namespaced.has(kind)) {
        return true;
    }
    return own && clusterWide.has(kind) ? false : undefined;
}

const selector = [".spec.selector"];
const forceNew: Record<string, readonly string[]> = {
    "v1/ConfigMap": [".binaryData", ".data"],
    "v1/Secret": [".type", ".stringData", ".data"],
    "v1/Service": [".spec.clusterIP"],
    "apps/v1/DaemonSet": selector,
    "apps/v1/Deployment": selector,
    "apps/v1/StatefulSet": [
        ".spec.podManagementPolicy",
        ".spec.revisionHistoryLimit",
        ".spec.selector",
        ".spec.serviceName",
        ".spec.volumeClaimTemplates",
    ],
    "rbac.authorization.k8s.io/v1/ClusterRoleBinding": [".roleRef"],
    "rbac.authorization.k8s.io/v1/RoleBinding": [".roleRef"],
    "storage.k8s.io/v1/StorageClass": [".parameters", ".provisioner"],
};

/**
 * Fields whose change replaces the object (diff.go). The contents of Secrets and ConfigMaps are among them: the official plugin
 * takes both for immutable unless `enableSecretMutable` or `enableConfigMapMutable` is set.
 */
export function forceNewFields(kind: GroupVersionKind): readonly string[] {
    return [".metadata.name", ".metadata.namespace", ...(forceNew[`${apiVersionOf(kind)}/${kind.kind}`] ?? [])];
}

// The official plugin waits for these or compares them in ways of its own, which is not implemented here.
const unimplemented = new Set([
    "apps/v1/DaemonSet",
    "batch/v1/Job",
    "networking.k8s.io/v1/Ingress",
    "v1/PersistentVolume",
    "v1/PersistentVolumeClaim",
    "v1/Pod",
    "v1/ReplicationController",
    "v1/ResourceQuota",
]);

const annotations = new Set(
    "autonamed skipAwait waitFor timeoutSeconds patchForce patchFieldManager deletionPropagationPolicy".split(" "),
);

/** Refuses what would be ignored here and not by the official plugin. */
export function refuseUnimplemented(object: Fields): void {
    const kind = kindOf(object);
    const what = `${apiVersionOf(kind)}/${kind.kind}`;
    if (unimplemented.has(what)) {
        throw new Error(`${what}: the lab's stand-in does not implement this kind; use the official plugin for it`);
    }
    const given = field(object, "metadata", "annotations");
    for (const key of isFields(given) ? Object.keys(given) : []) {
        if (key.startsWith("pulumi.com/") && !annotations.has(key.slice("pulumi.com/".length))) {
            throw new Error(`${what}: the lab's stand-in does not implement the annotation ${key}`);
        }
    }
}

/** Whether the object asks not to be waited for. */
export function skipsAwait(object: Fields): boolean {
    return annotation(object, "pulumi.com/skipAwait") === "true";
}
