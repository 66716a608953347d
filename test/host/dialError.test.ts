import { describe, expect, it } from "vitest";
import { bootWait, dialError } from "../../host/dialError";

describe("dialError", () => {
    it.each([
        "dial tcp 10.0.0.20:22: connect: connection refused",
        "dial tcp 10.0.0.20:22: i/o timeout",
        "dial tcp 10.0.0.20:22: connect: no route to host",
        "dial tcp 10.0.0.20:22: connect: network is unreachable",
        "dial tcp 10.0.0.20:22: connect: connection timed out",
        "after 1 failed attempts: dial tcp 10.0.0.20:22: connect: connection refused",
        "ssh: handshake failed: EOF",
        "ssh: handshake failed: read tcp 10.0.0.1:5000->10.0.0.20:22: read: connection reset by peer",
        "dial tcp: lookup vm.example.com on 10.0.0.53:53: server misbehaving",
    ])("tries again: %s", (text) => {
        expect(dialError(text)).toEqual({ kind: "retry" });
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
        ["ssh: no key found", "external-prometheus:vmPrivateKey"],
        ["ssh: this private key is passphrase protected", "external-prometheus:vmPrivateKey"],
        ["dial tcp: lookup vm.example.com on 10.0.0.53:53: no such host", "external-prometheus:vm.host"],
        ["dial unix /tmp/agent.1: connect: connection refused", "SSH_AUTH_SOCK"],
        [
            'Process exited with status 1: running "sudo -n timeout …":\nsudo: a password is required',
            "external-prometheus:vm.user",
        ],
    ])("stops, and names what to change: %s", (text, key) => {
        const error = dialError(text);
        expect(error.kind).toBe("stop");
        expect(error.kind === "stop" && error.advice).toContain(key);
    });

    it.each([
        'Process exited with status 1: running "timeout …":\nerror: could not reach x: connection refused',
        "something that nobody has seen before",
    ])("stops, and leaves the word to the provider: %s", (text) => {
        expect(dialError(text)).toEqual({ kind: "stop" });
    });
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
        expect(JSON.stringify(verdict)).toMatch(/within 300 s .*vm\.bootTimeout.*vm\.host and vm\.port/);
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
