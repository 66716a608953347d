import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ASIDE, asked, DATA, start, theirs, toBeAdopted } from "./installedByHand";
import type { Machine } from "./machine";
import { ETC, unit } from "./serving";

/** Ours, which keeps so much. */
function service(machine: Machine, retention: string) {
    // As it is written where the configuration tells how much is kept: that comes with the next step.
    const wanted = unit("prometheus --storage.tsdb.retention.time=100y");
    return machine.run("service", { version: "3.13.2", retention }, wanted);
}

describe("is not stopped, and nothing of it is changed, where", () => {
    const rows: [string, string, Parameters<typeof toBeAdopted>[0], ((machine: Machine) => void | Promise<void>)?][] = [
        [
            "an API server at which it discovers targets does not answer",
            "the API does not answer of: prometheus (http://127.0.0.1:1). A restart would lose all",
            {
                configuration:
                    "scrape_configs:\n  - job_name: a\n    kubernetes_sd_configs:\n    - api_server: http://127.0.0.1:1\n",
            },
        ],
        [
            "one that is written between other things does not",
            "the API does not answer of: prometheus (http://127.0.0.1:1). A restart would lose all",
            {
                configuration:
                    "scrape_configs: [{ job_name: a, kubernetes_sd_configs: [{ role: node, api_server: 'http://127.0.0.1:1' }] }]\n",
            },
        ],
        [
            "one that is named in a file beside it does not",
            "the API does not answer of: a (http://127.0.0.1:2), b (http://127.0.0.1:1). A restart would lose all",
            { configuration: "scrape_config_files: [ 'jobs/*.yml' ]\n" },
            async (machine) => {
                mkdirSync(machine.path(`${ETC}/jobs`));
                const job = (port: number) =>
                    `[{ job_name: j${port}, d: [{ api_server: "http://127.0.0.1:${port}", role: node }] }]`;
                machine.write(`${ETC}/jobs/b.yml`, `# api_server: http://127.0.0.1:3\nscrape_configs: ${job(1)}\n`);
                machine.write(`${ETC}/jobs/a.yml`, `scrape_configs: ${job(2)} # api_server: http://127.0.0.1:4\n`);
                await start(machine);
                rmSync(machine.path("systemctl.log"), { force: true });
            },
        ],
        [
            "a link in what is moved leads nowhere",
            "has a link that leads nowhere, ",
            {},
            (machine) => {
                symlinkSync("../lost.yml", machine.path(`${ETC}/rules/lost.yml`));
            },
        ],
        [
            "ours could not load its configuration",
            "cannot load the configuration that runs now",
            { configuration: "promtool-config-refuses: yes\n" },
        ],
        [
            "it keeps more than ours would",
            "keeps 1y or 80GiB, ours would keep 90d and remove what is older: set external-prometheus:prometheus.retention " +
                "to what it keeps now, and to less when it is adopted. Nothing was changed",
            {},
            (machine) => {
                machine.prometheus.retention = "1y or 80GiB";
            },
        ],
        [
            "the folder of its configuration has become a link since the gate",
            "usr/local/etc/prometheus is a link to",
            {},
            (machine) => {
                renameSync(machine.path(ETC), machine.path("elsewhere"));
                symlinkSync(machine.path("elsewhere"), machine.path(ETC));
            },
        ],
        [
            "a part of its data lies elsewhere",
            "has a link among its data",
            {},
            (machine) => {
                renameSync(machine.path(`${DATA}/wal`), machine.path("wal"));
                symlinkSync(machine.path("wal"), machine.path(`${DATA}/wal`));
            },
        ],
        [
            "it has gone since the gate",
            "does not run, so that nothing could be given back",
            {},
            (machine) => {
                rmSync(machine.path("running"));
            },
        ],
    ];

    it.each(rows)("%s", async (_what, message, installation, change = () => undefined) => {
        const machine = await toBeAdopted(installation);
        await change(machine);
        const before = theirs(machine);
        const { code, stderr } = await service(machine, "90d");
        expect(code).toBe(1);
        expect(stderr).toContain(message);
        expect(theirs(machine)).toEqual(before);
        expect(asked(machine)).toEqual([]);
    });
});

