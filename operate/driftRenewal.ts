import type { BundleFile } from "../host/bundle";
import { RENEWAL_SERVICE, RENEWAL_HOME } from "../host/renewal";
import type { DeclaredProgram } from "./declared";
import { type DeclaredPath, file, STATE } from "./declaredPaths";
import type { Facts } from "./driftFacts";
import { pathFindings } from "./driftFiles";
import { type Finding, NOTHING } from "./driftFinding";

const FOLDER = `${STATE}/renewal`;
const TIMER = `${RENEWAL_SERVICE}.timer`;

/**
 * What differs in what gets tokens on the VM itself. Of the tokens only that they are there, and for whom: what is in them
 * changes all the time.
 */
export function renewalFindings(programs: readonly DeclaredProgram[], { entries, programs: seen }: Facts): Finding[] {
    const program = programs.find(({ credentials }) => credentials !== undefined);
    const files = program?.renewal ?? [];
    const find = (what: string, found: string, declared: string): Finding => ({
        what,
        found,
        declared,
        repair: program && { program: program.name, step: "credentials" },
    });
    const declared: DeclaredPath[] = [
        ...files.map((each) => file("credentials", placeOf(each.path), "root:root", each)),
        ...tokens(files).map((path): DeclaredPath => {
            return { step: "credentials", path, kind: "file", mode: "0640", owner: "root:prometheus" };
        }),
    ];
    const extra = [...entries.keys()].filter((path) => {
        const isOurs = path.startsWith(`${FOLDER}/`) || path.startsWith(placeOf(`${RENEWAL_SERVICE}.`));
        return isOurs && !declared.some(({ path: place }) => place === path || place.startsWith(`${path}/`));
    });
    const { LoadState = "", ActiveState = "", UnitFileState = "" } = seen.get(TIMER)?.unit ?? {};
    return [
        ...(program === undefined
            ? []
            : declared.flatMap((path) => pathFindings(program, path, entries.get(path.path)))),
        ...extra.map((path) => find(path, "there", NOTHING)),
        ...(files.length > 0 && (ActiveState !== "active" || UnitFileState !== "enabled")
            ? [find(TIMER, `${LoadState}, ${ActiveState}, ${UnitFileState}`, "loaded, active, enabled")]
            : []),
    ];
}

/** Of a file of the bundle, by its path there. */
function placeOf(path: string): string {
    return path.startsWith(`${RENEWAL_SERVICE}.`) ? `/etc/systemd/system/${path}` : `${FOLDER}/${path}`;
}

/** Where the VM keeps what it gets, by what it asks for. */
function tokens(files: readonly BundleFile[]): string[] {
    return files.flatMap(({ path, content }) => {
        const [, cluster] = /^clusters\/([^/]+)\/accounts$/.exec(path) ?? [];
        const purposes = cluster === undefined ? [] : content.trimEnd().split("\n");
        return purposes.map((line) => `${RENEWAL_HOME}/tokens/${cluster ?? ""}/${line.split(" ")[0] ?? ""}.token`);
    });
}
