import { type Declared, STEPS } from "./declared";
import type { Finding } from "./driftFinding";

/**
 * URNs of the resources that a `pulumi up` must make anew so that it puts the findings right. None of the steps has a
 * delete: to make one anew is to run it again. A step stands on those before it, so all that follow it run again too. The
 * gate does have a delete. On a machine that does not carry the stack's mark it removes nothing, and all steps follow by
 * themselves, since what the gate prints is among their inputs.
 */
export function replacements({ gate, programs, front }: Declared, findings: readonly Finding[]): string[] {
    const repairs = findings.flatMap(({ repair }) => repair ?? []);
    if (repairs.includes("machine")) {
        return [gate];
    }
    return [...programs, ...(front === undefined ? [] : [front])].flatMap(({ name, steps }) => {
        const first = Math.min(
            ...repairs.flatMap((repair) => {
                return repair !== "machine" && repair.program === name ? STEPS.indexOf(repair.step) : [];
            }),
        );
        return STEPS.filter((_, i) => i >= first).flatMap((step) => steps[step] ?? []);
    });
}
