import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BundleFile } from "./bundle";
import { renderUnit, type UnitSections } from "./unit";
import { HARDENING } from "./units";

/** As in host/keeper.sh. */
const FOLDER = "/usr/local/lib/external-prometheus/keeper";
export const KEEPER_SERVICE = "external-prometheus-keeper";

/** Folder of the program and its units in a bundle, beside the documents: none of them has such a name. */
export const KEEPER_FOLDER = ".keeper";

/** Below Prometheus's data, which its own user writes. As in host/keep.sh. */
const DATA = "/usr/local/var/lib/prometheus";
export const SCRAPE_FAILURE_LOG = `${DATA}/scrape-failures.log`;

/** A file of the nodes that a cluster had when it was last asked. */
export function nodeList(cluster: string): string {
    return `${DATA}/nodes/${cluster}.json`;
}

/** What keeps the lists, and the log within its bound. */
export function keeperProgram(): BundleFile[] {
    const files: BundleFile[] = [
        { path: "keep", mode: "0755", content: readFileSync(join(__dirname, "keep.sh"), "utf8") },
        { path: `${KEEPER_SERVICE}.service`, mode: "0644", content: renderUnit(SERVICE_UNIT) },
        { path: `${KEEPER_SERVICE}.timer`, mode: "0644", content: renderUnit(TIMER_UNIT) },
    ];
    return files.map((file) => ({ ...file, path: `${KEEPER_FOLDER}/${file.path}` }));
}

const SERVICE_UNIT: UnitSections = {
    Unit: { Description: "lists of nodes and log of failed scrapes of Prometheus (managed by external-prometheus)" },
    Service: {
        Type: "oneshot",
        User: "prometheus",
        Group: "prometheus",
        ExecStart: `/bin/bash ${FOLDER}/keep`,
        TimeoutStartSec: "180s",
        ...HARDENING,
        ReadWritePaths: DATA,
        // systemd would tell of each start and end, and the timer's are many; what the program says itself counts as a notice.
        LogLevelMax: "notice",
        SyslogLevel: "notice",
    },
};

const TIMER_UNIT: UnitSections = {
    Unit: { Description: "regular look at the nodes of the clusters that Prometheus watches" },
    Timer: { OnBootSec: "0s", OnUnitInactiveSec: "15s", AccuracySec: "1s" },
    Install: { WantedBy: "timers.target" },
};
