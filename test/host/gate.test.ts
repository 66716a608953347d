import { existsSync, mkdirSync, utimesSync } from "node:fs";
import { expect, it } from "vitest";
import { Machine, OWNER } from "./machine";
import { CREDENTIALS, ETC } from "./serving";

it("marks the VM and says which one it is, the same each time", async () => {
    const machine = await Machine.blank();
    const first = await machine.succeed("gate");
    expect(first.stdout).toMatch(/^machine-id=0123456789abcdef0123456789abcdef mark=[0-9a-f]{8}\n$/);
    expect((await machine.succeed("gate")).stdout).toBe(first.stdout);
});

it("refuses a VM of another stack, and so does every later step", async () => {
    const machine = await Machine.prepared();
    const other = { owner: "organization/external-prometheus/other" };
    for (const step of ["gate", "credentials", "verify"] as const) {
        const ran = await machine.run(step, { ...other, first_scrapes: "0" }, CREDENTIALS);
        expect(ran.code).toBe(1);
        expect(ran.stderr).toContain(`this VM belongs to stack '${OWNER}'`);
    }
    expect(existsSync(machine.path(`${ETC}/credentials/a`))).toBe(false);
});

it.each([
    ["no systemd", (m: Machine) => m.run("gate", { root: `${m.root}/usr/local` }), "systemd does not run this machine"],
    [
        "another family of operating systems",
        (m: Machine) => {
            m.write("etc/os-release", "ID=alpine\n");
            return m.run("gate");
        },
        "unsupported operating system",
    ],
    [
        "a Prometheus of somebody else",
        (m: Machine) => {
            m.write("etc/systemd/system/prometheus.service", "");
            return m.run("gate");
        },
        "a Prometheus that this program did not install is already here",
    ],
])("refuses %s, and writes nothing", async (_what, run, message) => {
    const machine = await Machine.blank();
    mkdirSync(machine.path("usr/local/run"));
    const ran = await run(machine);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain(`error: ${message}`);
    expect(existsSync(machine.path("usr/local/lib"))).toBe(false);
});

it("is told from another VM at the same address by every later step", async () => {
    const machine = await Machine.prepared();
    machine.write("etc/machine-id", "ffffffffffffffffffffffffffffffff\n");
    const ran = await machine.run("credentials", {}, CREDENTIALS);
    expect(ran.stderr).toContain("this is not the VM that the stack has set up");
});

it.each([
    [
        "a full disk",
        (m: Machine) => {
            m.write("free", "19");
        },
        "only 19 MB are free",
    ],
    [
        "a clock that went back",
        (m: Machine) => {
            const later = Date.now() / 1000 + 120;
            utimesSync(m.path("usr/local/lib/external-prometheus/owner"), later, later);
        },
        "the VM's clock is wrong",
    ],
])("is followed by steps that find %s themselves", async (_what, happen, message) => {
    const machine = await Machine.prepared();
    happen(machine);
    const ran = await machine.run("credentials", {}, CREDENTIALS);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain(`error: ${message}`);
    expect(existsSync(machine.path(`${ETC}/credentials/a`))).toBe(false);
});
