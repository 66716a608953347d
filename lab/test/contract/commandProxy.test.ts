// A connection over a jump host of pulumi-command v1.2.1: Dial of provider/pkg/provider/remote/connection.go and
// proxyConnection.go, on golang.org/x/crypto/ssh (tcpip.go, channel.go).
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { plainProperties, type Properties, Secret } from "../../providers/values";
import { type CallError, PluginProcess, urn } from "./plugin";
import { freePort, Sshd } from "./sshd";

const resource = urn("command:remote:Command", "step");
const OPTIONS = ["MaxStartups 100", "MaxAuthTries 6"];
const jump = new Sshd(OPTIONS);
const closed = new Sshd([...OPTIONS, "AllowTcpForwarding no"]);
const machine = new Sshd(OPTIONS);
let plugin: PluginProcess;

beforeAll(async () => {
    await Promise.all([jump.start(), closed.start(), machine.start()]);
    plugin = await PluginProcess.start("command");
});
afterAll(() => {
    plugin.stop();
    [jump, closed, machine].forEach((sshd) => {
        sshd.stop();
    });
});

function login(sshd: Sshd): Properties {
    return {
        host: "127.0.0.1",
        port: sshd.port,
        privateKey: sshd.privateKey,
        hostKey: sshd.hostKey("ed25519"),
        dialErrorLimit: 0,
    };
}

/** What the command printed, or why it did not run. */
async function run(changes: Properties = {}, proxyChanges: Properties = {}, over = jump): Promise<string> {
    const connection = { ...login(machine), ...changes, proxy: { ...login(over), ...proxyChanges } };
    const inputs: Properties = { connection, addPreviousOutputInEnv: false, create: "echo $SSH_CONNECTION; cat" };
    try {
        const { state } = await plugin.deploy(resource, { ...inputs, stdin: "data" });
        return state["stdout"] as string;
    } catch (error) {
        return (error as CallError).message;
    }
}

describe("inputs", () => {
    it("adds the proxy's own defaults, and marks its key secret (proxyConnection.go Annotate)", async () => {
        const connection = { host: "vm", proxy: { host: "jump", privateKey: "key" } };
        const { inputs } = await plugin.check(resource, { connection, create: "true" });
        const defaults = { port: 22, user: "root", dialErrorLimit: 10, perDialTimeout: 15 };
        expect(plainProperties(inputs)["connection"]).toEqual({
            host: "vm",
            ...defaults,
            proxy: { host: "jump", privateKey: "key", ...defaults },
        });
        const secret = inputs["connection"] as Secret;
        expect(secret).toBeInstanceOf(Secret);
        expect((secret.value as { proxy: Properties }).proxy["privateKey"]).toEqual(new Secret("key"));
    });

    it("refuses a proxy's unknown and missing properties; a proxy has no proxy (ProxyConnection)", async () => {
        for (const proxy of [{ host: "jump", hostname: "jump" }, {}, { host: "jump", proxy: { host: "x" } }]) {
            const { failures } = await plugin.check(resource, { connection: { host: "vm", proxy }, create: "true" });
            expect(failures).toHaveLength(1);
        }
    });
});

it("goes through the proxy, which opens the connection to the machine", async () => {
    const before = jump.logged(/Connection from/).length;
    expect(await run()).toMatch(/^127\.0\.0\.1 \d+ 127\.0\.0\.1 \d+\ndata$/);
    expect(jump.logged(/Connection from/)).toHaveLength(before + 1);
});

describe("errors begin with the word proxy, whichever of the two machines they are about", () => {
    const denied =
        "ssh: handshake failed: " +
        "ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain";
    const mismatch = "ssh: handshake failed: ssh: host key mismatch";

    it("the proxy's, counted by the proxy's own limit", async () => {
        expect(await run({}, { privateKey: jump.strangersKey, dialErrorLimit: 1 })).toBe(
            `proxy: after 1 failed attempts: ${denied}`,
        );
        expect(await run({}, { hostKey: machine.hostKey("ed25519") })).toBe(
            `proxy: after 0 failed attempts: ${mismatch}`,
        );
        const port = await freePort();
        expect(await run({}, { port })).toBe(
            `proxy: after 0 failed attempts: dial tcp 127.0.0.1:${port}: connect: connection refused`,
        );
        expect(await run({}, { privateKey: "nonsense" })).toBe("proxy: ssh: no key found");
    });

    it("the machine's, counted by the machine's limit", async () => {
        expect(await run({ privateKey: machine.strangersKey })).toBe(`proxy: after 0 failed attempts: ${denied}`);
        expect(await run({ hostKey: jump.hostKey("ed25519") })).toBe(`proxy: after 0 failed attempts: ${mismatch}`);
        expect(await run({ privateKey: "nonsense" })).toBe("ssh: no key found");
    });

    it("what the proxy says when it cannot or may not open the connection", async () => {
        expect(await run({ port: await freePort() })).toBe(
            "proxy: after 0 failed attempts: ssh: rejected: connect failed (Connection refused)",
        );
        expect(await run({}, {}, closed)).toBe(
            "proxy: after 0 failed attempts: ssh: rejected: administratively prohibited (open failed)",
        );
    });

    it("a second login to the machine, on a connection that the first one closed", async () => {
        const from = plugin.logs.length;
        expect(await run({ privateKey: machine.strangersKey, dialErrorLimit: 1 })).toBe(
            "proxy: after 1 failed attempts: ssh: handshake failed: EOF",
        );
        expect(plugin.logs.slice(from).map(({ message }) => message)).toEqual(["Dial 1/1 failed: retrying"]);
    });
});

it("says which of its three ways it tries again", async () => {
    const from = plugin.logs.length;
    await run({}, { port: await freePort(), dialErrorLimit: 1 });
    await run({ port: await freePort(), dialErrorLimit: 1 });
    expect(plugin.logs.slice(from).map(({ message }) => message)).toEqual([
        "Dial proxy 1/1 failed: retrying",
        "Dial from proxy 1/1 failed: retrying",
    ]);
});
