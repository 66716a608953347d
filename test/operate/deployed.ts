import { createHash } from "node:crypto";
import { bundle, type BundleFile } from "../../host/bundle";
import { PROGRAMS } from "../../host/programs";
import { hostScript, type HostScript } from "../../host/render";
import { renderUnit } from "../../host/unit";
import { unitOf } from "../../host/units";

/** A stack with a Prometheus and an Alertmanager, as its state and as its VM: without a change they are the same. */
export const OWNER = "organization/external-prometheus/dev";
export const MACHINE_ID = "0123456789abcdef0123456789abcdef";
export const TOKEN = "canary-of-a-token";

const VERSIONS = { prometheus: "3.13.2", alertmanager: "0.34.2" } as const;
type Name = keyof typeof VERSIONS;

const SHA256 = { prometheus: "1".repeat(64), alertmanager: "2".repeat(64) };
const ETC = "usr/local/etc/prometheus";
const CURRENT = `${ETC}/versions/a1b2c3d4`;

const DOCUMENTS: readonly BundleFile[] = [
    {
        path: "clusters/lab.yml",
        mode: "0640",
        content: [
            "scrape_configs:",
            "  - job_name: lab/kubernetes-nodes",
            "    credentials_file: /usr/local/etc/prometheus/credentials/lab/discovery.token",
            "    ca_file: /usr/local/etc/prometheus/credentials/lab/ca.crt",
            "",
        ].join("\n"),
    },
    { path: "prometheus.yml", mode: "0640", content: "scrape_configs:\n  - job_name: prometheus\n" },
    { path: "rules/a.yml", mode: "0640", content: "groups:\n  - name: availability\n    rules: []\n" },
];
const CREDENTIALS: readonly BundleFile[] = [
    { path: "lab/ca.crt", mode: "0640", content: "a certificate\n" },
    { path: "lab/discovery.token", mode: "0640", content: `${TOKEN}\n` },
    // What no document names is not left on the VM.
    { path: "lab/federation.key", mode: "0640", content: "a key\n" },
];
const RECEIVERS: BundleFile = { path: "alertmanager.yml", mode: "0640", content: "route: {}\n" };

const PARENTS = {
    gate: "Gate",
    release: "Release",
    credentials: "Credentials",
    service: "SystemdService",
    configuration: "PrometheusConfiguration",
    verify: "Verify",
} as const;

export function urn(script: keyof typeof PARENTS, program: Name = "prometheus"): string {
    const types = ["ExternalPrometheus", PARENTS[script]].map((type) => `external-prometheus:index:${type}`);
    return `urn:pulumi:dev::external-prometheus::${types.join("$")}$command:remote:Command::${program}-${script}`;
}

function secret(value: unknown): object {
    return {
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        plaintext: JSON.stringify(value),
    };
}

function unit(program: Name): BundleFile {
    return {
        path: `${program}.service`,
        mode: "0644",
        content: renderUnit(unitOf(program, { flags: program === "prometheus" ? ["--log.level=debug"] : [] })),
    };
}

export const CONNECTION = {
    host: "10.0.0.1",
    port: 22,
    user: "root",
    hostKey: "ssh-ed25519 AAAA",
    privateKey: secret("a key"),
    perDialTimeout: 10,
};

/** What `pulumi stack export --show-secrets` prints. */
export function exported({ connection = CONNECTION, pending = [] }: { connection?: object; pending?: object[] } = {}) {
    const step = (
        script: HostScript & keyof typeof PARENTS,
        variables: Record<string, string>,
        { stdin, stdout = "", program = "prometheus" }: { stdin?: unknown; stdout?: string; program?: Name } = {},
    ) => ({
        urn: urn(script, program),
        custom: true,
        type: "command:remote:Command",
        inputs: {
            connection: secret(connection),
            create: hostScript(script, "root", { owner: OWNER, component: "prometheus-gate", program, ...variables }),
            ...(stdin === undefined ? {} : { stdin }),
        },
        outputs: { stdout, stderr: "" },
    });
    const programs = (["prometheus", "alertmanager"] as const).flatMap((program) => {
        const version = VERSIONS[program];
        const release = {
            version,
            binaries: PROGRAMS[program].binaries.join(" "),
            sha256_amd64: SHA256[program],
            sha256_arm64: "",
        };
        const files = program === "alertmanager" ? [unit(program), RECEIVERS] : [unit(program)];
        return [step("release", release, { program }), step("service", { version }, { program, stdin: bundle(files) })];
    });
    return {
        version: 3,
        deployment: {
            manifest: { time: "2026-01-01T00:00:00Z" },
            resources: [
                { urn: "urn:pulumi:dev::external-prometheus::pulumi:pulumi:Stack::dev", type: "pulumi:pulumi:Stack" },
                step("gate", {}, { stdout: `machine-id=${MACHINE_ID} mark=cafe0001` }),
                ...programs,
                step("credentials", {}, { stdin: secret(bundle(CREDENTIALS)) }),
                step("configuration", {}, { stdin: bundle(DOCUMENTS) }),
                step("verify", {}),
            ],
            pending_operations: pending,
        },
    };
}

