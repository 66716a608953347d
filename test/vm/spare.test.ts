import { afterAll, expect, it } from "vitest";
import { waitFor } from "../lab/lab";
import { SpareStack } from "./spareStack";
import { SpareVm } from "./spareVm";

const vm = new SpareVm(7);
let stack: SpareStack | undefined;

afterAll(async () => {
    await stack?.remove();
    await vm.gone();
});

/** What the VM's Prometheus says about being ready, as often as it takes. */
function ready(): Promise<string> {
    return waitFor(
        "the spare VM's Prometheus to be ready",
        () => vm.text("systemctl is-active prometheus; curl -sS http://127.0.0.1:9090/-/ready || true"),
        (said) => said.startsWith("active\n") && said.includes("Ready"),
    );
}

it("deploys to a blank VM of its own, which survives a power cut and is as good as blank when all is destroyed", async () => {
    await vm.blank();
    stack = await SpareStack.create(vm, "spare-7");
    const first = await stack.mustUp();
    expect(first).toContain("created");
    await ready();
    expect(await stack.outputs()).toMatchObject({ version: expect.stringMatching(/^3\./) as string });

    await vm.cut();
    expect((await vm.run("true")).code).toBe(255);
    await vm.start();
    await ready();
    expect(await stack.mustUp()).toContain("unchanged");

    const destroyed = await stack.destroy();
    expect(destroyed.code, destroyed.stdout + destroyed.stderr).toBe(0);
    expect(await vm.text("ls /usr/local/etc; ls -d /usr/local/prometheus* || true")).toBe("");
});
