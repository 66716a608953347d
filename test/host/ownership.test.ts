import { rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Machine, OWNER } from "./machine";
import { CREDENTIALS } from "./serving";

const OTHER = "organization/external-prometheus/other";
const MARK = "usr/local/lib/external-prometheus/owner";
const REMOVAL = { programs: "prometheus", purge_data: "true" };

/** A machine on which the first stack has done something. */
async function owned(): Promise<Machine> {
    const machine = await Machine.blank();
    await machine.succeed("gate");
    await machine.succeed("credentials", {}, CREDENTIALS);
    return machine;
}

function word(machine: Machine): string {
    return machine.vm.replace(/.* mark=/, "");
}

describe("another stack", () => {
    it("is refused by the gate and by every later step, in words that name owner and remedy; nothing changes", async () => {
        const machine = await owned();
        const before = machine.tree("usr");
        for (const step of ["gate", "release", "credentials", "service", "configuration", "verify"] as const) {
            const variables = { ...machine.release("3.13.2"), first_scrapes: "0", owner: OTHER };
            const ran = await machine.run(step, variables, CREDENTIALS);
            expect(ran.code).toBe(1);
            expect(ran.stderr).toContain(`error: this VM belongs to stack '${OWNER}'`);
            expect(ran.stderr).toContain(`pulumi config set --path vm.takeOver '${OWNER}'`);
            expect(machine.tree("usr")).toEqual(before);
        }
    });

    it("takes nothing over that belongs to a third", async () => {
        const machine = await owned();
        const before = machine.tree("usr");
        const ran = await machine.run("gate", { owner: OTHER, take_over: "organization/external-prometheus/third" });
        expect(ran.stderr).toContain(`this VM belongs to stack '${OWNER}'`);
        expect(machine.tree("usr")).toEqual(before);
    });

    it("may be told to take over what is nobody's", async () => {
        const machine = await Machine.blank();
        await machine.succeed("gate", { owner: OTHER, take_over: OWNER });
        expect(machine.read(MARK)).toMatch(`${OTHER}\n`);
    });
});

describe("taking over", () => {
    it("gives the VM to the new stack with all that is on it, and tells its steps that it is another", async () => {
        const machine = await owned();
        const old = word(machine);
        const before = machine.tree("usr/local/etc");
        const ran = await machine.succeed("gate", { owner: OTHER, take_over: OWNER, component: "other-gate" });
        expect(ran.stderr).toContain(`taken over from stack '${OWNER}'`);
        expect(machine.read(MARK)).toBe(`${OTHER}\nother-gate\n${word(machine)}\n`);
        expect(word(machine)).toMatch(/^[0-9a-f]{8}$/);
        expect(word(machine)).not.toBe(old);
        expect(machine.tree("usr/local/etc")).toEqual(before);
        await machine.succeed("credentials", { owner: OTHER }, CREDENTIALS);
    });

    it("leaves the old stack nothing to change or to remove there", async () => {
        const machine = await owned();
        const seen = machine.vm;
        await machine.succeed("gate", { owner: OTHER, take_over: OWNER });
        const before = machine.tree("usr");
        expect((await machine.run("credentials", { vm: seen }, CREDENTIALS)).stderr).toContain(
            `belongs to stack '${OTHER}'`,
        );
        expect((await machine.run("gate")).stderr).toContain(`belongs to stack '${OTHER}'`);
        expect((await machine.succeed("remove", REMOVAL)).stderr).toContain("nothing removed");
        expect(machine.tree("usr")).toEqual(before);
    });

    it("is done once: the same again changes nothing", async () => {
        const machine = await owned();
        const first = await machine.succeed("gate", { owner: OTHER, take_over: OWNER });
        const again = await machine.succeed("gate", { owner: OTHER, take_over: OWNER });
        expect(again.stdout).toBe(first.stdout);
        expect(again.stderr).toBe("");
    });

    it("can be undone by the same means, and then the old stack's steps do not take the VM for what they left", async () => {
        const machine = await owned();
        const seen = machine.vm;
        await machine.succeed("gate", { owner: OTHER, take_over: OWNER });
        await machine.succeed("gate", { take_over: OTHER });
        expect(machine.vm).not.toBe(seen);
    });
});

it("keeps the mark of a stack that lost its state: its next run finds the same VM", async () => {
    const machine = await owned();
    const seen = machine.vm;
    await machine.succeed("gate", { component: "renamed-gate" });
    expect(machine.vm).toBe(seen);
});

it("leaves a program alone that somebody else has installed, also when the VM is the stack's own", async () => {
    const machine = await owned();
    machine.write("etc/systemd/system/node_exporter.service", "foreign");
    const before = machine.tree("usr");
    const ran = await machine.run("release", machine.companion("node_exporter", "1.12.1"));
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("error: a node_exporter that this program did not install is already here");
    expect(machine.tree("usr")).toEqual(before);
    rmSync(machine.path("etc/systemd/system/node_exporter.service"));
    await machine.succeed("release", machine.companion("node_exporter", "1.12.1"));
    machine.write("etc/systemd/system/node_exporter.service", "our own");
    await machine.succeed("release", machine.companion("node_exporter", "1.12.2"));
});
