import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Finished, runProgram } from "../../operate/process";
import { runOnVm } from "../../operate/vm";
import { succeed, waitFor } from "../lab/lab";
import { SpareStack } from "./spareStack";
import { SpareVm } from "./spareVm";

const vm = new SpareVm(4);
const jump = new SpareVm(5);
/** Two stacks that want the same VM. */
let owner: SpareStack;
let other: SpareStack;

beforeAll(async () => {
    await Promise.all([vm.blank(), jump.blank()]);
    owner = await SpareStack.create(vm, "spare-4");
    other = await SpareStack.create(vm, "spare-4-other");
});

afterAll(async () => {
    await owner.remove();
    await other.remove();
    await vm.gone();
    await jump.gone();
});

function how(extra: object = {}): object {
    return { host: vm.address, hostKey: vm.hostKey, ...extra };
}

/** A failed run's words, without the colours and the script that the provider repeats. */
function complaint({ code, stdout, stderr }: Finished): string {
    expect(code).not.toBe(0);
    return `${stdout}${stderr}`.replaceAll(/running "(?:[^"\\]|\\.)*"/g, "");
}

/** Every file that a deployment could leave, with mode, owner and size; not what services write as they run. */
function files(): Promise<string> {
    const running = "/var/lib/systemd/* /usr/local/var/lib/prometheus/*"
        .split(" ")
        .map((path) => `-not -path '${path}'`);
    return vm.text(`find /etc /usr /opt /var/lib -xdev ${running.join(" ")} -printf '%p %m %u:%g %s\\n' | sort`);
}

/** A command on the VM that needs no connection to it; `namespaces` are options of nsenter. */
function inside(namespaces: readonly string[], ...command: readonly string[]): Promise<string> {
    const init = readFileSync("/var/lib/external-prometheus-lab/run/spare-4-init.pid", "utf8").split(" ")[0] ?? "";
    const args = ["--target", init, ...namespaces, ...command];
    return succeed(`nsenter ${args.join(" ")}`, runProgram("nsenter", args, { timeoutSeconds: 20 }));
}

/** How many connections the VM has refused since it was booted. */
async function refused(): Promise<number> {
    const [names = "", values = ""] = (await inside(["--net"], "grep", "^Tcp:", "/proc/net/snmp")).split("\n");
    return Number(values.split(" ")[names.split(" ").indexOf("OutRsts")]);
}

/** A user who may log in with root's key. */
function user(name: string, shell: string): string {
    return `useradd -m -s ${shell} ${name} && cp -r /root/.ssh /home/${name} && chown -R ${name} /home/${name}/.ssh`;
}

/** What tells one start of Prometheus from the next, and that it still has its first sample. */
function running(): Promise<string> {
    return vm.text(
        "systemctl show -p MainPID -p ExecMainStartTimestampMonotonic -p NRestarts prometheus; ls /usr/local/var/lib/prometheus/wal",
    );
}

/** What sshd of the VM has written while something was done; with two lines of our own login to ask. */
async function sshdLog(act: () => Promise<unknown>): Promise<string[]> {
    const cursor = (await vm.text("journalctl -n 1 --show-cursor -o cat | sed -n 's/^-- cursor: //p'")).trim();
    await act();
    return (await vm.text(`journalctl -t sshd -o cat --after-cursor='${cursor}'`)).trim().split("\n");
}

function logins(log: readonly string[]): number {
    return log.filter((line) => line.startsWith("Accepted publickey")).length - 1;
}

function failedLogins(log: readonly string[]): number {
    return log.filter((line) =>
        /^(Connection closed by authenticating user|Disconnected from authenticating user|Failed )/.test(line),
    ).length;
}

it("leaves a blank VM as it was where the first release is refused and all is destroyed", async () => {
    const before = await files();
    const { sha256, ...release } = owner.configuration["prometheus"] as Record<string, unknown>;
    owner.configuration["prometheus"] = { ...release, sha256: "0".repeat(64) };
    expect(complaint(await owner.up())).toContain("wrong sha256");
    owner.configuration["prometheus"] = { ...release, sha256 };
    expect((await owner.destroy()).code).toBe(0);
    expect(await files()).toBe(before);
});

