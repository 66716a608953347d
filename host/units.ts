import { type ProgramName, PROGRAMS } from "./programs";
import { commandLine, type Unit, type UnitSection } from "./unit";

/** What the stack's configuration decides about a service. */
export interface UnitSettings {
    /** In addition to those that make the program this service. */
    readonly flags: readonly string[];
    /** As `MemoryMax=` takes it, such as `4G` or `80%`; without it the service has no limit of its own. */
    readonly memoryMax?: string;
}

/** What sets one program's service apart from the others'. */
interface Profile {
    readonly documentation: string;
    readonly flags: readonly string[];
    /** In the place of, or in addition to, what all services have. */
    readonly service: UnitSection;
}

const etc = (program: ProgramName) => `/usr/local/etc/${program}`;
const data = (program: ProgramName) => `/usr/local/var/lib/${program}`;
const RELOADED: UnitSection = { ExecReload: "/bin/kill -HUP $MAINPID" };

const PROFILES: Readonly<Record<ProgramName, Profile>> = {
    prometheus: {
        documentation: "https://prometheus.io/docs/",
        flags: [`--config.file=${etc("prometheus")}/prometheus.yml`, `--storage.tsdb.path=${data("prometheus")}`],
        service: {
            ...RELOADED,
            // A stop writes the head of the database and waits for running scrapes; a kill would leave it to the next start.
            TimeoutStopSec: "600s",
            // StateDirectory= cannot name a place below /usr/local.
            ReadWritePaths: data("prometheus"),
        },
    },
    node_exporter: {
        documentation: "https://github.com/prometheus/node_exporter",
        flags: [],
        service: {
            // What it reports is the machine's: its mounts are read from process 1, and a mount of the service's own in the
            // place of one of the machine's would be measured instead.
            ProtectProc: "default",
            ProtectHome: "read-only",
            PrivateTmp: "no",
            // Network devices are asked for by netlink, the clock's state by adjtimex, which changes nothing here.
            RestrictAddressFamilies: "AF_INET AF_INET6 AF_UNIX AF_NETLINK",
            ProtectClock: "no",
            SystemCallFilter: ["@system-service", "~@privileged @resources", "adjtimex"],
        },
    },
    alertmanager: {
        documentation: "https://prometheus.io/docs/alerting/latest/alertmanager/",
        // Without a cluster it looks for no address of its own to tell to others, and opens no second port.
        flags: [
            `--config.file=${etc("alertmanager")}/alertmanager.yml`,
            `--storage.path=${data("alertmanager")}`,
            "--cluster.listen-address=",
        ],
        service: { ...RELOADED, ReadWritePaths: data("alertmanager") },
    },
    blackbox_exporter: {
        documentation: "https://github.com/prometheus/blackbox_exporter",
        flags: [`--config.file=${etc("blackbox_exporter")}/blackbox_exporter.yml`],
        service: RELOADED,
    },
};

/** A service that sees the network, what it reports and its own data, and next to nothing else of the machine. */
export function unitOf(program: ProgramName, { flags, memoryMax }: UnitSettings): Unit {
    const { documentation, flags: own, service } = PROFILES[program];
    const listen = `--web.listen-address=${PROGRAMS[program].address}`;
    return {
        Unit: {
            Description: `${program} (managed by external-prometheus)`,
            Documentation: documentation,
            Wants: "network-online.target",
            After: "network-online.target",
            StartLimitIntervalSec: "0",
        },
        Service: {
            Type: "exec",
            User: program,
            Group: program,
            ExecStart: commandLine([`/usr/local/${program}/${program}`, ...own, listen, ...flags]),
            Restart: "always",
            RestartSec: "5s",
            // One limit, soft and hard: programs built with Go 1.19 raise a lower soft one by a system call that is filtered.
            LimitNOFILE: "65000",
            // Tokens and keys are in its memory.
            LimitCORE: "0",
            ...(memoryMax === undefined ? {} : { MemoryMax: memoryMax }),
            ...HARDENING,
            ...service,
        },
        Install: { WantedBy: "multi-user.target" },
    };
}

/** What no service of a machine that only serves needs. */
export const HARDENING: UnitSection = {
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
