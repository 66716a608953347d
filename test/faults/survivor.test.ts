import { afterAll, beforeAll, expect, it } from "vitest";
import { waitFor } from "../lab/lab";
import { SpareStack } from "../vm/spareStack";
import { SpareVm } from "../vm/spareVm";
import { ended, family, kill } from "./injury";
import { ownVm } from "./vms";

const vm = new SpareVm(ownVm());
let stack: SpareStack;

beforeAll(async () => {
    await vm.blank();
    stack = await SpareStack.create(vm, `survivor-${vm.number}`);
});

afterAll(async () => {
    await stack.remove();
    await vm.gone();
});

/** Number of the first process on the VM whose command line begins so, once there is one. */
async function processOf(command: string): Promise<string> {
    // In a pattern that does not match the shell that looks.
    const look = `pgrep -o -f '^[${command[0]}]${command.slice(1)}' || true`;
    return (
        await waitFor(
            command,
            () => vm.text(look),
            (found) => found !== "",
        )
    ).trim();
}

function managed(): Promise<string> {
    return vm.text("find /usr/local /etc/systemd/system -printf '%p %s %T@\\n' | sort");
}

it("lets a run that outlives its engine finish, before the next one begins its work", async () => {
    const engine = stack.spawn("up");
    // The step that brings the release, in the middle of it.
    const first = await processOf("timeout -k 10 1200");
    await vm.text(`kill -STOP -- -${first}`);
    kill(family(engine));
    await ended(engine, 10);

    await stack.recover();
    const second = stack.mustUp();
    await processOf("flock -w");
    const before = await managed();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(await managed()).toBe(before);

    await vm.text(`kill -CONT -- -${first}`);
    await second;
    expect(await vm.text(`ps -p ${first} || true`)).not.toContain("timeout");
    expect(await vm.text("curl -sS http://127.0.0.1:9090/-/ready")).toContain("Ready");
    await stack.mustUp("--expect-no-changes");
});
