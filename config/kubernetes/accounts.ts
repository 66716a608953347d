import type { ScrapePurpose } from "../source";

/** What an account is for: a use of its token, or to ask for the tokens of the others. */
export type Purpose = ScrapePurpose | "renewal";

/** Namespace of all that this program makes in a cluster, but for what must lie elsewhere. */
export const NAMESPACE = "external-prometheus";

/** Name of the ServiceAccount with that purpose. */
export function accountName(purpose: Purpose): string {
    return `${NAMESPACE}-${purpose}`;
}
