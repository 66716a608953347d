import { describe, expect, it } from "vitest";
import { bootWait, dialError } from "../../host/dialError";

const DIRECT = "after 0 failed attempts: ";
/** What the provider says of a jump host, and of the VM behind it; see RETRIES. */
const JUMP = "proxy: after 1 failed attempts: ";
const BEHIND = "proxy: after 0 failed attempts: ";

describe("dialError", () => {
    it.each([
        ["dial tcp 10.0.0.20:22: connect: connection refused", "refuses the connection"],
        ["dial tcp 10.0.0.20:22: i/o timeout", "does not answer"],
        ["dial tcp 10.0.0.20:22: connect: connection timed out", "does not answer"],
        ["dial tcp 10.0.0.20:22: connect: no route to host", "there is no way"],
        ["dial tcp 10.0.0.20:22: connect: network is unreachable", "there is no way"],
        ["ssh: handshake failed: EOF", "closes the connection before the login"],
        ["ssh: handshake failed: read tcp 10.0.0.1:5000->10.0.0.20:22: read: connection reset by peer", "closes"],
        ["dial tcp: lookup vm.example.com on 10.0.0.53:53: server misbehaving", "the DNS did not answer"],
        ["dial tcp: lookup vm.example.com: Temporary failure in name resolution", "the DNS did not answer"],
    ])("tries again, and knows what to say in the end: %s", (text, advice) => {
        const error = dialError(DIRECT + text);
        expect(error).toMatchObject({ kind: "retry", at: "vm" });
        expect(error.advice).toContain(advice);
        expect(error.advice).toContain("external-prometheus:vm.");
    });

    it.each([
        ["ssh: handshake failed: ssh: host key mismatch", "external-prometheus:vm.hostKey"],
        ["ssh: handshake failed: knownhosts: key mismatch", "external-prometheus:vm.hostKey"],
        [
            "ssh: handshake failed: ssh: no common algorithm for host key; client offered: [ssh-ed25519], server offered: [rsa-sha2-512]",
            "external-prometheus:vm.hostKey",
        ],
        [
            "ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain",
            "external-prometheus:vmPrivateKey",
        ],
        ["dial tcp: lookup vm.example.com on 10.0.0.53:53: no such host", "external-prometheus:vm.host"],
    ])("stops, and names what to change: %s", (text, key) => {
        const error = dialError(DIRECT + text);
        expect(error).toMatchObject({ kind: "stop", at: "vm" });
        expect(error.advice).toContain(key);
    });

    it.each([
        ["ssh: no key found", "external-prometheus:vmPrivateKey "],
        ["ssh: this private key is passphrase protected", "external-prometheus:vmPrivateKey "],
        ["dial unix /tmp/agent.1: connect: connection refused", "SSH_AUTH_SOCK"],
        ["proxy: ssh: no key found", "external-prometheus:vmProxyPrivateKey "],
    ])("stops where nothing was dialed yet: %s", (text, key) => {
        const error = dialError(text);
        expect(error.kind).toBe("stop");
        expect(error.advice).toContain(key);
    });

    it.each([
        ["ssh: handshake failed: ssh: host key mismatch", "stop", "vm.proxy.hostKey", "vm.hostKey"],
        ["ssh: handshake failed: ssh: unable to authenticate", "stop", "vmProxyPrivateKey", "vmPrivateKey must"],
        ["ssh: handshake failed: EOF", "retry", "vm.proxy.port", "vm.port"],
    ])("tells by the number of tries whether the jump host or the VM said it: %s", (text, kind, ofJump, ofVm) => {
        const jump = dialError(JUMP + text);
        const behind = dialError(BEHIND + text);
        expect(jump).toMatchObject({ kind, at: "proxy" });
        expect(jump.advice).toContain(`external-prometheus:${ofJump}`);
        expect(behind).toMatchObject({ kind, at: "vm" });
        expect(behind.advice).toContain(`external-prometheus:${ofVm}`);
    });

    it.each([
        ["ssh: rejected: connect failed (Connection refused)", "retry", "the VM refuses"],
        ["ssh: rejected: connect failed (Connection timed out)", "retry", "the VM does not answer"],
        ["ssh: rejected: connect failed (No route to host)", "retry", "no way to the VM"],
        ["ssh: rejected: connect failed (Name or service not known)", "stop", "vm.host is not known to the DNS"],
        ["ssh: rejected: connect failed (Temporary failure in name resolution)", "retry", "the DNS did not answer"],
        ["ssh: rejected: connect failed (open failed)", "retry", "vm.host and vm.port"],
        ["ssh: rejected: administratively prohibited (open failed)", "stop", "AllowTcpForwarding"],
    ])("understands what a jump host says of the VM: %s", (text, kind, advice) => {
        const error = dialError(BEHIND + text);
        expect(error).toMatchObject({ kind, at: "vm" });
        expect(error.advice).toContain(advice);
    });

    it.each([
        ["sudo: a password is required", "by sudo"],
        ["sudo: a terminal is required to read the password; either use the -S option", "by sudo"],
        ["sudo: sorry, you must have a tty to run sudo", "by sudo"],
        ["bash: line 1: sudo: command not found", "by sudo"],
        ["Sorry, user a is not allowed to execute '/usr/bin/timeout -k 10 180 bash -c true' as root on vm.", "by sudo"],
        ["a is not in the sudoers file.", "by sudo"],
        ['Please login as the user "debian" rather than the user "root".', "external-prometheus:vm.user"],
        ["This account is currently not available.", "external-prometheus:vm.user"],
        ["sh: timeout: not found", "the VM has no bash"],
        ["timeout: can't execute 'bash': No such file or directory", "the VM has no bash"],
    ])("knows what says that no script has run: %s", (said, advice) => {
        const error = dialError(`Process exited with status 1: running "sudo -n timeout \\"a\\"\\n…":\n${said}\n`);
        expect(error).toMatchObject({ kind: "stop" });
        expect(error.advice).toContain(advice);
    });

    it("repeats what a script said in the end, since the script itself stands before it", () => {
        const said = "wrote x\nerror: no route to host\ndetails\nerror: the old one runs\n";
        const script = String.raw`running \"x\":\nerror: not this`;
        expect(dialError(`Process exited with status 1: running "${script}":\n${said}`)).toEqual({
            kind: "stop",
            at: "vm",
            advice: "no route to host\ndetails\nthe old one runs",
        });
    });

    it("repeats the beginning and the end of what is long", () => {
        const lines = Array.from({ length: 40 }, (_, i) => `line ${i}`);
        const said = ["error: first", ...lines, "error: last", ""].join("\n");
        const { advice = "" } = dialError(`Process exited with status 1: running "x":\n${said}`);
        expect(advice.split("\n")).toHaveLength(21);
        expect(advice).toMatch(/^first\nline 0\n[^]*\n…\n[^]*\nlast$/);
    });

    it("knows a connection that was lost on the way", () => {
        const text = 'wait: remote command exited without exit status or exit signal: running "timeout …":\nwrote x\n';
        expect(dialError(text)).toMatchObject({ kind: "stop", at: "vm" });
        expect(dialError(text).advice).toContain("pulumi up");
    });

    it("knows what did not even begin, though the connection was gone before its status", () => {
        const text =
            'wait: remote command exited without exit status or exit signal: running "sudo …":\nsudo: a password is required\n';
        expect(dialError(text).advice).toContain("external-prometheus:vm.user must be root");
    });

    it.each(['Process exited with status 1: running "timeout …":\n', "something that nobody has seen before"])(
        "stops, and leaves the word to the provider: %s",
        (text) => {
            expect(dialError(text)).toEqual({ kind: "stop", at: "vm" });
        },
    );
});

