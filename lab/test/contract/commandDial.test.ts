// Dialling of pulumi-command v1.2.1: provider/pkg/provider/remote/connection.go, on pulumi sdk/go/common/util/retry/until.go
// and golang.org/x/crypto/ssh.
import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Properties } from "../../providers/values";
import { type CallError, type Options, PluginProcess, urn } from "./plugin";
import { blackHole, freePort, silentServer, Sshd } from "./sshd";

const resource = urn("command:remote:Command", "step");
// A refused login must cost nothing but an attempt.
const sshd = new Sshd(["MaxStartups 100", "MaxAuthTries 6"]);
let plugin: PluginProcess;

beforeAll(async () => {
    await sshd.start();
    plugin = await PluginProcess.start("command");
});
afterAll(() => {
    plugin.stop();
    sshd.stop();
});

function run(connection: Properties, options: Options = {}, by = plugin): Promise<string> {
    const inputs: Properties = {
        connection: {
            host: "127.0.0.1",
            port: sshd.port,
            privateKey: sshd.privateKey,
            dialErrorLimit: 0,
            ...connection,
        },
        addPreviousOutputInEnv: false,
        create: "echo ran",
    };
    return by.deploy(resource, inputs, options).then(
        ({ state }) => state["stdout"] as string,
        (error: unknown) => (error as CallError).message,
    );
}

describe("host key", () => {
    it.each(["ed25519", "ecdsa"] as const)("accepts the pinned %s key (SSHConfig: FixedHostKey)", async (type) => {
        expect(await run({ hostKey: sshd.hostKey(type) })).toBe("ran");
    });

    it("accepts any key without a pin (SSHConfig: InsecureIgnoreHostKey)", async () => {
        expect(await run({})).toBe("ran");
    });

    it("refuses another key of the same type (x/crypto/ssh client.go fixedHostKey)", async () => {
        const other = new Sshd();
        const hostKey = other.hostKey("ed25519");
        other.stop();
        expect(await run({ hostKey })).toBe("after 0 failed attempts: ssh: handshake failed: ssh: host key mismatch");
    });

    it("offers the pin's type as the only algorithm: an RSA pin asks for ssh-rsa, which OpenSSH no longer has (SSHConfig: HostKeyAlgorithms)", async () => {
        const message = await run({ hostKey: sshd.hostKey("rsa") });
        expect(message).toContain(
            "after 0 failed attempts: ssh: handshake failed: ssh: no common algorithm for host key;",
        );
        expect(message).toContain("[ssh-rsa]");
    });

    it("refuses a pin that is no key, at once (SSHConfig: ParseAuthorizedKey)", async () => {
        expect(await run({ hostKey: "SHA256:abc", dialErrorLimit: 5 })).toMatch(
            /^failed to parse host key: ssh: no key found/,
        );
    });
});

describe("private key", () => {
    it.each([
        ["no key", "nonsense", "ssh: no key found"],
        ["a passphrase", undefined, "ssh: this private key is passphrase protected"],
    ])("refuses %s before it dials (SSHConfig: ParsePrivateKey)", async (_, text, message) => {
        const privateKey = text ?? sshd.key("protected", "ed25519", "a passphrase");
        expect(await run({ privateKey, port: 1, dialErrorLimit: 5 })).toBe(message);
    });

    it("takes keys in PKCS#8, too (x/crypto/ssh keys.go ParseRawPrivateKey)", async () => {
        const { privateKey } = generateKeyPairSync("ed25519");
        const pkcs8 = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
        expect(await run({ privateKey: pkcs8 })).toContain("unable to authenticate");
    });
});

describe("retries", () => {
    it("counts the dials that may fail besides the first, and says how often it retried (dialWithRetry)", async () => {
        const port = await freePort();
        const from = plugin.logs.length;
        expect(await run({ port, dialErrorLimit: 2 })).toBe(
            `after 2 failed attempts: dial tcp 127.0.0.1:${port}: connect: connection refused`,
        );
        expect(plugin.logs.slice(from)).toEqual(
            ["Dial 1/2 failed: retrying", "Dial 2/2 failed: retrying"].map((message) => ({
                severity: "info",
                message,
                status: true,
            })),
        );
    });

    it("includes the login: a refused key is tried again (dialWithRetry around ssh.Dial)", async () => {
        const before = sshd.logged(/Connection from/).length;
        expect(await run({ privateKey: sshd.strangersKey, dialErrorLimit: 2 })).toBe(
            "after 2 failed attempts: ssh: handshake failed: " +
                "ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain",
        );
        expect(sshd.logged(/Connection from/)).toHaveLength(before + 3);
    });

    it("waits 0.1 s, then half as long again each time (sdk/go/common/util/retry/until.go)", async () => {
        const started = Date.now();
        await run({ port: await freePort(), dialErrorLimit: 5 });
        const expected = 100 + 150 + 225 + 337 + 506;
        expect(Date.now() - started).toBeGreaterThanOrEqual(expected);
        expect(Date.now() - started).toBeLessThan(expected + 1_500);
    });

    it("gets through once the machine answers (dialWithRetry)", async () => {
        const late = new Sshd();
        late.port = await freePort();
        const attempt = run({ port: late.port, privateKey: late.privateKey, dialErrorLimit: -1 });
        await new Promise((resolve) => setTimeout(resolve, 700));
        await late.start();
        expect(await attempt).toBe("ran");
        late.stop();
    });

    it("ends between two dials when customTimeouts have passed (pulumi-go-provider middleware/cancel)", async () => {
        const port = await freePort();
        expect(await run({ port, dialErrorLimit: -1 }, { timeout: 1 })).toBe("context deadline exceeded");
    });

    it("ends between two dials when the user cancels (pulumi-go-provider middleware/cancel)", async () => {
        const other = await PluginProcess.start("command");
        const attempt = run({ port: await freePort(), dialErrorLimit: -1 }, {}, other);
        await new Promise((resolve) => setTimeout(resolve, 500));
        await other.cancel();
        expect(await attempt).toBe("context canceled");
        other.stop();
    });
});

describe("time limits", () => {
    it("bounds the TCP connection by perDialTimeout (ssh.ClientConfig.Timeout)", async () => {
        const hole = await blackHole();
        const started = Date.now();
        expect(await run({ port: hole.port, perDialTimeout: 1 })).toBe(
            `after 0 failed attempts: dial tcp 127.0.0.1:${hole.port}: i/o timeout`,
        );
        expect(Date.now() - started).toBeGreaterThanOrEqual(950);
        hole.stop();
    });

    it("bounds nothing after it: a server that accepts and stays silent is waited for (x/crypto/ssh client.go Dial)", async () => {
        const silent = await silentServer();
        const attempt = run({ port: silent.port, perDialTimeout: 1 }, { timeout: 1 });
        const waited = new Promise((resolve) => setTimeout(resolve, 4_000, "waiting"));
        expect(await Promise.race([attempt, waited])).toBe("waiting");
        silent.stop();
        expect(await attempt).toContain("ssh: handshake failed: EOF");
    });
});

describe("agent", () => {
    it("fails at once when SSH_AUTH_SOCK is dead, even with a private key (SSHConfig: dialAgent)", async () => {
        const socket = join(sshd.directory, "no-agent");
        const other = await PluginProcess.start("command", { SSH_AUTH_SOCK: socket });
        expect(await run({ dialErrorLimit: 5 }, {}, other)).toBe(
            `dial unix ${socket}: connect: no such file or directory`,
        );
        other.stop();
    });
});
