import { PRIVATE_KEY } from "./environment";
import { NODE } from "./refusalsOfScrapeJobs";
import {
    booleans,
    clash,
    durations,
    hostKeys,
    hosts,
    lists,
    NO_FRONT,
    NO_VM,
    notText,
    objects,
    ports,
    type Row,
    scrapeIntervals,
    users,
    wrong,
} from "./refusal";

const VM: Row[] = [
    ...objects("vm", "portt", "did you mean 'port'?", ["vmProxyPrivateKey"]),
    ...hosts("vm.host", "Address of the VM"),
    ...ports("vm.port"),
    ...users("vm.user"),
    ...hostKeys("vm.hostKey", "The VM's own SSH key, one line; `ssh-keyscan -t ed25519 HOST`"),
    ...[PRIVATE_KEY, "eyJhbGciOiJSUzI1NiJ9.CANARY.c2ln", "https://u:hunter2@h"].map((secret) =>
        wrong("vm.hostKey", secret, "got a value that is not shown, since it looks like a secret"),
    ),
    wrong("vm.port", { password: "CANARY" }, "got a value that is not shown, since it looks like a secret"),
    ...durations("vm.bootTimeout"),
    ...objects("vm.proxy", "privateKey", "known here: host, port, user, hostKey"),
    ...hosts("vm.proxy.host", "Address of the jump host"),
    ...ports("vm.proxy.port"),
    ...users("vm.proxy.user"),
    ...hostKeys("vm.proxy.hostKey", "The jump host's own SSH key, one line"),
    notText("vm.takeOver", true),
    wrong("vm.takeOver", "other", "must be organization/project/stack, as the VM's mark names its owner, got 'other'"),
    wrong("vm.takeOver", "a/b/c\nd", "must be organization/project/stack"),
    wrong("vm.takeOver", `a/b/${"c".repeat(300)}`, "must be at most 300 characters long, got 'a/b/ccc"),
    ...booleans("vm.adopt"),
    ...booleans("vm.purgeData"),
    clash(
        "vm",
        { ...NO_VM, ...NO_FRONT, scrapeJobs: { node: NODE } },
        "is missing, but scrapeJobs are scraped by the VM",
    ),
    ...Object.entries({ alertmanagers: "are told by the VM", remoteWrite: "is for what the VM records" }).map(
        ([key, why]) =>
            clash("vm", { ...NO_VM, ...NO_FRONT, scrapeJobs: undefined, [key]: {} }, `is missing, but ${key} ${why}`),
    ),
    ...Object.entries({
        sourceStacks: ["organization/project/prod"],
        federatedStacks: { "organization/project/monitor": "global" },
        heldClusters: ["eu"],
    }).map(([key, all]) =>
        clash(
            "vm",
            { ...NO_VM, ...NO_FRONT, scrapeJobs: undefined, [key]: all },
            `is missing, but ${key} are watched by the VM`,
        ),
    ),
    clash(
        "vm",
        {
            ...NO_VM,
            ...NO_FRONT,
            scrapeJobs: undefined,
            clusters: undefined,
            kubeconfigs: undefined,
            endpointPasswords: undefined,
            endpointPrivateKeys: undefined,
        },
        "is missing, and clusters too: one of the two sides is needed",
    ),
];

const SUM = "must be 64 lower-case hexadecimal digits";
const FLAG = "must be one flag such as --log.level=debug, without spaces, quotes";
const URL = "must be an http:// or https:// URL in ASCII, without user and password, or file:/// and a path on the VM";

function flags(key: string): Row[] {
    return [
        ...lists(key, "--log.level=debug"),
        notText(`${key}[0]`),
        wrong(
            `${key}[0]`,
            "--log.level debug",
            `${FLAG}, '$', '%', ';', '{', '}' and backslashes, got '--log.level debug'`,
        ),
        wrong(`${key}[0]`, "--a=%n", FLAG),
        wrong(`${key}[0]`, "--a=$HOME", FLAG),
        wrong(`${key}[0]`, "--a=x\nExecStartPre=/bin/id", FLAG),
        wrong(`${key}[0]`, "-v", FLAG),
        wrong(`${key}[0]`, "--a=\u001b[2J", FLAG),
        wrong(`${key}[0]`, `--a=${"a".repeat(1_000)}`, "must be at most 1000 characters long, got '--a=aaa"),
    ];
}