function sum(content: string): string {
    return createHash("sha256").update(content).digest("hex");
}

function directory(path: string, owner: string, mode = "750"): string {
    return `entry d ${mode} ${owner} 99.0 99.0 ${path}`;
}

function file(path: string, owner: string, mode: string, content?: string): string[] {
    return [
        `entry f ${mode} ${owner} 100.5 101.0 ${path}`,
        ...(content === undefined ? [] : [`sum ${sum(content)}  ${path}`]),
    ];
}

function link(path: string, target: string): string[] {
    return [`entry l 777 root:root 90.0 101.5 ${path}`, `target ${target}`];
}

function program(name: Name): string[] {
    const folder = `usr/local/${name}-${VERSIONS[name]}.linux-amd64`;
    const { binaries } = PROGRAMS[name];
    const { content } = unit(name);
    const [, ...flags] = /^ExecStart=(.*)$/m.exec(content)?.[1]?.split(" ") ?? [];
    return [
        ...link(`usr/local/${name}`, `/${folder}`),
        directory(`usr/local/etc/${name}`, `root:${name}`),
        directory(`usr/local/var/lib/${name}`, `${name}:${name}`),
        ...file(`etc/systemd/system/${name}.service`, "root:root", "644", content),
        ...file(`usr/local/lib/external-prometheus/healthy/${name}/release`, "root:root", "644"),
        directory(folder, "root:root", "755"),
        ...binaries.flatMap((binary) => file(`${folder}/${binary}`, "root:root", "755", binary)),
        `record /${folder} ${SHA256[name]}`,
        ...binaries.map((binary) => `record /${folder} ${sum(binary)}  ${binary}`),
        `passwd ${name} ${name}:x:999:997::/nonexistent:/usr/sbin/nologin`,
        `group ${name} ${name}:x:997:`,
        `groups ${name} ${name}`,
        `unit ${name} MainPID=541`,
        `unit ${name} LoadState=loaded`,
        `unit ${name} ActiveState=active`,
        `unit ${name} SubState=running`,
        `unit ${name} FragmentPath=/etc/systemd/system/${name}.service`,
        `unit ${name} DropInPaths=/usr/lib/systemd/system/service.d/10-timeout.conf`,
        `unit ${name} UnitFileState=enabled`,
        `unit ${name} NeedDaemonReload=no`,
        `executable ${name} /${folder}/${name}`,
        `uid ${name} 999`,
        `sandbox ${name} CapEff:0000000000000000 NoNewPrivs:1 Seccomp:2`,
        ...["what it is called", ...flags].map((word) => `argument ${name} ${word}`),
        `listens ${name} 0100007F:${Number(PROGRAMS[name].address.split(":")[1]).toString(16).toUpperCase()}`,
        `answers ${name} yes`,
        `metric ${name} ${name}_config_last_reload_success_timestamp_seconds 1.02e+02`,
        `metric ${name} ${name}_config_last_reload_successful 1`,
    ];
}

/** The records that operate/drift.sh prints about the VM. */
export function records(): string[] {
    const group = "root:prometheus";
    return [
        `machine-id ${MACHINE_ID}`,
        "architecture x86_64",
        `mark ${OWNER}`,
        "mark prometheus-gate",
        "mark cafe0001",
        directory("usr/local/lib/external-prometheus", "root:root", "755"),
        ...file("usr/local/lib/external-prometheus/owner", "root:root", "644"),
        ...program("prometheus"),
        directory("usr/local/lib/external-prometheus/healthy/prometheus/versions", "root:root", "755"),
        directory("usr/local/lib/external-prometheus/healthy/prometheus/versions/d4c3b2a1", group),
        ...link("usr/local/lib/external-prometheus/healthy/prometheus/configuration", "versions/d4c3b2a1"),
        ...["clusters", "prometheus.yml", "rules"].flatMap((part) => link(`${ETC}/${part}`, `current/${part}`)),
        ...link(`${ETC}/current`, "versions/a1b2c3d4"),
        ...["versions", "versions/a1b2c3d4", "versions/a1b2c3d4/clusters", "versions/a1b2c3d4/rules"].map((path) =>
            directory(`${ETC}/${path}`, group),
        ),
        ...DOCUMENTS.flatMap(({ path, content }) => file(`${CURRENT}/${path}`, group, "640", content)),
        ...["credentials", "credentials/lab"].map((path) => directory(`${ETC}/${path}`, group)),
        ...CREDENTIALS.filter(({ path }) => path !== "lab/federation.key").flatMap(({ path, content }) =>
            file(`${ETC}/credentials/${path}`, group, "640", content),
        ),
        'pools prometheus {"status":"success","data":{"scrapePools":["prometheus","lab/kubernetes-nodes"]}}',
        `rules prometheus "name":"availability","file":"/${ETC}/rules/a.yml"`,
        ...program("alertmanager"),
        ...file("usr/local/etc/alertmanager/alertmanager.yml", "root:alertmanager", "640", RECEIVERS.content),
        "end",
    ];
}

export function printed(all: readonly string[]): string {
    return all.map((record) => `${record}\0`).join("");
}
