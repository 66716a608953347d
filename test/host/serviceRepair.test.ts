import { mkdirSync, rmSync, utimesSync } from "node:fs";
import { expect, it } from "vitest";
import type { Machine } from "./machine";
import { clusterFile, configuration, ETC, serving, unit } from "./serving";

const UNIT = "etc/systemd/system/prometheus.service";
const STATE = "usr/local/lib/external-prometheus";

async function start(machine: Machine): Promise<void> {
    await fetch(`http://${machine.address}/test/start?unit=prometheus.service`);
}

function restarts(machine: Machine): number {
    return machine.systemctl().filter((line) => line.startsWith("restart")).length;
}

it("keeps what somebody has changed the unit with, out of systemd's sight, and only the last of it", async () => {
    const machine = await serving();
    for (const text of ["[Service]\nNice=1\n", "[Service]\nNice=2\n"]) {
        rmSync(machine.path(`${UNIT}.d`), { recursive: true, force: true });
        mkdirSync(machine.path(`${UNIT}.d`));
        machine.write(`${UNIT}.d/mine.conf`, text);
        const ran = await machine.succeed("service", { version: "3.13.2" }, unit("first"));
        expect(ran.stderr).toContain(
            `prometheus.service.d, which changed the unit, to ${machine.path(STATE)}/set-aside/`,
        );
        expect(machine.read(`${STATE}/set-aside/${UNIT}.d/mine.conf`)).toBe(text);
        expect(machine.tree("etc/systemd/system")).not.toHaveProperty("prometheus.service.d");
    }
});

it("restarts what runs with other flags than its unit has, although nothing overrides that any more", async () => {
    const machine = await serving();
    const text = machine.read(UNIT);
    machine.write(UNIT, text.replace("first", "first --web.enable-admin-api"));
    await start(machine);
    machine.write(UNIT, text);
    utimesSync(machine.path(UNIT), 1, 1);
    await machine.succeed("service", { version: "3.13.2" }, unit("first"));
    expect(restarts(machine)).toBe(2);
    await start(machine);
    await machine.succeed("service", { version: "3.13.2" }, unit("first"));
    expect(restarts(machine)).toBe(2);
});

it("restarts what runs as the user that its own once was", async () => {
    const machine = await serving();
    machine.write("uid", "7\n");
    await machine.succeed("service", { version: "3.13.2" }, unit("first"));
    expect(restarts(machine)).toBe(2);
});

const DOCUMENTS = [
    ...configuration(["a"], "", ["scrape_config_files:", "  - clusters/*.yml"]),
    clusterFile("c", ["c/b"]),
];

it.each<[string, (machine: Machine) => void]>([
    [
        "a document",
        (machine) => {
            machine.write(`${ETC}/current/prometheus.yml`, "promtool-config-refuses: yes\n");
        },
    ],
    [
        "the link to it",
        (machine) => {
            rmSync(machine.path(`${ETC}/prometheus.yml`));
            machine.write(`${ETC}/prometheus.yml`, "promtool-config-refuses: yes\n");
        },
    ],
    [
        "all of it",
        (machine) => {
            rmSync(machine.path(`${ETC}/versions`), { recursive: true });
            rmSync(machine.path(`${ETC}/current`));
        },
    ],
])("starts Prometheus with what it last had loaded where somebody has broken %s", async (_what, damage) => {
    const machine = await serving();
    await machine.succeed("configuration", {}, DOCUMENTS);
    const [main, cluster] = [machine.read(`${ETC}/prometheus.yml`), machine.read(`${ETC}/clusters/c.yml`)];
    damage(machine);
    await fetch(`http://${machine.address}/test/stop`);
    await machine.succeed("service", { version: "3.13.2" }, unit("first"));
    expect([machine.read(`${ETC}/prometheus.yml`), machine.read(`${ETC}/clusters/c.yml`)]).toEqual([main, cluster]);
    await machine.succeed("configuration", {}, DOCUMENTS);
    expect(machine.versions()).toEqual([machine.current().replace("versions/", "")]);
});

it("takes nothing back that is only not what was last loaded", async () => {
    const machine = await serving();
    await machine.succeed("configuration", {}, DOCUMENTS);
    machine.write(`${ETC}/current/prometheus.yml`, "# edited\nscrape_configs: []\n");
    await fetch(`http://${machine.address}/test/stop`);
    await machine.succeed("service", { version: "3.13.2" }, unit("first"));
    expect(machine.read(`${ETC}/prometheus.yml`)).toContain("# edited");
});
