import { type ProgramName, PROGRAMS } from "../host/programs";
import { METRICS_DIRECTORY } from "../host/renewal";
import { type FrontConfig, frontUrl, hasRole } from "./front";
import { type Retention, retentionFlags } from "./retention";
import { Duration, milliseconds } from "./source";

/** What is wrong with one flag, by its place in the stack's configuration. */
export interface FlagProblem {
    readonly key: "extraFlags" | "unsafeFlags";
    readonly index: number;
    readonly message: string;
}

/**
 * Flags by which anybody who reaches Prometheus's port can end or reload it, delete series or write them: it asks nobody
 * for a password. The two features are what 2.x calls the two receivers.
 */
const UNSAFE = {
    flags: [
        "web.enable-lifecycle",
        "web.enable-admin-api",
        "web.enable-remote-write-receiver",
        "web.enable-otlp-receiver",
    ],
    features: ["remote-write-receiver", "otlp-write-receiver"],
};

const FIXED = "its place on the VM is fixed";
const LOCAL = "it is reached on the VM itself only, by plain HTTP and without a path in front";
const RELOADED = "the configuration is reloaded when it was checked, and the one before is put back where that fails";

const FRONT = {
    "web.external-url": "external-prometheus:front decides where it is reached",
    "web.route-prefix": "external-prometheus:front decides where it is reached",
};

/** Flags that are set by this program or would defeat what it does, each with the reason or the key that decides. */
export const OWN_FLAGS: Readonly<Record<ProgramName, Readonly<Record<string, string>>>> = {
    prometheus: {
        "config.file": FIXED,
        "config.auto-reload": RELOADED,
        "storage.tsdb.path": FIXED,
        "storage.tsdb.retention": "set external-prometheus:prometheus.retention.time instead",
        "storage.tsdb.retention.time": "set external-prometheus:prometheus.retention.time instead",
        "storage.tsdb.retention.size": "set external-prometheus:prometheus.retention.size instead",
        agent: "without its database nothing could be asked when a cluster is gone",
        ...local("prometheus"),
        ...FRONT,
    },
    node_exporter: { "web.telemetry-path": LOCAL, ...local("node_exporter") },
    alertmanager: {
        "config.file": FIXED,
        "storage.path": FIXED,
        "cluster.listen-address": "it runs alone, and opens no port for others",
        ...local("alertmanager"),
        ...FRONT,
    },
    blackbox_exporter: { "config.file": FIXED, ...local("blackbox_exporter") },
};

function local(program: ProgramName): Record<string, string> {
    const { address } = PROGRAMS[program];
    return {
        "web.listen-address": `it listens at ${address}`,
        "web.systemd-socket": `it listens at ${address}`,
        "web.config.file": LOCAL,
        "web.external-url": LOCAL,
        "web.route-prefix": LOCAL,
    };
}

/** Features that stand for a flag. */
const FEATURE_FLAGS = new Map([
    ["agent", "agent"],
    ["auto-reload-config", "config.auto-reload"],
]);

/** What decides about the flags of Prometheus. */
interface Flagged {
    readonly version: string;
    readonly retention: Retention;
    readonly extraFlags: readonly string[];
    readonly unsafeFlags: readonly string[];
}

/** The flags of Prometheus that follow from the stack's configuration. */
export function prometheusFlags(
    { version, retention, extraFlags, unsafeFlags }: Flagged,
    front?: FrontConfig,
): string[] {
    return [
        ...retentionFlags(version, retention),
        ...(front === undefined ? [] : behindFront(frontUrl(front))),
        ...extraFlags,
        ...unsafeFlags,
        ...(front && hasRole(front, "writer") && !unsafeFlags.some(takesWrites)
            ? ["--web.enable-remote-write-receiver"]
            : []),
    ];
}

/** By what the flags of a program beside Prometheus are decided, besides its own key. */
interface Surroundings {
    readonly front: FrontConfig | undefined;
    /** Whether the VM gets tokens of any cluster itself. */
    readonly boundTokens: boolean;
}