it("waits for an sshd that starts late, and needs no more than one connection a resource, one after the other", async () => {
    let first = "";
    const log = await sshdLog(async () => {
        await vm.text("echo MaxStartups 2:100:3 >/etc/ssh/sshd_config.d/test.conf; systemctl stop ssh");
        const before = await refused();
        const deployed = owner.mustUp();
        await waitFor("the first refusal", refused, (count) => count > before);
        await inside(["--mount", "--uts", "--ipc", "--pid"], "systemctl", "start", "ssh");
        first = await deployed;
    });
    expect(first).toContain("retrying create due to on-error hook request");
    const { deployment } = JSON.parse(await owner.export()) as { deployment: { resources: { type: string }[] } };
    const commands = deployment.resources.filter(({ type }) => type === "command:remote:Command").length;
    // One was ours.
    expect(logins(log)).toBe(commands + 1);
    expect(commands).toBeLessThanOrEqual(10);
    expect(log.filter((line) => /throttling|drop|error/i.test(line))).toEqual([]);
});

it("adopts the live installation without a restart when the state was lost, as a user with sudo whose shell is dash", async () => {
    await vm.text(`${user("deploy", "/bin/dash")}; ${user("nobodys", "/bin/bash")}`);
    await vm.text("umask 0227; echo 'deploy ALL=(root) NOPASSWD: /usr/bin/timeout' >/etc/sudoers.d/deploy; visudo -cq");
    const before = await running();
    owner = await SpareStack.create(vm, "spare-4");
    owner.configuration["vm"] = how({ user: "deploy" });
    await owner.mustUp();
    expect(await running()).toBe(before);
});

describe("refuses, changes nothing, and says why:", () => {
    let before: string;
    beforeAll(async () => {
        before = await files();
    });

    it("a VM that drops what is sent to it, within the time to boot and one dial", async () => {
        const hole = ["blackhole", "10.98.0.2/32"];
        await inside(["--net"], "ip", "route", "add", ...hole);
        other.configuration["vm"] = how({ bootTimeout: "12s" });
        const said = complaint(await other.up());
        await inside(["--net"], "ip", "route", "del", ...hole);
        expect(said).toMatch(/the VM does not answer: .*external-prometheus:vm\.host .*firewall.* Waited 12 s/);
        expect(said.match(/retrying/g) ?? []).toHaveLength(2); // in the progress and among the diagnostics
        const [, seconds = ""] = /prometheus-gate creating \((\d+)s\) error/.exec(said) ?? [];
        expect(Number(seconds)).toBeLessThanOrEqual(12 + 10 + 5);
    });

    it("another host key", async () => {
        other.configuration["vm"] = how({ hostKey: jump.hostKey });
        let said = "";
        const log = await sshdLog(async () => {
            said = complaint(await other.up());
        });
        expect(said).toContain("another SSH host key than external-prometheus:vm.hostKey says");
        expect(said).not.toContain("retrying");
        expect(logins(log)).toBe(0);
    });

    it("a key that the VM does not know, after a single failed login", async () => {
        const key = other.configuration["vmPrivateKey"];
        other.configuration["vm"] = how();
        other.configuration["vmPrivateKey"] = await other.encrypt(jump.privateKey());
        let said = "";
        const log = await sshdLog(async () => {
            said = complaint(await other.up());
        });
        other.configuration["vmPrivateKey"] = key;
        expect(said).toContain(
            "external-prometheus:vmPrivateKey must belong to a line of authorized_keys of external-prometheus:vm.user",
        );
        expect(failedLogins(log)).toBe(1);
    });

    it("a user who may not run sudo", async () => {
        other.configuration["vm"] = how({ user: "nobodys" });
        const said = complaint(await other.up());
        expect(said).toContain("external-prometheus:vm.user must be root, or a user who may run");
    });

    it("another stack's VM", async () => {
        other.configuration["vm"] = how();
        const said = complaint(await other.up());
        expect(said).toContain(`this VM belongs to stack 'organization/external-prometheus/spare-4'`);
        expect(said).toContain("pulumi config set --path vm.takeOver 'organization/external-prometheus/spare-4'");
    });

    it("a jump host that does not know the key, and one that is another", async () => {
        other.configuration["vm"] = how({ proxy: { host: jump.address, hostKey: jump.hostKey } });
        expect(complaint(await other.up())).toContain(
            "10.98.0.25:22: the jump host refuses the key: external-prometheus:vmProxyPrivateKey",
        );
        other.configuration["vm"] = how({ proxy: { host: jump.address, hostKey: vm.hostKey } });
        expect(complaint(await other.up())).toContain(
            "10.98.0.25:22: what answers as the jump host has another SSH host key than external-prometheus:vm.proxy.hostKey",
        );
    });

    afterAll(async () => {
        expect(await files()).toBe(before);
    });
});

