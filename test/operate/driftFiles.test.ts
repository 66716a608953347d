import { describe, expect, it } from "vitest";
import { findings, more } from "./seen";

const ETC = "/usr/local/etc/prometheus";
const RELEASE = "/usr/local/prometheus-3.13.2.linux-amd64";

describe("a file or folder", () => {
    it.each([
        // [what is on the VM instead, what, found, declared, the first step that runs again]
        [
            /^sum \S+ {2}(.*a1b2c3d4\/rules\/a.yml)/,
            "sum 00  $1",
            `${ETC}/current/rules/a.yml`,
            "content differs",
            "as deployed",
            "configuration",
        ],
        [
            /640 (.*a1b2c3d4\/rules\/a.yml)/,
            "644 $1",
            `${ETC}/current/rules/a.yml`,
            "0644 root:prometheus",
            "0640 root:prometheus",
            "configuration",
        ],
        [
            /root:prometheus (.*clusters\/lab.yml)/,
            "root:root $1",
            `${ETC}/current/clusters/lab.yml`,
            "0640 root:root",
            "0640 root:prometheus",
            "configuration",
        ],
        [
            /^(entry|sum) .*a1b2c3d4\/rules\/a.yml/,
            undefined,
            `${ETC}/current/rules/a.yml`,
            "missing",
            "a file",
            "configuration",
        ],
        [
            /750 (.*a1b2c3d4\/rules)$/,
            "755 $1",
            `${ETC}/current/rules`,
            "0755 root:prometheus",
            "0750 root:prometheus",
            "configuration",
        ],
        [
            /l (.*etc\/prometheus\/prometheus.yml)/,
            "f $1",
            `${ETC}/prometheus.yml`,
            "a file",
            "a link to current/prometheus.yml",
            "configuration",
        ],
        [
            /^target current\/rules/,
            "target /tmp",
            `${ETC}/rules`,
            "a link to /tmp",
            "a link to current/rules",
            "configuration",
        ],
        [
            /^sum \S+ {2}(.*discovery.token)/,
            "sum 00  $1",
            `${ETC}/credentials/lab/discovery.token`,
            "content differs",
            "as deployed",
            "credentials",
        ],
        [
            /640 (.*discovery.token)/,
            "644 $1",
            `${ETC}/credentials/lab/discovery.token`,
            "0644 root:prometheus",
            "0640 root:prometheus",
            "credentials",
        ],
        [
            /750 (.*credentials\/lab)$/,
            "777 $1",
            `${ETC}/credentials/lab`,
            "0777 root:prometheus",
            "0750 root:prometheus",
            "credentials",
        ],
        [
            /^entry .*healthy\/prometheus\/release/,
            undefined,
            "/usr/local/lib/external-prometheus/healthy/prometheus/release",
            "missing",
            "what was last seen to work",
            "service",
        ],
        [
            /^entry .*healthy\/prometheus\/configuration/,
            undefined,
            "/usr/local/lib/external-prometheus/healthy/prometheus/configuration",
            "missing",
            "what was last seen to work",
            "configuration",
        ],
        [
            /^sum \S+ {2}(.*system\/prometheus.service)/,
            "sum 00  $1",
            "/etc/systemd/system/prometheus.service",
            "content differs",
            "as deployed",
            "service",
        ],
        [
            /f (.*system\/prometheus.service)/,
            "l $1\ntarget /dev/null",
            "/etc/systemd/system/prometheus.service",
            "a link to /dev/null",
            "a file",
            "service",
        ],
        [
            /^target .*prometheus-3.13.2.*/,
            "target /tmp",
            "/usr/local/prometheus",
            "a link to /tmp",
            `a link to ${RELEASE}`,
            "service",
        ],
        [/750 (.*etc\/prometheus)$/, "755 $1", ETC, "0755 root:prometheus", "0750 root:prometheus", "release"],
        [
            /prometheus:prometheus (.*var\/lib\/prometheus)$/,
            "root:root $1",
            "/usr/local/var/lib/prometheus",
            "0750 root:root",
            "0750 prometheus:prometheus",
            "release",
        ],
        [
            /^sum \S+ {2}(.*amd64\/promtool)/,
            "sum 00  $1",
            `${RELEASE}/promtool`,
            "content differs",
            "as deployed",
            "release",
        ],
        [
            /755 (.*amd64\/prometheus)$/,
            "777 $1",
            `${RELEASE}/prometheus`,
            "0777 root:root",
            "0755 root:root",
            "release",
        ],
        [/755 (.*3.13.2.linux-amd64)$/, "777 $1", RELEASE, "0777 root:root", "0755 root:root", "release"],
        [/^record .*3.13.2.*/, undefined, RELEASE, "missing", "release 3.13.2", "release"],
        [
            /644 (.*external-prometheus\/owner)/,
            "666 $1",
            "/usr/local/lib/external-prometheus/owner",
            "0666 root:root",
            "only root may write",
            "release",
        ],
    ] as const)("%s → %s", (pattern, replacement, what, found, wanted, step) => {
        expect(findings(pattern, replacement)).toEqual([
            { what, found, declared: wanted, repair: { program: "prometheus", step } },
        ]);
    });

    it.each([
        [
            "entry f 640 root:root 1 1 usr/local/etc/prometheus/versions/a1b2c3d4/rules/b.yml",
            `${ETC}/current/rules/b.yml`,
            "a file",
            "configuration",
        ],
        [
            "entry d 750 root:root 1 1 usr/local/etc/prometheus/versions/old",
            `${ETC}/versions/old`,
            "a directory",
            "configuration",
        ],
        [
            "entry l 777 root:root 1 1 usr/local/etc/prometheus/previous\ntarget versions/old",
            `${ETC}/previous`,
            "a link to versions/old",
            "configuration",
        ],
        [
            "entry f 640 root:root 1 1 usr/local/etc/prometheus/credentials/lab/old.token",
            `${ETC}/credentials/lab/old.token`,
            "a file",
            "credentials",
        ],
        [
            "entry s 640 root:root 1 1 usr/local/etc/prometheus/credentials/x",
            `${ETC}/credentials/x`,
            "something else",
            "credentials",
        ],
    ])("that does not belong: %s", (record, what, found, step) => {
        expect(more(/^architecture.*/, record)).toEqual([
            { what, found, declared: "-", repair: { program: "prometheus", step } },
        ]);
    });

    it("is told once where a whole folder does not belong, and not where somebody keeps a file of their own", () => {
        const folder = "usr/local/etc/prometheus/credentials/other";
        const entries = [`entry d 750 root:root 1 1 ${folder}`, `entry f 640 root:root 1 1 ${folder}/a`];
        expect(more(/^architecture.*/, ...entries).map(({ what }) => what)).toEqual([`/${folder}`]);
        expect(more(/^architecture.*/, "entry f 640 root:root 1 1 usr/local/etc/prometheus/notes.txt")).toEqual([]);
    });

    it("in the data that the program cannot write", () => {
        const path = "usr/local/var/lib/prometheus/wal/00000001";
        expect(more(/^architecture.*/, `foreign prometheus root:root ${path}`)).toMatchObject([
            { what: `/${path}`, found: "root:root", declared: "prometheus:prometheus" },
        ]);
    });

    it("of a program that the stack does not have", () => {
        const record =
            "entry f 644 root:root 1 1 usr/local/lib/external-prometheus/releases/node_exporter-1.0.0.linux-amd64";
        expect(more(/^architecture.*/, record)).toEqual([
            {
                what: "node_exporter",
                found: "installed",
                declared: "-",
                repair: { program: "prometheus", step: "configuration" },
            },
        ]);
    });

    it("of a tarball other than the declared one", () => {
        expect(findings(/^(record .*3.13.2\S+) 1{64}/, "$1 dead")).toMatchObject([
            { what: RELEASE, found: "of a tarball with sha256 dead", declared: "1".repeat(64) },
        ]);
    });

    it("of a program beside Prometheus is looked at in the same way", () => {
        expect(findings(/^sum \S+ {2}(.*alertmanager.yml)/, "sum 00  $1")).toMatchObject([
            {
                what: "/usr/local/etc/alertmanager/alertmanager.yml",
                repair: { program: "alertmanager", step: "service" },
            },
        ]);
    });
});
