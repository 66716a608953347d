import { cpSync, existsSync, symlinkSync, unlinkSync } from "node:fs";
import { expect, it } from "vitest";
import { bundle } from "../../host/bundle";
import type { Machine } from "./machine";
import { configuration, CREDENTIALS, ETC, serving } from "./serving";

function reloads(machine: Machine): number {
    return machine.systemctl().filter((line) => line.startsWith("reload ")).length;
}

it("loads a configuration once, and keeps no other on the VM", async () => {
    const machine = await serving();
    const files = [
        ...configuration(["a"]),
        { path: "clusters/c.yml", mode: "0640", content: "scrape_configs:\n  - job_name: c/b\n" },
    ];
    const first = await machine.succeed("configuration", {}, files);
    expect(first.stdout).toMatch(/^configuration=[0-9a-f]{16}\n$/);
    expect(machine.read(`${ETC}/clusters/c.yml`)).toContain("c/b");
    const before = machine.tree("usr/local");
    const again = await machine.succeed("configuration", {}, files);
    expect(again.stdout).toBe(first.stdout);
    expect(machine.tree("usr/local")).toEqual(before);
    expect(reloads(machine)).toBe(1);
    expect(machine.versions()).toEqual([machine.current().replace("versions/", "")]);
});

it("drops what the new configuration no longer holds", async () => {
    const machine = await serving();
    await machine.succeed("credentials", {}, CREDENTIALS);
    const cluster = { path: "clusters/a.yml", mode: "0640", content: "scrape_configs: []\n" };
    await machine.succeed("configuration", {}, [...configuration(["a"]), cluster]);
    expect(existsSync(machine.path(`${ETC}/credentials/a`))).toBe(true);
    await machine.succeed("configuration", {}, configuration(["a"]));
    expect(existsSync(machine.path(`${ETC}/credentials/a`))).toBe(false);
    expect(Object.keys(machine.tree(ETC))).not.toContain("clusters");
});

it.each([
    ["what promtool refuses", "    promtool-config-refuses: yes\n", "promtool refuses the configuration: "],
    [
        "a file that is missing",
        "    tls_config:\n      ca_file: /none.crt\n",
        "/none.crt is named by the configuration, but the user",
    ],
    ["an empty file", "    credentials_file: /empty\n", "/empty is named by the configuration, but it is empty"],
    [
        "certificates that cannot be used",
        "    tls_config:\n      ca_file: /promtool-ready-refuses.crt\n",
        "unusable certificates: ",
    ],
    [
        "a bad selector",
        "    params:\n      match[]:\n        - '{a=\"b\"}'\n        - '{a=\"b\"'\n",
        'bad match[] {a="b": parse error',
    ],
])("refuses %s before anything is changed", async (_what, lines, message) => {
    const machine = await serving();
    machine.write("empty", "");
    machine.write("promtool-ready-refuses.crt", "certificate");
    const before = machine.tree("usr/local");
    const ran = await machine.run("configuration", {}, configuration(["a"], lines));
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain(`error: ${message}`);
    expect(machine.tree("usr/local")).toEqual(before);
    expect(reloads(machine)).toBe(0);
});

it.each([
    ["holds no job", configuration([]), "the configuration holds no job at all"],
    ["lacks its main document", [{ path: "clusters/a.yml", mode: "0640", content: "" }], "holds no prometheus.yml"],
    ["was cut off on its way", bundle(configuration(["a"])).slice(0, -4), "the data on stdin is incomplete"],
])("refuses one that %s", async (_what, stdin, message) => {
    const machine = await serving();
    expect((await machine.run("configuration", {}, stdin)).stderr).toContain(message);
    expect(machine.versions()).toEqual(["initial"]);
});

it("restores what ran before where Prometheus does not take the new one", async () => {
    const machine = await serving();
    await machine.succeed("configuration", {}, configuration(["a"]));
    const before = machine.tree("usr/local");
    const ran = await machine.run("configuration", {}, configuration(["b"], "    reload-refuses: yes\n"));
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("journal of the test");
    expect(ran.stderr).toContain("the previous configuration is back and runs");
    expect(machine.tree("usr/local")).toEqual(before);
    expect((await machine.run("verify", { first_scrapes: "0" })).code).toBe(0);
});

it("goes on from a cut between swap and reload", async () => {
    const machine = await serving();
    await machine.succeed("configuration", {}, configuration(["a"]));
    // As a cut would leave it: the new version is current, Prometheus was not told, the one that works is remembered.
    symlinkSync("versions/initial", machine.path(`${ETC}/previous`));
    machine.write(`${ETC}/prometheus.yml`, configuration(["b"])[0]?.content ?? "");
    await machine.succeed("configuration", {}, configuration(["b"]));
    expect(reloads(machine)).toBe(2);
    expect(existsSync(machine.path(`${ETC}/previous`))).toBe(false);
    expect((await machine.run("verify", { first_scrapes: "0" })).code).toBe(0);
});

it("goes back past a version that was never seen to work", async () => {
    const machine = await serving();
    await machine.succeed("configuration", {}, configuration(["a"]));
    const works = machine.current();
    cpSync(machine.path(`${ETC}/${works}`), machine.path(`${ETC}/versions/unseen`), { recursive: true });
    symlinkSync(works, machine.path(`${ETC}/previous`));
    unlinkSync(machine.path(`${ETC}/current`));
    symlinkSync("versions/unseen", machine.path(`${ETC}/current`));
    const ran = await machine.run("configuration", {}, configuration(["b"], "    reload-refuses: yes\n"));
    expect(ran.stderr).toContain("the previous configuration is back and runs");
    expect(machine.current()).toBe(works);
    expect(machine.versions()).toEqual([works.replace("versions/", "")]);
});

it("puts on disk what it names, before it names it", async () => {
    const machine = await serving();
    await machine.succeed("configuration", {}, configuration(["a"]));
    const synced = machine.read("sync.log").trimEnd().split("\n");
    const version = synced.indexOf(`-f ${machine.path(`${ETC}/${machine.current()}`)}`);
    expect(version).toBeGreaterThan(-1);
    expect(synced.indexOf(machine.path(ETC), version)).toBeGreaterThan(version);
});
