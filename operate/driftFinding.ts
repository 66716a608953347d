import { columns } from "./columns";
import type { StepName } from "./declared";

/** One difference between a VM and what its stack has declared. Never holds a secret. */
export interface Finding {
    /** Path, unit, or what else is meant. */
    readonly what: string;
    readonly found: string;
    readonly declared: string;
    /** What puts it right: a step of a program when it runs again, or setting the machine up anew; undefined: only a person. */
    readonly repair?: Repair | undefined;
}

export type Repair = { readonly program: string; readonly step: StepName } | "machine";

/** What stands for "nothing" in either column. */
export const NOTHING = "-";

export function findingsTable(findings: readonly Finding[]): string {
    const rows = findings.map(({ what, found, declared }) => [what, found, declared].map(printable));
    return columns([["WHAT", "FOUND", "DECLARED"], ...rows]);
}

/** A name that somebody gave a file on the VM must not control the terminal, nor fill it. */
function printable(text: string): string {
    const plain = text.replaceAll(/\p{C}/gu, "?");
    return plain.length > 120 ? `${plain.slice(0, 119)}…` : plain;
}
