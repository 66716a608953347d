import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { companionDocuments } from "../../config/companionFiles";
import type { BundleFile } from "../../host/bundle";
import type { ProgramName } from "../../host/programs";
import { Machine, type Ran } from "./machine";

const ETC = "usr/local/etc/alertmanager/alertmanager.yml";

/** A machine with a release of the program, whose checks refuse a file that says so. */
async function installed(program: ProgramName): Promise<Machine> {
    const machine = await Machine.blank();
    await machine.succeed("gate");
    const release = `usr/local/${program}-1.0.0.linux-amd64`;
    mkdirSync(machine.path(release));
    const check = 'for f; do :; done\nif grep -q "check-refuses" "${f#*=}"; then echo "$f: refused"; exit 1; fi\n';
    for (const binary of [program, "amtool"]) {
        const text = `#!/bin/sh\necho "${binary}, version 1.0.0"\n${check}`;
        writeFileSync(machine.path(`${release}/${binary}`), text, { mode: 0o755 });
    }
    return machine;
}

function service(machine: Machine, program: ProgramName, unit: string, file?: string, version = "1.0.0"): Promise<Ran> {
    const files: BundleFile[] = [
        { path: `${program}.service`, mode: "0644", content: `[Service]\nExecStart=${unit}\n` },
    ];
    if (file !== undefined) {
        files.push({ path: `${program}.yml`, mode: "0640", content: file });
    }
    return machine.run("service", { program, version, health: "/-/healthy", answer_within: "1" }, files);
}

function acts(machine: Machine): string[] {
    return machine.systemctl().filter((line) => /^(restart|reload)/.test(line));
}

it.each(["node_exporter", "alertmanager", "blackbox_exporter"] as const)(
    "%s is started once, and enabled",
    async (program) => {
        const machine = await installed(program);
        const [file] = companionDocuments(program);
        for (let i = 0; i < 2; i++) {
            expect((await service(machine, program, "first", file?.content)).stdout).toBe("version=1.0.0\n");
        }
        expect(acts(machine)).toEqual([`restart ${program}.service`]);
        expect(machine.systemctl()).toContain(`--quiet enable ${program}.service`);
        expect(existsSync(machine.path(`usr/local/etc/${program}`))).toBe(program !== "node_exporter");
    },
);

describe("the file of Alertmanager", () => {
    it("is taken by a reload alone", async () => {
        const machine = await installed("alertmanager");
        await service(machine, "alertmanager", "first", "one\n");
        expect((await service(machine, "alertmanager", "first", "two\n")).code).toBe(0);
        expect(machine.read(ETC)).toBe("two\n");
        expect(acts(machine)).toEqual(["restart alertmanager.service", "reload alertmanager.service"]);
    });

    it("is put back where somebody has edited it", async () => {
        const machine = await installed("alertmanager");
        await service(machine, "alertmanager", "first", "one\n");
        machine.write(ETC, "edited\n");
        expect((await service(machine, "alertmanager", "first", "one\n")).code).toBe(0);
        expect(machine.read(ETC)).toBe("one\n");
        expect(acts(machine)).toHaveLength(2);
    });

    it("is refused before anything is changed", async () => {
        const machine = await installed("alertmanager");
        await service(machine, "alertmanager", "first", "one\n");
        const ran = await service(machine, "alertmanager", "second", "check-refuses\n");
        expect(ran.code).toBe(1);
        expect(ran.stderr).toMatch(/alertmanager refuses its configuration: [^]*alertmanager.yml: refused/);
        expect(machine.read(ETC)).toBe("one\n");
        expect(machine.read("etc/systemd/system/alertmanager.service")).toContain("first");
        expect(machine.tree("usr/local/etc/alertmanager")).not.toHaveProperty(".alertmanager.yml.draft");
        expect(acts(machine)).toHaveLength(1);
    });

    it("is the old one again when the program does not take it", async () => {
        const machine = await installed("alertmanager");
        await service(machine, "alertmanager", "first", "one\n");
        const ran = await service(machine, "alertmanager", "first", "reload-refuses\n");
        expect(ran.code).toBe(1);
        expect(ran.stderr).toContain("the previous configuration is back");
        expect(machine.read(ETC)).toBe("one\n");
    });

    it("goes back together with the release and the unit", async () => {
        const machine = await installed("alertmanager");
        await service(machine, "alertmanager", "first", "one\n");
        const broken = machine.path("usr/local/alertmanager-2.0.0.linux-amd64");
        mkdirSync(broken);
        for (const binary of ["alertmanager", "amtool"]) {
            writeFileSync(`${broken}/${binary}`, "#!/bin/sh\n# dies\n", { mode: 0o755 });
        }
        const ran = await service(machine, "alertmanager", "second", "two\n", "2.0.0");
        expect(ran.stderr).toContain("alertmanager-1.0.0.linux-amd64, which ran before, runs again");
        expect(machine.read(ETC)).toBe("one\n");
        expect(machine.read("etc/systemd/system/alertmanager.service")).toContain("first");
        expect((await service(machine, "alertmanager", "first", "one\n")).code).toBe(0);
        expect(acts(machine)).toHaveLength(3);
    });
});
