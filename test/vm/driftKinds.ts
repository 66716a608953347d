/** A way in which a VM may come to differ from what its stack has declared. */
export interface Kind {
    readonly kind: string;
    /** What is done to the VM, as shell text. */
    readonly by: string;
    /** The line that tells of it: what, found, declared. */
    readonly line: readonly [string, string, string];
}

export const CANARY = "canary-that-nobody-may-see";

const ETC = "/usr/local/etc/prometheus";
const CREDENTIALS = `${ETC}/credentials/gone`;
const RELEASE = "/usr/local/prometheus-3.13.2.linux-amd64";
const UNIT = "/etc/systemd/system/prometheus.service";

/** All of it can be put right while Prometheus goes on running. */
export const GENTLE: readonly Kind[] = [
    {
        kind: "a document was edited",
        by: `echo '# edited' >>${ETC}/current/prometheus.yml`,
        line: [`${ETC}/current/prometheus.yml`, "content differs", "as deployed"],
    },
    {
        kind: "a document can be read by everybody",
        by: `chmod 0644 ${ETC}/current/clusters/gone.yml`,
        line: [`${ETC}/current/clusters/gone.yml`, "0644 root:prometheus", "0640 root:prometheus"],
    },
    {
        kind: "a document belongs to another group",
        by: `chgrp root ${ETC}/current/prometheus.yml`,
        line: [`${ETC}/current/prometheus.yml`, "0640 root:root", "0640 root:prometheus"],
    },
    {
        kind: "a document was added, and loaded",
        by:
            `printf 'scrape_configs:\\n  - job_name: rogue\\n' >${ETC}/current/clusters/rogue.yml; chmod 0644 ${ETC}/current/clusters/*` +
            `; chgrp prometheus ${ETC}/current/prometheus.yml; systemctl reload prometheus; for i in $(seq 20); do curl -s http://127.0.0.1:9090/api/v1/scrape_pools | grep -q rogue && break; sleep 0.5; done; chgrp root ${ETC}/current/prometheus.yml`,
        line: ["job rogue", "loaded", "-"],
    },
    {
        kind: "a document does not belong",
        by: "true",
        line: [`${ETC}/current/clusters/rogue.yml`, "a file", "-"],
    },
    {
        kind: "a link was replaced by a file",
        by: `cp --remove-destination ${ETC}/current/prometheus.yml ${ETC}/prometheus.yml`,
        line: [`${ETC}/prometheus.yml`, "a file", "a link to current/prometheus.yml"],
    },
    {
        kind: "a link leads elsewhere",
        by: `ln -sfn /tmp ${ETC}/clusters`,
        line: [`${ETC}/clusters`, "a link to /tmp", "a link to current/clusters"],
    },
    {
        kind: "a directory of the configuration is closed",
        by: `chmod 0700 ${ETC}/versions`,
        line: [`${ETC}/versions`, "0700 root:prometheus", "0750 root:prometheus"],
    },
    {
        kind: "a credential was changed",
        by: `echo ${CANARY} >>${CREDENTIALS}/federation.key`,
        line: [`${CREDENTIALS}/federation.key`, "content differs", "as deployed"],
    },
    {
        kind: "a credential can be read by everybody",
        by: `chmod 0644 ${CREDENTIALS}/federation.crt`,
        line: [`${CREDENTIALS}/federation.crt`, "0644 root:prometheus", "0640 root:prometheus"],
    },
    {
        kind: "a credential is gone",
        by: `rm ${CREDENTIALS}/federation-ca.crt`,
        line: [`${CREDENTIALS}/federation-ca.crt`, "missing", "a file"],
    },
    {
        kind: "a credential does not belong",
        by: `echo ${CANARY} >${CREDENTIALS}/old.token`,
        line: [`${CREDENTIALS}/old.token`, "a file", "-"],
    },
    {
        kind: "a directory of credentials is open",
        by: `chmod 0777 ${ETC}/credentials`,
        line: [`${ETC}/credentials`, "0777 root:prometheus", "0750 root:prometheus"],
    },
    {
        kind: "the data can be written by everybody",
        by: "chmod 0777 /usr/local/var/lib/prometheus",
        line: ["/usr/local/var/lib/prometheus", "0777 prometheus:prometheus", "0750 prometheus:prometheus"],
    },
    {
        kind: "some of the data is not Prometheus's",
        by: "touch /usr/local/var/lib/prometheus/by-root",
        line: ["/usr/local/var/lib/prometheus/by-root", "root:root", "prometheus:prometheus"],
    },
    {
        kind: "the scripts' records can be written by everybody",
        by: "chmod 0666 /usr/local/lib/external-prometheus/owner",
        line: ["/usr/local/lib/external-prometheus/owner", "0666 root:root", "only root may write"],
    },
    {
        kind: "the user has a shell",
        by: "usermod --shell /bin/bash prometheus",
        line: ["shell of prometheus", "/bin/bash", "/usr/sbin/nologin"],
    },
    {
        kind: "the user has another group",
        by: "usermod --append --groups daemon prometheus",
        line: ["groups of prometheus", "prometheus daemon", "prometheus"],
    },
    {
        kind: "the user has a password",
        by: `echo prometheus:${CANARY} | chpasswd`,
        line: ["user prometheus", "has a password", "no password"],
    },
    {
        kind: "the group has another member",
        by: "useradd mallory && usermod --append --groups prometheus mallory",
        line: ["members of group prometheus", "mallory", "-"],
    },
    {
        kind: "the unit is disabled",
        by: "systemctl disable prometheus",
        line: ["prometheus.service", "disabled", "enabled"],
    },
    {
        kind: "the unit was edited",
        by: `echo '# edited' >>${UNIT}`,
        line: [UNIT, "content differs", "as deployed"],
    },
    {
        kind: "systemd has not read the unit",
        by: "true",
        line: ["prometheus.service", "not as its files are now", "daemon-reload"],
    },
    {
        kind: "the release's folder is open",
        by: `chmod 0777 ${RELEASE}`,
        line: [RELEASE, "0777 root:root", "0755 root:root"],
    },
];

