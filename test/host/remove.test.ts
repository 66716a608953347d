import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { configuration, serving } from "./serving";

it("takes away what was installed, and keeps the data", async () => {
    const machine = await serving();
    await machine.succeed("configuration", {}, configuration(["a"]));
    machine.write("usr/local/var/lib/prometheus/wal", "samples");
    await machine.succeed("remove", { purge_data: "false" });
    const left = Object.keys(machine.tree("usr/local")).filter((path) => /prometheus/.test(path));
    expect(left).toEqual(["var/lib/prometheus", "var/lib/prometheus/wal"]);
    expect(existsSync(machine.path("etc/systemd/system/prometheus.service"))).toBe(false);
    expect(machine.systemctl()).toContain("--quiet disable --now prometheus.service");
});

it("takes the data and the user too where it is told so", async () => {
    const machine = await serving();
    await machine.succeed("remove", { purge_data: "true" });
    expect(existsSync(machine.path("usr/local/var/lib/prometheus"))).toBe(false);
});

it.each([{ owner: "organization/external-prometheus/other" }, { component: "renamed" }])(
    "removes nothing that is marked otherwise: %j",
    async (other) => {
        const machine = await serving();
        const before = machine.tree("usr/local");
        const ran = await machine.succeed("remove", { purge_data: "true", ...other });
        expect(ran.stderr).toContain("nothing removed");
        expect(machine.tree("usr/local")).toEqual(before);
    },
);