describe("taking over, through a jump host", () => {
    let before: string;

    it("leaves Prometheus running with all that it has", async () => {
        before = await running();
        other.configuration["vm"] = how({
            proxy: { host: jump.address, hostKey: jump.hostKey },
            takeOver: "organization/external-prometheus/spare-4",
        });
        other.configuration["vmProxyPrivateKey"] = await other.encrypt(jump.privateKey());
        await other.mustUp();
        expect(await running()).toBe(before);
    });

    it("tells the VM's errors from the jump host's", async () => {
        const { vmPrivateKey } = other.configuration;
        other.configuration["vmPrivateKey"] = await other.encrypt(jump.privateKey());
        expect(complaint(await other.up())).toContain(
            "10.98.0.24:22: the VM refuses the key: external-prometheus:vmPrivateKey must",
        );
        other.configuration["vmPrivateKey"] = vmPrivateKey;
    });

    it("leaves the stack that has lost the VM nothing to change or to remove on it", async () => {
        owner.configuration["scrapeJobs"] = { more: { targets: ["127.0.0.1:9090"] } };
        expect(complaint(await owner.up())).toContain(
            "this VM belongs to stack 'organization/external-prometheus/spare-4-other'",
        );
        expect((await owner.destroy()).code).toBe(0);
        expect(await running()).toBe(before);
        await other.mustUp("--expect-no-changes");
    });

    it("is the way of the commands, too", async () => {
        const proxy = {
            host: jump.address,
            port: 22,
            user: "root",
            hostKey: jump.hostKey,
            privateKey: jump.privateKey(),
        };
        const there = {
            host: vm.address,
            port: 22,
            user: "root",
            hostKey: vm.hostKey,
            privateKey: vm.privateKey(),
            proxy,
        };
        const ran = await runOnVm(there, { text: "echo ${SSH_CONNECTION%% *}", values: {}, timeoutSeconds: 20 });
        expect(ran).toMatchObject({ code: 0, stdout: `${jump.address}\n` });
    });
});

it("fails to destroy what is on a VM that is gone within one dial, and names the command that forgets it, which does", async () => {
    other.configuration["vm"] = how();
    Reflect.deleteProperty(other.configuration, "vmProxyPrivateKey");
    const before = await running();
    await other.mustUp();
    expect(await running()).toBe(before);
    await vm.off();
    // Which reaches no VM.
    expect((await other.preview()).code).toBe(0);
    const gone = await other.destroy();
    expect(complaint(gone)).toMatch(/after 0 failed attempts: dial tcp 10\.98\.0\.24:22: /);
    expect(gone.stdout).not.toContain("retrying");
    const said = complaint(await other.destroy("--run-program"));
    const [, urn = ""] = /let the stack forget it: pulumi state delete --target-dependents '(.*)'/.exec(said) ?? [];
    expect(urn).toMatch(/^urn:pulumi:spare-4-other::.*::prometheus-gate$/);
    const forgotten = await other.run(["state", "delete", "--target-dependents", urn, "--yes"]);
    expect(forgotten.code, forgotten.stderr).toBe(0);
    expect((await other.destroy()).code).toBe(0);
    expect(JSON.parse(await other.export())).not.toHaveProperty("deployment.resources");
});
