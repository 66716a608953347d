import type { Purpose } from "./rbac";

/** Namespace of all that this program makes in a cluster, but for what must lie elsewhere. */
export const NAMESPACE = "external-prometheus";

/** Name of the ServiceAccount with that purpose. */
export function accountName(purpose: Purpose): string {
    return `${NAMESPACE}-${purpose}`;
}