/** Alone: where it is gone, nothing tells that a unit that was edited since is not the one that Prometheus was started from. */
export const FORGOTTEN: readonly Kind[] = [
    {
        kind: "what was last seen to work is no longer known",
        by: "rm -rf /usr/local/lib/external-prometheus/healthy/prometheus",
        line: [
            "/usr/local/lib/external-prometheus/healthy/prometheus/release",
            "missing",
            "what was last seen to work",
        ],
    },
];

const OVERRIDE = [
    "[Service]",
    "ExecStart=",
    "ExecStart=/usr/local/bin/other --config.file=/usr/local/etc/prometheus/prometheus.yml " +
        "--storage.tsdb.path=/usr/local/var/lib/prometheus --web.listen-address=127.0.0.1:9090 " +
        "--web.listen-address=127.0.0.1:9999 --web.enable-admin-api",
    "",
].join("\\n");

/** All of it needs another start. */
export const ROUGH: readonly Kind[] = [
    {
        kind: "something overrides the unit",
        by: [
            "cp -a /usr/local/prometheus/prometheus /usr/local/bin/other",
            `mkdir ${UNIT}.d`,
            `printf '${OVERRIDE}' >${UNIT}.d/mine.conf`,
            "systemctl daemon-reload",
            "systemctl restart prometheus",
            "for i in $(seq 40); do curl -fs -o /dev/null http://127.0.0.1:9999/-/ready && break; sleep 0.5; done",
        ].join("; "),
        line: [`${UNIT}.d/mine.conf`, "overrides the unit", "-"],
    },
    {
        kind: "another program runs",
        by: "true",
        line: ["running prometheus", "/usr/local/bin/other", `${RELEASE}/prometheus`],
    },
    {
        kind: "it runs with other flags",
        by: "true",
        line: ["flags of prometheus", "--web.listen-address=127.0.0.1:9999 --web.enable-admin-api", "-"],
    },
    {
        kind: "it listens elsewhere too",
        by: "true",
        line: ["port 127.0.0.1:9999", "prometheus listens", "-"],
    },
    {
        kind: "the last reload failed",
        by: `echo 'nonsense' >>${ETC}/current/prometheus.yml; systemctl reload prometheus; sleep 1`,
        line: ["configuration of prometheus", "the last reload failed", "loaded"],
    },
    {
        kind: "what runs is older than its files",
        by: "true",
        line: ["configuration of prometheus", "older than its files", "loaded"],
    },
    {
        kind: "the link to the release leads elsewhere",
        by: "ln -sfn /tmp /usr/local/prometheus",
        line: ["/usr/local/prometheus", "a link to /tmp", `a link to ${RELEASE}`],
    },
    {
        kind: "a unit is masked",
        by: "systemctl stop blackbox_exporter; ln -sf /dev/null /etc/systemd/system/blackbox_exporter.service; systemctl daemon-reload",
        line: ["blackbox_exporter.service", "masked", "loaded"],
    },
    {
        kind: "a service is stopped",
        by: "true",
        line: ["blackbox_exporter.service", "inactive (dead)", "active"],
    },
    {
        kind: "a user is gone",
        by: "userdel blackbox_exporter",
        line: ["user blackbox_exporter", "missing", "a system user"],
    },
    {
        kind: "a companion's file was edited",
        by: "echo nonsense >>/usr/local/etc/blackbox_exporter/blackbox_exporter.yml",
        line: ["/usr/local/etc/blackbox_exporter/blackbox_exporter.yml", "content differs", "as deployed"],
    },
];

/** Prometheus cannot even start. */
export const FATAL: readonly Kind[] = [
    {
        kind: "the configuration was broken and the VM restarted",
        by: `echo nonsense >${ETC}/current/prometheus.yml; systemctl restart prometheus; sleep 2; systemctl stop prometheus`,
        line: [`${ETC}/current/prometheus.yml`, "content differs", "as deployed"],
    },
    { kind: "Prometheus does not run", by: "true", line: ["prometheus.service", "inactive (dead)", "active"] },
    {
        kind: "its program was replaced",
        by: `echo >>${RELEASE}/prometheus`,
        line: [`${RELEASE}/prometheus`, "content differs", "as deployed"],
    },
];
