import * as pulumi from "@pulumi/pulumi";
import { expect, it, vi } from "vitest";
import { Gate, type GateArgs } from "../../components/gate";
import { PROGRAM_NAMES } from "../../host/programs";
import { startMocks, type Recorded } from "../harness";
import { COMMAND, vm } from "./vm";

/** The one resource of a gate that is given this besides what every gate has. */
async function gate(args: Partial<GateArgs> = {}): Promise<Recorded> {
    const mocks = await startMocks();
    new Gate("prometheus-gate", { vm, privateKey: "key", clockSource: "", ...args });
    await mocks.settled();
    return mocks.find(COMMAND, "prometheus-gate");
}

it("is bound to the hook that waits for a VM that is still booting", async () => {
    expect((await gate()).errorHooks).toEqual(["prometheus-gate-boot"]);
});

it("marks the VM as the stack's own, and removes by the same mark", async () => {
    const { create, delete: remove } = (await gate()).inputs;
    for (const command of [create, remove]) {
        expect(command).toMatch(/owner=[\w]+\/external-prometheus\/test\n/);
        expect(command).toContain("component=prometheus-gate\n");
    }
    expect(remove).toContain("purge_data=false\n");
    for (const program of PROGRAM_NAMES) {
        expect(remove).toMatch(new RegExp(`programs=.*\\b${program}\\b`));
    }
});

it("has the VM's clock compared with the server's that it is told", async () => {
    const { create } = (await gate({ clockSource: "https://mirror.example" })).inputs;
    expect(create).toContain("clock_source=https://mirror.example\n");
});

it("takes a VM over from the stack that is named, and from none otherwise", async () => {
    expect((await gate()).inputs["create"]).not.toMatch(/take_over=\w/);
    const takeOver = "organization/external-prometheus/other";
    expect((await gate({ vm: { ...vm, takeOver } })).inputs["create"]).toContain(`take_over=${takeOver}\n`);
});

it("has a Prometheus of somebody else adopted only where that is said, and then tells in a preview what becomes of it", async () => {
    const info = vi.spyOn(pulumi.log, "info").mockResolvedValue();
    expect((await gate()).inputs["create"]).toContain("adopt=false\n");
    expect(info).not.toHaveBeenCalled();
    expect((await gate({ vm: { ...vm, adopt: true } })).inputs["create"]).toContain("adopt=true\n");
    expect(info.mock.calls.map(([message]) => message)).toEqual([
        expect.stringMatching(
            /^10\.0\.0\.20: a Prometheus that somebody else has installed there is adopted \(vm\.adopt\)/,
        ),
    ]);
    info.mockRestore();
});

it("becomes root by sudo that never asks, where the user is another", async () => {
    expect((await gate({ vm: { ...vm, user: "admin" } })).inputs["create"]).toMatch(/^sudo -n timeout /);
});

const proxy = { host: "10.0.0.1", port: 2222, user: "jump", hostKey: "ssh-ed25519 AAAA" };

it("logs in to a jump host with the VM's key where that has none of its own, and keeps either secret", async () => {
    const own = await gate({ vm: { ...vm, proxy }, proxyPrivateKey: "another key" });
    const shared = await gate({ vm: { ...vm, proxy }, privateKey: pulumi.secret("key") });
    expect(own.inputs["connection"]).toMatchObject({ privateKey: "key", proxy: { privateKey: "another key" } });
    expect(shared.inputs["connection"]).toMatchObject({ privateKey: "key", proxy: { privateKey: "key" } });
    for (const { secrets } of [own, shared]) {
        expect(secrets.some((path) => path === "connection" || path === "connection.proxy.privateKey")).toBe(true);
    }
});

it("tries the jump host once more often than the VM behind it, so that an error tells which of them it is from", async () => {
    const { inputs } = await gate({ vm: { ...vm, proxy } });
    expect(inputs["connection"]).toMatchObject({ dialErrorLimit: 0, proxy: { dialErrorLimit: 1 } });
});