describe("bootWait", () => {
    function clock() {
        let now = 1_000_000;
        const slept: number[] = [];
        return {
            slept,
            now: () => now,
            sleep: (milliseconds: number) => {
                slept.push(milliseconds);
                now += milliseconds;
                return Promise.resolve();
            },
        };
    }
    const refused = "dial tcp 10.0.0.20:22: connect: connection refused";

    async function until(judge: (text: string) => Promise<{ kind: string }>): Promise<{ kind: string }> {
        for (;;) {
            const verdict = await judge(refused);
            if (verdict.kind === "stop") {
                return verdict;
            }
        }
    }

    it("tries every five seconds until the budget is spent, then names the keys", async () => {
        const time = clock();
        const verdict = await until(bootWait(300_000, time));
        expect(new Set(time.slept)).toEqual(new Set([5_000]));
        expect(time.slept).toHaveLength(60);
        expect(JSON.stringify(verdict)).toMatch(/refuses .*vm\.port.* Waited 300 s .*vm\.bootTimeout/);
    });

    it("stays below the hundred retries of the engine, however long the budget", async () => {
        const time = clock();
        await until(bootWait(3_600_000, time));
        expect(time.slept.length).toBeLessThan(100);
        expect(time.slept.reduce((a, b) => a + b)).toBeGreaterThan(3_500_000);
    });

    it("stops at the first refusal of the key, without a pause", async () => {
        const time = clock();
        const judge = bootWait(300_000, time);
        expect((await judge("ssh: handshake failed: ssh: unable to authenticate")).kind).toBe("stop");
        expect(time.slept).toEqual([]);
    });
});
