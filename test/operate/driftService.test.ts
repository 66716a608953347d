import { describe, expect, it } from "vitest";
import { compared, findings, more } from "./seen";
import { records } from "./deployed";

const RELEASE = "/usr/local/prometheus-3.13.2.linux-amd64";

describe("account, unit and process", () => {
    it.each([
        [/^passwd prometheus .*/, undefined, "user prometheus", "missing", "a system user", "release"],
        [
            /^groups prometheus .*/,
            "$&\npassword prometheus set",
            "user prometheus",
            "has a password",
            "no password",
            "release",
        ],
        [/(^passwd prometheus .*)nonexistent/, "$1tmp", "home of prometheus", "/tmp", "/nonexistent", "release"],
        [
            /(^passwd prometheus .*)usr\/sbin\/nologin/,
            "$1bin/sh",
            "shell of prometheus",
            "/bin/sh",
            "/usr/sbin/nologin",
            "release",
        ],
        [/^groups prometheus .*/, "$& docker", "groups of prometheus", "prometheus docker", "prometheus", "release"],
        [/^group prometheus .*/, "$&alice", "members of group prometheus", "alice", "-", "release"],
        [/(^unit prometheus LoadState=).*/, "$1masked", "prometheus.service", "masked", "loaded", "service"],
        [/(^unit prometheus UnitFileState=).*/, "$1disabled", "prometheus.service", "disabled", "enabled", "service"],
        [
            /(^unit prometheus FragmentPath=).*/,
            "$1/run/x",
            "prometheus.service",
            "from /run/x",
            "from /etc/systemd/system/prometheus.service",
            "service",
        ],
        [
            /(^unit prometheus NeedDaemonReload=).*/,
            "$1yes",
            "prometheus.service",
            "not as its files are now",
            "daemon-reload",
            "service",
        ],
        [/(^unit prometheus DropInPaths=).*/, "$1/etc/x.conf", "/etc/x.conf", "overrides the unit", "-", "service"],
        [
            /^(sandbox prometheus) .*/,
            "$1 CapEff:0000000000200002 NoNewPrivs:0 Seccomp:2",
            "sandbox of prometheus",
            "CapEff:0000000000200002 NoNewPrivs:0 Seccomp:2",
            "CapEff:0000000000000000 NoNewPrivs:1 Seccomp:2",
            "service",
        ],
        [
            /^executable prometheus .*/,
            "$& (deleted)",
            "running prometheus",
            `${RELEASE}/prometheus (deleted)`,
            `${RELEASE}/prometheus`,
            "service",
        ],
        [
            /^argument prometheus --log.level=debug/,
            "argument prometheus --web.enable-lifecycle",
            "flags of prometheus",
            "--web.enable-lifecycle",
            "--log.level=debug",
            "service",
        ],
        [
            /^argument prometheus --log.level=debug/,
            undefined,
            "flags of prometheus",
            "-",
            "--log.level=debug",
            "service",
        ],
        [
            /^listens prometheus .*/,
            "$&\nlistens prometheus 00000000:270F",
            "port 0.0.0.0:9999",
            "prometheus listens",
            "-",
            "service",
        ],
        [/^listens prometheus .*/, undefined, "port 127.0.0.1:9090", "-", "prometheus listens", "service"],
        [/^answers prometheus yes/, undefined, "http://127.0.0.1:9090/-/ready", "no answer", "an answer", "service"],
        [
            /(^metric prometheus .*successful) 1/,
            "$1 0",
            "configuration of prometheus",
            "the last reload failed",
            "loaded",
            "configuration",
        ],
        [
            /(^metric prometheus .*seconds) .*/,
            "$1 101.4",
            "configuration of prometheus",
            "older than its files",
            "loaded",
            "configuration",
        ],
        [/"prometheus",/, "", "job prometheus", "-", "loaded", "configuration"],
        [/"prometheus",/, '"prometheus","rogue",', "job rogue", "loaded", "-", "configuration"],
        [/^rules .*/, undefined, "rules rules/a.yml: availability", "-", "loaded", "configuration"],
    ] as const)("%s → %s", (pattern, replacement, what, found, wanted, step) => {
        expect(findings(pattern, replacement)).toEqual([
            { what, found, declared: wanted, repair: { program: "prometheus", step } },
        ]);
    });

    it("of a service that was stopped, without what follows from it", () => {
        const stopped = records()
            .filter(
                (record) => !/^(executable|uid|argument|listens|answers|metric|pools|rules) prometheus/.test(record),
            )
            .map((record) => record.replace(/(^unit prometheus MainPID=).*/, "$10"))
            .map((record) => record.replace(/(^unit prometheus ActiveState=).*/, "$1inactive"))
            .map((record) => record.replace(/(^unit prometheus SubState=).*/, "$1dead"));
        expect(compared(stopped)).toMatchObject([
            { what: "prometheus.service", found: "inactive (dead)", declared: "active" },
        ]);
    });

    it("of rules that nobody declared", () => {
        expect(more(/^rules .*/, 'rules prometheus "name":"x","file":"/a.yml"')).toMatchObject([
            { what: "rules /a.yml: x", found: "loaded", declared: "-" },
        ]);
    });

    it("of a user that is no system user, for which only a person has a remedy", () => {
        const changed = findings(/^(passwd prometheus .*|uid prometheus )\b999\b/, "$10");
        expect(changed).toEqual([{ what: "user prometheus", found: "uid 0", declared: "a uid from 1 to 999" }]);
    });

    it("but not of a user that was adopted with what somebody else had installed, unless that is root", () => {
        const adopted = /^mark cafe0001/;
        const entry = "entry d 700 root:root 99.0 99.0 usr/local/lib/external-prometheus/adopted";
        const of = (uid: string) =>
            compared(
                records().flatMap((record) => {
                    const changed = record.replace(/^(passwd prometheus .*|uid prometheus )\b999\b/, `$1${uid}`);
                    return adopted.test(record) ? [changed, entry] : [changed];
                }),
            );
        expect(of("1500")).toEqual([]);
        expect(of("0").map(({ found }) => found)).toEqual(["uid 0"]);
    });

    it("of an account that shares the user's uid or group, of which a person has to say which one goes", () => {
        expect(more(/^groups prometheus .*/, "sharer prometheus mallory")).toEqual([
            { what: "uid or group of prometheus", found: "also of mallory", declared: "of prometheus alone" },
        ]);
    });

    it("of a user that was made anew under another uid", () => {
        expect(findings(/(^passwd prometheus .*):999:/, "$1:998:")).toMatchObject([
            { what: "running prometheus", found: "as uid 999", declared: "as uid 998" },
        ]);
    });
});
