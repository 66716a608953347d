import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Finished, runProgram } from "../../operate/process";
import { PATIENCE_SECONDS, PROJECT } from "../lab/lab";
import { CANARY, FATAL, FORGOTTEN, GENTLE, type Kind, ROUGH } from "./driftKinds";
import { offeredReleases } from "./releases";
import { SpareStack } from "./spareStack";
import { SpareVm } from "./spareVm";

const STACK = "spare-6";
const vm = new SpareVm(6);
let stack: SpareStack | undefined;
/** All that the commands have said, to be searched for secrets. */
let said = "";

beforeAll(async () => {
    await vm.blank();
    stack = await SpareStack.create(vm, STACK, join(__dirname, "watching.ts"));
    const { blackbox_exporter: blackboxExporter } = await offeredReleases();
    Object.assign(stack.configuration, { blackboxExporter });
    await stack.mustUp();
    process.env["PULUMI"] = stack.cli();
});

afterAll(async () => {
    await stack?.remove();
    await vm.gone();
});

/** An entry point of operate/: what make wraps, without make's own exit code. */
async function run(command: "drift" | "repair"): Promise<Finished> {
    const args = ["--import", "tsx", join(PROJECT, "operate", `${command}.ts`), STACK];
    const finished = await runProgram(process.execPath, args, { timeoutSeconds: PATIENCE_SECONDS });
    said += finished.stdout + finished.stderr;
    return finished;
}

/** The cells of a table's lines. */
function lines(table: string): string[][] {
    return table.split("\n").map((line) => line.split(/ {2,}/));
}

async function pid(): Promise<string> {
    return (await vm.text("systemctl show -P MainPID prometheus")).trim();
}

/** Every file below the places that belong to the program, and the process: equal if and only if nothing was touched. */
function state(): Promise<string> {
    return vm.text(
        "find /usr/local/etc /usr/local/lib /etc -printf '%p %m %u:%g %s %C@\\n' | sort; systemctl show -P MainPID prometheus",
    );
}

it("finds nothing on a VM that is as it was deployed, and touches nothing", async () => {
    const before = await state();
    const args = ["-s", "-C", PROJECT, "drift", `STACK=${STACK}`, `PULUMI=${stack?.cli()}`];
    expect(await runProgram("make", args, { timeoutSeconds: PATIENCE_SECONDS })).toEqual({
        code: 0,
        stdout: `The VM ${vm.address} is as the stack '${STACK}' has declared it.\n`,
        stderr: "",
    });
    expect(await state()).toBe(before);
});

describe.each([
    // First, as long as the unit is older than the process.
    ["and remembers anew, while Prometheus goes on running", FORGOTTEN],
    ["while Prometheus goes on running", GENTLE],
    ["by another start", ROUGH],
    ["where Prometheus cannot start", FATAL],
] as const)("what one repair puts right, %s", (how, kinds) => {
    let repaired: Finished;
    let before: string;
    // What is shown first, and at the end.
    let found: string;
    let left: string;

    beforeAll(async () => {
        before = await pid();
        await vm.text(["set -e", ...kinds.map(({ by }: Kind) => by)].join("\n"));
        repaired = await run("repair");
        [found = "", left = ""] = repaired.stdout.split(/^Updating \([^]*^Duration: .*$/m);
    });

    it.each(kinds)("$kind", ({ line }) => {
        expect(lines(found)).toContainEqual(line);
        expect(lines(left)).not.toContainEqual(line);
    });

    it("and leaves nothing", async () => {
        expect(repaired, repaired.stdout + repaired.stderr).toMatchObject({ code: 0 });
        expect(left.trim()).toBe(`The VM ${vm.address} is as the stack '${STACK}' has declared it.`);
        expect((await pid()) === before).toBe(how.includes("goes on running"));
    });
});

it("keeps what somebody has overridden the unit with", async () => {
    const kept = "/usr/local/lib/external-prometheus/set-aside/etc/systemd/system/prometheus.service.d/mine.conf";
    expect(await vm.text(`cat ${kept}`)).toContain("--web.enable-admin-api");
});

it("cannot look at a VM that is off", async () => {
    await vm.off();
    const seen = await run("drift");
    expect(seen).toMatchObject({ code: 1, stdout: "" });
    expect(seen.stderr).toContain(`Cannot log in to the VM root@${vm.address}`);
});

it("finds a VM that was rebuilt under the same host key, and sets it up anew", async () => {
    await vm.blank();
    const seen = await run("drift");
    expect(seen.code).toBe(2);
    expect(lines(seen.stdout)).toEqual([
        ["WHAT", "FOUND", "DECLARED"],
        ["the machine (rebuilt?)", expect.stringMatching(/^machine id \w{32}$/), expect.stringMatching(/^\w{32}$/)],
        [""],
    ]);
    const repaired = await run("repair");
    expect(repaired, repaired.stdout + repaired.stderr).toMatchObject({ code: 0 });
    expect(await vm.text("systemctl is-active prometheus blackbox_exporter")).toBe("active\nactive\n");
});

it("has shown no secret", async () => {
    const keys = await vm.text("cat /usr/local/etc/prometheus/credentials/gone/federation.key");
    const secrets = keys.split("\n").filter((line) => /^[\w+/=]{20,}$/.test(line));
    expect(secrets.length).toBeGreaterThan(0);
    expect([CANARY, ...secrets].filter((secret) => said.includes(secret))).toEqual([]);
});
