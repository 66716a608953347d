import { createHash } from "node:crypto";
import { FRONT_FOLDER } from "../host/httpd";
import type { DeclaredFront, DeclaredProgram, StepName } from "./declared";
import type { Entry, Facts } from "./driftFacts";
import { type Finding, NOTHING } from "./driftFinding";

/** What differs in httpd before Prometheus. */
export function frontFindings(
    front: DeclaredFront | undefined,
    programs: readonly DeclaredProgram[],
    facts: Facts,
): Finding[] {
    if (front === undefined) {
        const [first] = programs.filter(({ configuration }) => configuration !== undefined);
        const repair = first && ({ program: first.name, step: "configuration" } as const);
        return facts.front.service === "" ? [] : [{ what: "front", found: "installed", declared: NOTHING, repair }];
    }
    // A step that has not been run yet declares nothing.
    return front.files.length === 0 ? [] : [...fileFindings(front, facts), ...serviceFindings(facts)];
}

function fileFindings({ files }: DeclaredFront, { entries, front: { site, service } }: Facts): Finding[] {
    const current = entries.get(`${FRONT_FOLDER}/current`)?.target ?? "";
    if (!/^versions\/[^/]+$/.test(current)) {
        return [
            finding(
                `${FRONT_FOLDER}/current`,
                current === "" ? "missing" : `a link to ${current}`,
                "a link to versions/…",
            ),
        ];
    }
    const group = service === "apache2.service" ? "www-data" : "apache";
    const version = files.map((file) => {
        const rights = `${file.mode} root:${file.path === "users" ? group : "root"}`;
        return { path: `${FRONT_FOLDER}/${current}/${file.path}`, rights, content: file.content };
    });
    const content = (path: string) => files.find((file) => file.path === path)?.content ?? "";
    const places = [
        ...version,
        { path: `${FRONT_FOLDER}/unit.conf`, rights: "0644 root:root", content: content("unit.conf") },
        { path: site, rights: "0644 root:root", content: content("site.conf") },
    ];
    const own = [...version.map(({ path }) => path), `${FRONT_FOLDER}/${current}/version.conf`];
    const folder = `${FRONT_FOLDER}/${current}/`;
    // The version's name says nothing to anybody.
    const shown = (path: string) => path.replace(folder, `${FRONT_FOLDER}/current/`);
    return [
        ...places.flatMap(({ path, rights, content }) => {
            return differences(entries.get(path), rights, content).map(([found, declared]) =>
                finding(shown(path), found, declared),
            );
        }),
        ...[...entries.keys()]
            .filter((path) => path.startsWith(folder) && !own.includes(path))
            .map((path) => finding(shown(path), "there", NOTHING)),
    ];
}

function differences(
    entry: Entry | undefined,
    rights: string,
    content: string,
): (readonly [found: string, declared: string])[] {
    if (entry?.kind !== "file") {
        return [[entry === undefined ? "missing" : `a ${entry.kind}`, "a file"]];
    }
    const found = `${entry.mode} ${entry.owner}`;
    const sum = createHash("sha256").update(content).digest("hex");
    return [
        ...(entry.sum === sum ? [] : [["content differs", "as deployed"] as const]),
        ...(found === rights ? [] : [[found, rights] as const]),
    ];
}

function serviceFindings({ entries, front: { service, unit, version } }: Facts): Finding[] {
    const { LoadState = "", ActiveState = "", SubState = "", UnitFileState = "", NeedDaemonReload = "" } = unit;
    const dropIn = `/etc/systemd/system/${service}.d/external-prometheus.conf`;
    const target = entries.get(dropIn)?.target;
    const current = entries.get(`${FRONT_FOLDER}/current`)?.target?.replace("versions/", "") ?? "";
    const others = (unit["DropInPaths"] ?? "").split(" ").filter((path) => {
        return path !== "" && path !== dropIn && !path.includes("/lib/systemd/system/");
    });
    return [
        ...(LoadState === "loaded" ? [] : [finding(service, LoadState || "missing", "loaded")]),
        ...(ActiveState === "active" ? [] : [finding(service, `${ActiveState} (${SubState})`, "active")]),
        ...(UnitFileState === "enabled" ? [] : [finding(service, UnitFileState, "enabled")]),
        ...(NeedDaemonReload === "yes" ? [finding(service, "not as its files are now", "daemon-reload")] : []),
        ...(target === `${FRONT_FOLDER}/unit.conf`
            ? []
            : [
                  finding(
                      dropIn,
                      target === undefined ? "missing" : `a link to ${target}`,
                      `a link to ${FRONT_FOLDER}/unit.conf`,
                  ),
              ]),
        // What somebody has added to httpd's unit is a person's decision.
        ...others.map((path): Finding => ({ what: path, found: `overrides ${service}`, declared: NOTHING })),
        ...(ActiveState === "active" && version !== current
            ? [
                  finding(
                      "what httpd serves",
                      version === "" ? "not the front" : "another version",
                      "its current version",
                  ),
              ]
            : []),
    ];
}

function finding(what: string, found: string, declared: string): Finding {
    // Both steps: the second takes over what the first has left.
    const step: StepName = "frontCredentials";
    return { what, found, declared, repair: { program: "front", step } };
}
