import * as pulumi from "@pulumi/pulumi";
import { expect, it } from "vitest";
import { Gate } from "../../components/gate";
import { startMocks } from "../harness";
import { COMMAND, vm } from "./vm";

it("is bound to the hook that waits for a VM that is still booting", async () => {
    const mocks = await startMocks();
    new Gate("prometheus-gate", { vm, privateKey: pulumi.secret("key") });
    await mocks.settled();
    expect(mocks.find(COMMAND, "prometheus-gate").errorHooks).toEqual(["prometheus-gate-boot"]);
});

it("marks the VM as the stack's own, and removes by the same mark", async () => {
    const mocks = await startMocks();
    new Gate("prometheus-gate", { vm, privateKey: "key" });
    await mocks.settled();
    const { create, delete: remove } = mocks.find(COMMAND, "prometheus-gate").inputs;
    for (const command of [create, remove]) {
        expect(command).toMatch(/owner=[\w]+\/external-prometheus\/test\n/);
        expect(command).toContain("component=prometheus-gate\n");
    }
    expect(remove).toContain("purge_data=false\n");
});

it("becomes root by sudo that never asks, where the user is another", async () => {
    const mocks = await startMocks();
    new Gate("prometheus-gate", { vm: { ...vm, user: "admin" }, privateKey: "key" });
    await mocks.settled();
    expect(mocks.find(COMMAND, "prometheus-gate").inputs["create"]).toMatch(/^sudo -n timeout /);
});
