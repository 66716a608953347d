import type { BundleFile } from "../host/bundle";
import { RENEWAL_SERVICE, RENEWAL_HOME } from "../host/renewal";
import type { DeclaredProgram } from "./declared";
import type { DeclaredPath } from "./declaredPaths";
import type { Facts } from "./driftFacts";
import type { Finding } from "./driftFinding";
import { timedFindings } from "./driftTimed";

/**
 * What differs in what gets tokens on the VM itself. Of the tokens only that they are there, and for whom: what is in them
 * changes all the time.
 */
export function renewalFindings(programs: readonly DeclaredProgram[], facts: Facts): Finding[] {
    const program = programs.find(({ credentials }) => credentials !== undefined);
    const files = program?.renewal ?? [];
    const made = tokens(files).map((path): DeclaredPath => {
        return { step: "credentials", path, kind: "file", mode: "0640", owner: "root:prometheus" };
    });
    const timed = { folder: "renewal", service: RENEWAL_SERVICE, step: "credentials", files, made } as const;
    return timedFindings(program, timed, facts);
}

/** Where the VM keeps what it gets, by what it asks for. */
function tokens(files: readonly BundleFile[]): string[] {
    return files.flatMap(({ path, content }) => {
        const [, cluster] = /^clusters\/([^/]+)\/accounts$/.exec(path) ?? [];
        const purposes = cluster === undefined ? [] : content.trimEnd().split("\n");
        return purposes.map((line) => `${RENEWAL_HOME}/tokens/${cluster ?? ""}/${line.split(" ")[0] ?? ""}.token`);
    });
}