const PROGRAMS = { prometheus: "3.13.2", nodeExporter: "1.12.1", alertmanager: "0.28.1", blackboxExporter: "0.28.0" };

function releases(key: keyof typeof PROGRAMS): Row[] {
    const [version, url, sha256] = [`${key}.version`, `${key}.url`, `${key}.sha256`];
    return [
        ...objects(key, "sha265", "did you mean 'sha256'?"),
        notText(version, 3),
        wrong(version, "latest", "must be three numbers, such as "),
        wrong(version, "../../etc/1.2.3", "must be three numbers, such as "),
        notText(url),
        wrong(url, "ftp://mirror.example.com/x", `${URL}, got 'ftp://mirror.example.com/x'`),
        wrong(url, "https://u:hunter2@h/x", `${URL}, got a value that is not shown, since it looks like a secret`),
        wrong(url, "https://h/a b", URL),
        wrong(url, "file:relative", URL),
        wrong(url, "https://h:99999/", URL),
        wrong(url, "https://münchen.example.com/", URL),
        wrong(url, "https://h/\u007f", URL),
        wrong(url, `https://h/${"a".repeat(2_000)}`, "must be at most 2000 characters long, got 'https://h/aaa"),
        notText(sha256),
        wrong(sha256, "abc", `${SUM}, got 'abc'`),
        wrong(sha256, "A".repeat(64), `${SUM}, got 'AAAA`),
        clash(
            version,
            { [version]: "99.0.0", [url]: undefined, [sha256]: undefined },
            "is not among the known releases (",
        ),
        clash(
            sha256,
            { [version]: "99.0.0", [url]: "https://mirror.example.com/latest.tar.gz", [sha256]: undefined },
            "is missing: the sum of this version is not known (only",
        ),
        clash(
            sha256,
            { [version]: PROGRAMS[key], [url]: undefined, [sha256]: "0".repeat(64) },
            "contradicts what is known of upstream's tarball (amd64 ",
        ),
        clash(
            url,
            { [version]: "99.0.0" },
            `names the tarball of ${PROGRAMS[key]}, while version is 99.0.0: give the place of 99.0.0 and its sha256, ` +
                `or set version to ${PROGRAMS[key]}, got 'https://mirror.example.com/`,
        ),
        ...flags(`${key}.extraFlags`),
        clash(
            `${key}.extraFlags[1]`,
            { [`${key}.extraFlags`]: ["--log.level=debug", "--log.level=info"] },
            "sets --log.level a second time; several values of one flag are written with commas, got '--log.level=info'",
        ),
        ...["--web.listen-address=:80", "--no-web.systemd-socket"].map((flag) =>
            wrong(`${key}.extraFlags[0]`, flag, "is not for the stack to set: it listens at 127.0.0.1:"),
        ),
        wrong(
            `${key}.extraFlags[0]`,
            "--web.config.file=/x",
            "is not for the stack to set: it is reached on the VM itself only",
        ),
        ...["--web.external-url=http://x", "--web.route-prefix=/x"].map((flag) =>
            wrong(
                `${key}.extraFlags[0]`,
                flag,
                ["prometheus", "alertmanager"].includes(key)
                    ? "is not for the stack to set: external-prometheus:front decides where it is reached"
                    : "is not for the stack to set: it is reached on the VM itself only",
            ),
        ),
    ];
}

const SIZE = "must be a size such as 80GB";
const MEMORY = "must be a size such as 4G, or a part of the VM's memory such as 80%";
const PATH = "must be the path of a .yml or .yaml file below the project's directory, of letters, digits, '.', '_'";