describe("what would be removed at once when ours takes its place", () => {
    const SCRIPT = join(__dirname, "../../host/adoptGuards.sh");

    it.each([
        // [what it keeps, as it tells; what ours would, as it is configured; whether that is less]
        ["15d", "15d", false],
        ["1y", "365d", false],
        ["1y", "364d", true],
        ["2w", "15d", false],
        ["15d12h", "15d", true],
        ["90d", "2160h", false],
        ["1d500ms", "86400s", true],
        ["1y or 80GiB", "365d or 80GB", false],
        ["1y or 80GiB", "365d or 79GB", true],
        ["90d or 1GiB512MiB", "90d or 1536MB", false],
        ["90d or 1GiB513MiB", "90d or 1536MB", true],
        ["512KiB100B", "1MB", false],
        ["2EiB", "2047PB", true],
        ["2EiB", "2048PB", false],
        // Without one of the two there is no such limit.
        ["80GiB", "80GB", false],
        ["80GiB", "365d or 80GB", true],
        ["90d", "80GB", true],
        ["90d", "90d or 80GB", true],
        ["90d or 80GiB", "90d", false],
        ["90d or 7.5%", "90d", false],
        ["90d or 7.5%", "90d or 1PB", true],
    ])("is nothing, or something: it keeps %s, ours %s: %s", (before, after, less) => {
        const ran = spawnSync("bash", ["-ec", '. "$0"; keeps_less "$1" "$2"', SCRIPT, after, before], {
            encoding: "utf8",
        });
        expect([ran.status, ran.stderr]).toEqual([less ? 0 : 1, ""]);
    });

    it("is nothing where ours keeps what it does: it is adopted", async () => {
        const machine = await toBeAdopted();
        machine.prometheus.retention = "1y or 80GiB";
        const { code, stderr } = await service(machine, "365d or 80GB");
        expect(code, stderr).toBe(0);
    });
});

it("is stopped where its rules only speak of an API server, and its configuration is for root alone", async () => {
    const machine = await toBeAdopted();
    machine.write(`${ETC}/rules/theirs.yml`, "groups: [] # labels: { api_server: http://127.0.0.1:1 }\n");
    chmodSync(machine.path(`${ETC}/prometheus.yml`), 0o600);
    const { code, stderr } = await service(machine, "90d");
    expect(code, stderr).toBe(0);
    expect(stderr).not.toContain("CANARY");
});

it("has with ours what it had by links, and what can be executed beside it stays so", async () => {
    const machine = await toBeAdopted();
    mkdirSync(machine.path(`${ETC}/scripts`));
    machine.write(`${ETC}/scripts/targets.sh`, "#!/bin/sh\n");
    chmodSync(machine.path(`${ETC}/scripts/targets.sh`), 0o755);
    machine.write(`${ETC}/scripts/list.json`, "[]\n");
    renameSync(machine.path(`${ETC}/rules`), machine.path("usr/local/etc/shared"));
    symlinkSync("../shared", machine.path(`${ETC}/rules`));
    symlinkSync("../prometheus/scripts/list.json", machine.path("usr/local/etc/shared/one.yml"));
    const { code, stderr } = await service(machine, "90d");
    expect(code, stderr).toBe(0);
    expect(machine.read(`${ETC}/rules/theirs.yml`)).toBe("groups: []\n");
    expect(machine.read(`${ETC}/rules/one.yml`)).toBe("[]\n");
    expect(machine.read(`${ASIDE}/${ETC}/rules/theirs.yml`)).toBe("groups: []\n");
    expect(machine.read("usr/local/etc/shared/theirs.yml")).toBe("groups: []\n");
    expect(statSync(machine.path(`${ETC}/scripts/targets.sh`)).mode & 0o777).toBe(0o755);
    expect(statSync(machine.path(`${ETC}/scripts/list.json`)).mode & 0o777).toBe(0o640);
});
