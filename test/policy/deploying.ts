import { bundle } from "../../host/bundle";
import { COMMAND } from "../components/vm";
import type { Deployed, Resource, Violation } from "./deployed";

/** A stack that would deploy these and nothing else. */
export function deploying(resources: readonly Partial<Resource>[], rest: Partial<Deployed> = {}): Deployed {
    const whole = resources.map((resource) => ({ type: COMMAND, name: "one", inputs: {}, secrets: [], ...resource }));
    return { resources: whole, inClear: [], hasClusters: true, ...rest };
}

/** A stack with one step, which takes one file to the VM. */
export function taking(path: string, content: string): Deployed {
    return deploying([{ inputs: { stdin: bundle([{ path, mode: "0644", content }]) } }]);
}

export function whats(violations: readonly Violation[]): string[] {
    return violations.map(({ what }) => what);
}
