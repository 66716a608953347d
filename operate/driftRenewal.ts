import { createHash } from "node:crypto";
import type { BundleFile } from "../host/bundle";
import { RENEWAL_SERVICE, RENEWAL_HOME } from "../host/renewal";
import type { DeclaredProgram } from "./declared";
import { STATE } from "./declaredPaths";
import type { Entry, Facts } from "./driftFacts";
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
    const compared = (path: string, kind: Entry["kind"], rights: string, content?: string): Finding[] => {
        const entry = entries.get(path);
        if (entry?.kind !== kind) {
            return [find(path, entry === undefined ? "missing" : `a ${entry.kind}`, `a ${kind}`)];
        }
        const found = `${entry.mode} ${entry.owner}`;
        const differs = content !== undefined && entry.sum !== createHash("sha256").update(content).digest("hex");
        return [
            ...(differs ? [find(path, "content differs", "as deployed")] : []),
            ...(found === rights ? [] : [find(path, found, rights)]),
        ];
    };
    const wanted = files.map((file) => ({ ...file, place: placeOf(file) }));
    const places = wanted.map(({ place }) => place);
    const extra = [...entries.keys()].filter((path) => {
        const isOurs =
            path.startsWith(`${FOLDER}/`) || /^\/etc\/systemd\/system\/external-prometheus-tokens\./.test(path);
        return isOurs && !places.some((place) => place === path || place.startsWith(`${path}/`));
    });
    const { LoadState = "", ActiveState = "", UnitFileState = "" } = seen.get(TIMER)?.unit ?? {};
    return [
        ...wanted.flatMap(({ place, mode, content }) => compared(place, "file", `${mode} root:root`, content)),
        ...tokens(files).flatMap((path) => compared(path, "file", "0640 root:prometheus")),
        ...extra.map((path) => find(path, "there", NOTHING)),
        ...(files.length > 0 && (ActiveState !== "active" || UnitFileState !== "enabled")
            ? [find(TIMER, `${LoadState}, ${ActiveState}, ${UnitFileState}`, "loaded, active, enabled")]
            : []),
    ];
}

function placeOf({ path }: BundleFile): string {
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