/** The flags of a program beside Prometheus that follow from the stack's configuration. */
export function companionFlags(
    program: ProgramName,
    extraFlags: readonly string[],
    { front, boundTokens }: Surroundings,
): string[] {
    const path = program === "alertmanager" ? front?.alertmanagerPath : undefined;
    const shows = program === "node_exporter" && boundTokens && !extraFlags.some((flag) => nameOf(flag) === TEXTFILE);
    return [
        ...(front && path !== undefined ? behindFront(frontUrl({ ...front, path })) : []),
        ...(shows ? [`--${TEXTFILE}=${METRICS_DIRECTORY}`] : []),
        ...extraFlags,
    ];
}

/** Somebody who has set it shows files of their own, and can link those of the tokens there. */
const TEXTFILE = "collector.textfile.directory";

/** What a program needs to know to make links that work outside; the front takes the path away that it does not have itself. */
function behindFront(url: string): string[] {
    return [`--web.external-url=${url}`, "--web.route-prefix=/"];
}

function takesWrites(flag: string): boolean {
    return nameOf(flag) === "web.enable-remote-write-receiver" || features(flag).includes("remote-write-receiver");
}

/** Seconds that Prometheus, started with these flags, gives a query. */
export function queryTimeout(extraFlags: readonly string[]): number {
    const given = extraFlags.find((flag) => nameOf(flag) === "query.timeout")?.replace(/^[^=]*=?/, "");
    const known = Duration.safeParse(given).data;
    // Prometheus's own default.
    return known === undefined ? 120 : Math.ceil(milliseconds(known) / 1_000);
}

/** Everything that is wrong with the flags of one program, in their order. */
export function flagProblems(
    program: ProgramName,
    extraFlags: readonly string[],
    unsafeFlags: readonly string[],
): FlagProblem[] {
    const seen = new Set<string>();
    const problem = (flag: string, isUnsafeKey: boolean): string | undefined => {
        const repeated = seen.has(nameOf(flag));
        seen.add(nameOf(flag));
        const reason = ownReason(program, flag);
        if (reason !== undefined) {
            return `is not for the stack to set: ${reason}`;
        }
        if (repeated) {
            return `sets --${nameOf(flag)} a second time; several values of one flag are written with commas`;
        }
        if (isUnsafe(program, flag) === isUnsafeKey) {
            return undefined;
        }
        return isUnsafeKey
            ? "opens nothing that is unsafe; put it into extraFlags"
            : "lets anybody who reaches the port write, delete or end something; if that is meant, put it into " +
                  "external-prometheus:prometheus.unsafeFlags";
    };
    const check = (key: FlagProblem["key"], flags: readonly string[]): FlagProblem[] =>
        flags.flatMap((flag, index) => {
            const message = problem(flag, key === "unsafeFlags");
            return message === undefined ? [] : [{ key, index, message }];
        });
    return [...check("extraFlags", extraFlags), ...check("unsafeFlags", unsafeFlags)];
}

/** Without `--`, a value, and the `no-` that switches a boolean off. The programs know no abbreviations. */
function nameOf(flag: string): string {
    return flag.replace(/^--(no-)?/, "").replace(/=.*$/, "");
}

function features(flag: string): string[] {
    return nameOf(flag) === "enable-feature" ? flag.replace(/^[^=]*=?/, "").split(",") : [];
}

function ownReason(program: ProgramName, flag: string): string | undefined {
    const own = new Map(Object.entries(OWN_FLAGS[program]));
    const names = [nameOf(flag), ...features(flag).map((feature) => FEATURE_FLAGS.get(feature) ?? "")];
    return names.map((name) => own.get(name)).find((reason) => reason !== undefined);
}

function isUnsafe(program: ProgramName, flag: string): boolean {
    return (
        program === "prometheus" &&
        ((UNSAFE.flags.includes(nameOf(flag)) && !flag.startsWith("--no-")) ||
            features(flag).some((feature) => UNSAFE.features.includes(feature)))
    );
}
