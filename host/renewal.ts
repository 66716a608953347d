import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BundleFile } from "./bundle";
import { renderUnit, type UnitSections } from "./unit";
import { HARDENING } from "./units";

/** As in host/renewal.sh. */
const FOLDER = "/usr/local/lib/external-prometheus/renewal";
export const RENEWAL_SERVICE = "external-prometheus-tokens";

/** Where its results are. As in host/renewal.sh. */
export const RENEWAL_HOME = "/usr/local/var/lib/external-prometheus";
/** Where it says how it goes, for node_exporter's textfile collector. */
export const METRICS_DIRECTORY = `${RENEWAL_HOME}/metrics`;

/** Seconds that one run goes on asking an API server that gives nothing; the next run begins as long after it. */
const PATIENCE = 45;
const PAUSE = "10s";

/** What asks for tokens on the VM, and when. */
export function renewalProgram(): BundleFile[] {
    return [
        { path: "renew-tokens", mode: "0755", content: readFileSync(join(__dirname, "renewTokens.sh"), "utf8") },
        { path: `${RENEWAL_SERVICE}.service`, mode: "0644", content: renderUnit(SERVICE_UNIT) },
        { path: `${RENEWAL_SERVICE}.timer`, mode: "0644", content: renderUnit(TIMER_UNIT) },
    ];
}

/** It reads what root alone may read, and gives the group of Prometheus what it gets. */
const SERVICE_UNIT: UnitSections = {
    Unit: {
        Description: "renewal of the tokens that Prometheus shows to clusters (managed by external-prometheus)",
        After: "network-online.target",
    },
    Service: {
        Type: "oneshot",
        ExecStart: `/bin/bash ${FOLDER}/renew-tokens`,
        Environment: `patience=${PATIENCE}`,
        TimeoutStartSec: "180s",
        ...HARDENING,
        LimitCORE: "0",
        CapabilityBoundingSet: "CAP_CHOWN",
        PrivateUsers: "no",
        SystemCallFilter: ["@system-service", "~@resources"],
        ReadWritePaths: RENEWAL_HOME,
        // systemd would tell of each start and end, and the timer's are many; what the program says itself counts as a notice.
        LogLevelMax: "notice",
        SyslogLevel: "notice",
    },
};

const TIMER_UNIT: UnitSections = {
    Unit: { Description: "regular renewal of the tokens that Prometheus shows to clusters" },
    Timer: { OnBootSec: "0s", OnUnitInactiveSec: PAUSE, AccuracySec: "1s" },
    Install: { WantedBy: "timers.target" },
};
