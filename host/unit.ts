export type UnitSection = Readonly<Record<string, string | readonly string[]>>;

/** A systemd unit as data; a list becomes one line per entry. */
export interface Unit {
    readonly Unit: UnitSection;
    readonly Service: UnitSection;
    readonly Install: UnitSection;
}

/** Where Prometheus listens: on the VM itself only, since it has neither users nor protection against forged requests. */
export const LISTEN_ADDRESS = "127.0.0.1:9090";

/** Renders a unit file. */
export function renderUnit(unit: Unit): string {
    return Object.entries(unit)
        .map(([section, settings]) => `[${section}]\n${renderSection(settings as UnitSection)}`)
        .join("\n");
}

function renderSection(section: UnitSection): string {
    return Object.entries(section)
        .flatMap(([key, value]) => [value].flat().map((line) => `${key}=${line}\n`))
        .join("");
}

/** Prometheus as a service that sees the network and its own data, and next to nothing else of the machine. */
export function prometheusUnit(): Unit {
    return {
        Unit: {
            Description: "Prometheus (managed by external-prometheus)",
            Documentation: "https://prometheus.io/docs/",
            Wants: "network-online.target",
            After: "network-online.target",
            StartLimitIntervalSec: "0",
        },
        Service: {
            Type: "exec",
            User: "prometheus",
            Group: "prometheus",
            ExecStart: [
                "/usr/local/prometheus/prometheus",
                "--config.file=/usr/local/etc/prometheus/prometheus.yml",
                "--storage.tsdb.path=/usr/local/var/lib/prometheus",
                `--web.listen-address=${LISTEN_ADDRESS}`,
            ].join(" "),
            ExecReload: "/bin/kill -HUP $MAINPID",
            Restart: "always",
            RestartSec: "5s",
            // A stop writes the head of the database and waits for running scrapes; a kill would leave it to the next start.
            TimeoutStopSec: "600s",
            LimitNOFILE: "65000",
            ...HARDENING,
            // StateDirectory= cannot name a place below /usr/local.
            ReadWritePaths: "/usr/local/var/lib/prometheus",
        },
        Install: { WantedBy: "multi-user.target" },
    };
}

const HARDENING: UnitSection = {
    NoNewPrivileges: "yes",
    CapabilityBoundingSet: "",
    AmbientCapabilities: "",
    ProtectSystem: "strict",
    ProtectHome: "yes",
    PrivateTmp: "yes",
    PrivateDevices: "yes",
    DevicePolicy: "closed",
    PrivateUsers: "yes",
    ProtectClock: "yes",
    ProtectControlGroups: "yes",
    ProtectHostname: "yes",
    ProtectKernelLogs: "yes",
    ProtectKernelModules: "yes",
    ProtectKernelTunables: "yes",
    ProtectProc: "invisible",
    // `pid` would hide /proc/stat, and with it process_start_time_seconds.
    ProcSubset: "all",
    LockPersonality: "yes",
    MemoryDenyWriteExecute: "yes",
    RemoveIPC: "yes",
    RestrictAddressFamilies: "AF_INET AF_INET6 AF_UNIX",
    RestrictNamespaces: "yes",
    RestrictRealtime: "yes",
    RestrictSUIDSGID: "yes",
    KeyringMode: "private",
    SystemCallArchitectures: "native",
    SystemCallFilter: ["@system-service", "~@privileged @resources"],
    UMask: "0077",
};
