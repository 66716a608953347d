import { createHash } from "node:crypto";
import type { BundleFile } from "../host/bundle";
import type { DeclaredProgram, StepName } from "./declared";

/** What must be at a path of the VM, and the step that puts it there; without a sum, whatever a file holds. */
export type DeclaredPath = { readonly path: string; readonly step: StepName } & (
    | { readonly kind: "directory"; readonly mode: string; readonly owner: string }
    | { readonly kind: "file"; readonly mode: string; readonly owner: string; readonly sum?: string }
    | { readonly kind: "link"; readonly target: string }
);

/** Where the scripts on the VM keep their records. */
export const STATE = "/usr/local/lib/external-prometheus";

/** Where a program's parts are on the VM; as in host/lib.sh. */
export function places(program: string) {
    return {
        etc: `/usr/local/etc/${program}`,
        data: `/usr/local/var/lib/${program}`,
        unit: `/etc/systemd/system/${program}.service`,
        /** A link to the folder of the release that runs. */
        active: `/usr/local/${program}`,
    };
}

/** Folder of a release, by the architecture as its tarball names it. */
export function releaseFolder(program: string, version: string, architecture: string): string {
    return `/usr/local/${program}-${version}.linux-${architecture}`;
}

/**
 * Every path of a program but those within its release. `current` is the folder of the configuration's version that is
 * current, below the program's configuration directory; undefined where none is.
 */
export function declaredPaths(
    program: DeclaredProgram,
    architecture: string,
    current: string | undefined,
): DeclaredPath[] {
    const { name, credentials, service, configuration } = program;
    const { etc, data, unit, active } = places(name);
    const group = `root:${name}`;
    const usesData = service?.unit.content.includes(data) === true;
    const hasFiles = credentials !== undefined || configuration !== undefined || (service?.files.length ?? 0) > 0;
    return [
        ...(hasFiles ? [directory("release", etc, group)] : []),
        ...(usesData ? [directory("release", data, `${name}:${name}`)] : []),
        ...(credentials ? tree("credentials", `${etc}/credentials`, group, used(credentials, configuration)) : []),
        ...(service ? [file("service", unit, "root:root", service.unit)] : []),
        ...(service ? service.files.map((each) => file("service", `${etc}/${each.path}`, group, each)) : []),
        ...(service ? [link("service", active, releaseFolder(name, service.version, architecture))] : []),
        ...(configuration ? transaction(etc, group, configuration, current) : []),
    ];
}

/** Those that a document names: the configuration step removes the others. */
function used(credentials: readonly BundleFile[], documents: readonly BundleFile[] | undefined): readonly BundleFile[] {
    return documents === undefined
        ? credentials
        : credentials.filter(({ path }) => documents.some(({ content }) => content.includes(`/credentials/${path}`)));
}

/** A version of the configuration, and the links through which its parts are reached. */
function transaction(
    etc: string,
    group: string,
    documents: readonly BundleFile[],
    current: string | undefined,
): DeclaredPath[] {
    const parts = [...new Set(documents.map(({ path }) => path.split("/")[0] ?? path))];
    return [
        directory("configuration", `${etc}/versions`, group),
        link("configuration", `${etc}/current`, current ?? "versions/…"),
        ...parts.map((part) => link("configuration", `${etc}/${part}`, `current/${part}`)),
        ...(current === undefined ? [] : tree("configuration", `${etc}/${current}`, group, documents)),
    ];
}

/** A directory, the files in it and the directories that they need. */
function tree(step: StepName, root: string, owner: string, files: readonly BundleFile[]): DeclaredPath[] {
    const parents = files.flatMap(({ path }) => {
        const names = path.split("/").slice(0, -1);
        return names.map((_, i) => names.slice(0, i + 1).join("/"));
    });
    return [
        directory(step, root, owner),
        ...[...new Set(parents)].map((parent) => directory(step, `${root}/${parent}`, owner)),
        ...files.map((each) => file(step, `${root}/${each.path}`, owner, each)),
    ];
}

function directory(step: StepName, path: string, owner: string): DeclaredPath {
    return { step, path, kind: "directory", mode: "0750", owner };
}

export function file(step: StepName, path: string, owner: string, { mode, content }: BundleFile): DeclaredPath {
    return { step, path, kind: "file", mode, owner, sum: createHash("sha256").update(content).digest("hex") };
}

function link(step: StepName, path: string, target: string): DeclaredPath {
    return { step, path, kind: "link", target };
}
