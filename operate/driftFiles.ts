import type { DeclaredProgram, StepName } from "./declared";
import { type DeclaredPath, declaredPaths, places, releaseFolder, STATE } from "./declaredPaths";
import type { Entry, Facts } from "./driftFacts";
import { type Finding, NOTHING } from "./driftFinding";

/** What differs among a program's files, folders and links. */
export function fileFindings(program: DeclaredProgram, facts: Facts): Finding[] {
    const { entries, programs } = facts;
    const { etc, data } = places(program.name);
    const target = entries.get(`${etc}/current`)?.target;
    const current = target !== undefined && /^versions\/[^/]+$/.test(target) ? target : undefined;
    const paths = declaredPaths(program, architecture(facts), current);
    // The version's name says nothing to anybody.
    const shown = ({ what, ...rest }: Finding) => ({
        ...rest,
        what: what.replace(`${etc}/${current}/`, `${etc}/current/`),
    });

    const foreign = paths.some(({ path }) => path === data) ? programs.get(program.name)?.foreign : undefined;
    return [
        ...releaseFindings(program, facts),
        ...paths.flatMap((path) => pathFindings(program, path, entries.get(path.path))),
        ...lostRecords(program, entries),
        ...(foreign && foreign.path !== data
            ? [finding(program, "release", foreign.path, foreign.owner, `${program.name}:${program.name}`)]
            : []),
        ...extraFindings(program, etc, paths, entries),
    ].map(shown);
}

/** Without them the scripts on the VM have nothing to go back to. */
function lostRecords(program: DeclaredProgram, entries: Facts["entries"]): Finding[] {
    const healthy = `${STATE}/healthy/${program.name}`;
    const records: readonly (readonly [StepName, string])[] = [
        ...(program.service ? [["service", `${healthy}/release`] as const] : []),
        ...(program.configuration ? [["configuration", `${healthy}/configuration`] as const] : []),
    ];
    return records
        .filter(([, path]) => !entries.has(path))
        .map(([step, path]) => finding(program, step, path, "missing", "what was last seen to work"));
}

/** What others could change in the records that the scripts on the VM keep for themselves, and act on as root. */
export function recordFindings(programs: readonly DeclaredProgram[], { entries }: Facts): Finding[] {
    const program = programs.find(({ release }) => release !== undefined);
    const open = [...entries].filter(([path, { kind, owner, mode }]) => {
        // Links say 0777 whatever holds for them.
        const isSafe = owner.startsWith("root:") && (kind === "link" || (parseInt(mode, 8) & 0o022) === 0);
        return (path === STATE || path.startsWith(`${STATE}/`)) && !isSafe;
    });
    return program === undefined
        ? []
        : open.map(([path, entry]) => finding(program, "release", path, rights(entry), "only root may write"));
}

/** Programs that the scripts on the VM have installed and the stack does not have. */
export function strangerFindings(programs: readonly DeclaredProgram[], { entries }: Facts): Finding[] {
    const installed = [...entries.keys()].map(
        (path) => new RegExp(`^${STATE}/releases/(\\w+)-\\d`).exec(path)?.[1] ?? "",
    );
    const [first] = programs.filter(({ configuration }) => configuration !== undefined);
    return [...new Set(installed)]
        .filter((name) => name !== "" && programs.every((program) => program.name !== name))
        .map((name) => ({
            what: name,
            found: "installed",
            declared: NOTHING,
            repair: first && { program: first.name, step: "configuration" },
        }));
}

/** As the tarballs name it. */
export function architecture({ architecture }: Facts): string {
    return architecture === "aarch64" ? "arm64" : "amd64";
}

function releaseFindings(program: DeclaredProgram, facts: Facts): Finding[] {
    const { name, release } = program;
    if (release === undefined) {
        return [];
    }
    const folder = releaseFolder(name, release.version, architecture(facts));
    const [sha256, ...sums] = facts.records.get(folder) ?? [];
    const of = (what: string, found: string, declared: string) => finding(program, "release", what, found, declared);
    if (sha256 === undefined) {
        return [of(folder, "missing", `release ${release.version}`)];
    }
    const declared = release.sha256[architecture(facts)];
    if (sha256 !== declared) {
        return [of(folder, `of a tarball with sha256 ${sha256}`, declared ?? NOTHING)];
    }
    const recorded = new Map(sums.map((line) => [line.slice(line.indexOf("  ") + 2), line.split(" ")[0] ?? ""]));
    const entry = facts.entries.get(folder);
    return [
        ...(entry ? rightsFindings(program, "release", folder, entry, "0755 root:root") : []),
        ...[...new Set([...release.binaries, ...recorded.keys()])].flatMap((binary) => {
            const path = `${folder}/${binary}`;
            const sum = recorded.get(binary) ?? "";
            const declared: DeclaredPath = {
                step: "release",
                path,
                kind: "file",
                mode: "0755",
                owner: "root:root",
                sum,
            };
            return pathFindings(program, declared, facts.entries.get(path));
        }),
    ];
}

/** What differs at one path. */
export function pathFindings(program: DeclaredProgram, declared: DeclaredPath, entry: Entry | undefined): Finding[] {
    const { path, step, kind } = declared;
    const wanted = kind === "link" ? `a link to ${declared.target}` : `a ${kind}`;
    if (entry?.kind !== kind) {
        return [finding(program, step, path, describe(entry), wanted)];
    }
    if (declared.kind === "link") {
        return entry.target === declared.target ? [] : [finding(program, step, path, describe(entry), wanted)];
    }
    const differs = declared.kind === "file" && declared.sum !== undefined && entry.sum !== declared.sum;
    return [
        ...(differs ? [finding(program, step, path, "content differs", "as deployed")] : []),
        ...rightsFindings(program, step, path, entry, `${declared.mode} ${declared.owner}`),
    ];
}

function rightsFindings(
    program: DeclaredProgram,
    step: StepName,
    path: string,
    entry: Entry,
    declared: string,
): Finding[] {
    return rights(entry) === declared ? [] : [finding(program, step, path, rights(entry), declared)];
}

/**
 * What is in the folders that Prometheus reads, and was not put there. What somebody keeps beside them is theirs, unless it
 * is one of the links that lead into them.
 */
function extraFindings(
    program: DeclaredProgram,
    etc: string,
    paths: readonly DeclaredPath[],
    entries: Facts["entries"],
): Finding[] {
    const declared = new Map(paths.map(({ path, step }) => [path, step]));
    return [...entries].flatMap(([path, entry]) => {
        const parent = path.slice(0, path.lastIndexOf("/"));
        if (declared.has(path) || !path.startsWith(`${etc}/`)) {
            return [];
        }
        const step = parent === etc ? "configuration" : declared.get(parent);
        return step === undefined || (parent === etc && entry.kind !== "link")
            ? []
            : [finding(program, step, path, describe(entry), NOTHING)];
    });
}

function rights({ mode, owner }: Entry): string {
    return `${mode} ${owner}`;
}

function describe(entry: Entry | undefined): string {
    if (entry === undefined || entry.kind === "something else") {
        return entry?.kind ?? "missing";
    }
    return entry.kind === "link" ? `a link to ${entry.target ?? "?"}` : `a ${entry.kind}`;
}

function finding(program: DeclaredProgram, step: StepName, what: string, found: string, declared: string): Finding {
    return { what, found, declared, repair: { program: program.name, step } };
}