const PROMETHEUS: Row[] = [
    ...releases("prometheus"),
    wrong(
        "prometheus.version",
        "2.45.0",
        "is too old: federation needs track_timestamps_staleness, which 2.48.0 is the",
        ["prometheus.url"],
    ),
    clash(
        "prometheus.url",
        {
            "prometheus.version": undefined,
            "prometheus.url": "file:///srv/prometheus-99.0.0.linux-amd64.tar.gz",
        },
        "names the tarball of 99.0.0, while version is 3.13.2, the default: give the place of 3.13.2",
    ),
    ...scrapeIntervals("prometheus.scrapeInterval"),
    ...objects("prometheus.retention", "days", "known here: time, size"),
    ...durations("prometheus.retention.time"),
    notText("prometheus.retention.size", 80),
    wrong("prometheus.retention.size", "80", `${SIZE}, got '80'`),
    wrong("prometheus.retention.size", "0GB", `${SIZE}, got '0GB'`),
    notText("prometheus.memoryMax", 4),
    wrong("prometheus.memoryMax", "4 GB", `${MEMORY}, got '4 GB'`),
    wrong("prometheus.memoryMax", "101%", `${MEMORY}, got '101%'`),
    wrong("prometheus.memoryMax", "infinity", `${MEMORY}, got 'infinity'`),
    ...flags("prometheus.unsafeFlags"),
    wrong("prometheus.unsafeFlags[0]", "--log.format=json", "opens nothing that is unsafe; put it into extraFlags"),
    ...["--web.enable-lifecycle", "--web.enable-admin-api", "--enable-feature=remote-write-receiver"].map((flag) =>
        wrong(
            "prometheus.extraFlags[0]",
            flag,
            "lets anybody who reaches the port write, delete or end something; if that is meant, put it into " +
                `external-prometheus:prometheus.unsafeFlags, got '${flag}'`,
            flag === "--web.enable-lifecycle" ? ["prometheus.unsafeFlags[0]"] : [],
        ),
    ),
    ...["--config.file=/x", "--storage.tsdb.path=/x"].map((flag) =>
        wrong("prometheus.extraFlags[0]", flag, "is not for the stack to set: its place on the VM is fixed"),
    ),
    ...["time", "size"].map((what) =>
        wrong(
            "prometheus.extraFlags[0]",
            `--storage.tsdb.retention.${what}=1`,
            `is not for the stack to set: set external-prometheus:prometheus.retention.${what} instead`,
        ),
    ),
    wrong(
        "prometheus.extraFlags[0]",
        "--agent",
        "not for the stack to set: without its database nothing could be asked",
    ),
    wrong(
        "prometheus.extraFlags[0]",
        "--enable-feature=auto-reload-config",
        "the configuration is reloaded when it was",
    ),
    wrong("alertmanager.extraFlags[0]", "--cluster.listen-address=:1", "it runs alone, and opens no port for others"),
    ...booleans("prometheus.restartDuringOutage"),
    ...objects("prometheus.shard", "count", "known here: index, of"),
    wrong("prometheus.shard.index", undefined, "is missing: Which of the parts, from 0"),
    wrong("prometheus.shard.index", "0", "must be a number, got '0'"),
    wrong("prometheus.shard.index", 0.5, "must be a whole number, got 0.5"),
    wrong("prometheus.shard.index", -1, "must be at least 0, got -1"),
    wrong("prometheus.shard.index", 64, "must be at most 63, got 64"),
    clash(
        "prometheus.shard.index",
        { "prometheus.shard.index": 2, "prometheus.shard.of": 2 },
        "must be below the number of parts, 2, got 2",
    ),
    wrong("prometheus.shard.of", undefined, "is missing: How many parts there are"),
    wrong("prometheus.shard.of", "2", "must be a number, got '2'"),
    wrong("prometheus.shard.of", 2.5, "must be a whole number, got 2.5"),
    wrong("prometheus.shard.of", 1, "must be at least 2, got 1"),
    wrong("prometheus.shard.of", 65, "must be at most 64, got 65"),
    ...["ruleFiles", "scrapeConfigFiles"].flatMap((list) => [
        ...lists(`prometheus.${list}`, "rules.yml"),
        notText(`prometheus.${list}[0]`),
        ...["/etc/passwd", "../rules.yml", "a/../../rules.yml", "rules.txt", "a b.yml"].map((path) =>
            wrong(`prometheus.${list}[0]`, path, PATH),
        ),
        wrong(`prometheus.${list}[0]`, `${"a".repeat(200)}.yml`, "must be at most 200 characters long, got 'aaa"),
    ]),
];

/** Of the VM's side. */
export const VM_ROWS: readonly Row[] = [
    ...VM,
    ...PROMETHEUS,
    ...(["nodeExporter", "alertmanager", "blackboxExporter"] as const).flatMap(releases),
];
