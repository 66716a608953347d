import type { BundleFile } from "../host/bundle";
import type { DeclaredProgram, StepName } from "./declared";
import { type DeclaredPath, file, STATE } from "./declaredPaths";
import type { Facts } from "./driftFacts";
import { pathFindings } from "./driftFiles";
import { type Finding, NOTHING } from "./driftFinding";

/** What a step has put beside Prometheus, for a timer to start it again and again. */
export interface Timed {
    /** Below the folder of all that is ours on the VM. */
    readonly folder: string;
    /** Of its units, without their ending. */
    readonly service: string;
    readonly step: StepName;
    /** By their paths in the bundle; units among them. */
    readonly files: readonly BundleFile[];
    /** What it makes itself. */
    readonly made?: readonly DeclaredPath[];
}

/** What differs in it; nothing where the program that it belongs to is not known. */
export function timedFindings(
    program: DeclaredProgram | undefined,
    { folder, service, step, files, made = [] }: Timed,
    { entries, programs: seen }: Facts,
): Finding[] {
    const timer = `${service}.timer`;
    const find = (what: string, found: string, declared: string): Finding => ({
        what,
        found,
        declared,
        repair: program && { program: program.name, step },
    });
    const placeOf = (path: string) =>
        path.startsWith(`${service}.`) ? `/etc/systemd/system/${path}` : `${STATE}/${folder}/${path}`;
    const declared = [...files.map((each) => file(step, placeOf(each.path), "root:root", each)), ...made];
    const extra = [...entries.keys()].filter((path) => {
        const isOurs = path.startsWith(placeOf("")) || path.startsWith(placeOf(`${service}.`));
        return isOurs && !declared.some(({ path: place }) => place === path || place.startsWith(`${path}/`));
    });
    const { LoadState = "", ActiveState = "", UnitFileState = "" } = seen.get(timer)?.unit ?? {};
    return [
        ...(program === undefined
            ? []
            : declared.flatMap((path) => pathFindings(program, path, entries.get(path.path)))),
        ...extra.map((path) => find(path, "there", NOTHING)),
        ...(files.length > 0 && (ActiveState !== "active" || UnitFileState !== "enabled")
            ? [find(timer, `${LoadState}, ${ActiveState}, ${UnitFileState}`, "loaded, active, enabled")]
            : []),
    ];
}
