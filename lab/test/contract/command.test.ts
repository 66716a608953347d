// command:remote:Command of pulumi-command v1.2.1. Names of files are upstream's, below provider/pkg/provider unless another
// repository is named.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasSecret, plainProperties, Secret, unknown, type Properties } from "../../providers/values";
import { CallError, PluginProcess, type Recorded, urn } from "./plugin";
import { Sshd } from "./sshd";

const resource = urn("command:remote:Command", "step");
const sshd = new Sshd(["AcceptEnv PULUMI_COMMAND_STDOUT PULUMI_COMMAND_STDERR"]);
let plugin: PluginProcess;

beforeAll(async () => {
    await sshd.start();
    plugin = await PluginProcess.start("command");
});
afterAll(() => {
    plugin.stop();
    sshd.stop();
});

function connection(changes: Properties = {}): Properties {
    return {
        host: "127.0.0.1",
        port: sshd.port,
        privateKey: sshd.privateKey,
        hostKey: sshd.hostKey("ed25519"),
        dialErrorLimit: 0,
        ...changes,
    };
}

function inputs(changes: Properties): Properties {
    return { connection: connection(), addPreviousOutputInEnv: false, ...changes };
}

async function change(old: Recorded, changed: Properties, preview = false): Promise<Recorded> {
    const checked = await plugin.check(resource, changed, old.inputs);
    return plugin.update(resource, old, checked.inputs, { preview });
}

function failure(attempt: Promise<unknown>): Promise<CallError> {
    return attempt.then(
        () => {
            throw new Error("the call succeeded");
        },
        (error: unknown) => error as CallError,
    );
}

describe("inputs", () => {
    it("adds the connection's defaults (remote/connection.go Annotate)", async () => {
        const checked = await plugin.check(resource, { connection: { host: "vm" }, create: "true" });
        expect(plainProperties(checked.inputs)).toEqual({
            connection: { host: "vm", port: 22, user: "root", dialErrorLimit: 10, perDialTimeout: 15 },
            create: "true",
        });
    });

    it('marks the connection and the private key in it secret (remote/command.go, connection.go: provider:"secret")', async () => {
        const { inputs: checked } = await plugin.check(resource, inputs({ create: "true" }));
        const secret = checked["connection"];
        expect(secret).toBeInstanceOf(Secret);
        expect((secret as Secret).value).toMatchObject({ host: "127.0.0.1", privateKey: new Secret(sshd.privateKey) });
        expect(checked["create"]).toBe("true");
    });

    it("refuses a property it does not know, at any depth (pulumi-go-provider infer/internal/ende: IgnoreUnrecognized false)", async () => {
        const top = await plugin.check(resource, inputs({ crate: "true" }));
        expect(top.failures).toMatchObject([{ property: "crate" }]);
        const nested = await plugin.check(resource, inputs({ connection: connection({ hostname: "vm" }) }));
        expect(nested.failures).toHaveLength(1);
    });

    it("refuses a missing connection and values of the wrong type (pulumi sdk util/mapper)", async () => {
        expect((await plugin.check(resource, { create: "true" })).failures).toMatchObject([{ property: "connection" }]);
        expect((await plugin.check(resource, inputs({ stdin: 5 }))).failures).toMatchObject([{ property: "stdin" }]);
    });

    it("refuses what only the official plugin implements, naming the property", async () => {
        if (!plugin.standIn) {
            return;
        }
        const checked = await plugin.check(
            resource,
            inputs({ environment: { A: "b" }, connection: connection({ password: "x" }) }),
        );
        expect(checked.failures.map(({ property }) => property).sort()).toEqual(["connection.password", "environment"]);
    });
});

describe("create", () => {
    it("runs create with stdin, trims one newline, and names the resource after itself (remote/commandController.go, commandOutputs.go)", async () => {
        const made = await plugin.deploy(
            resource,
            inputs({ create: "cat; echo; echo; echo warn >&2", stdin: "hello" }),
        );
        expect(made.id).toMatch(/^step[0-9a-f]{8}$/);
        expect(made.state).toMatchObject({ stdout: "hello\n", stderr: "warn", stdin: "hello" });
    });

    it("keeps the connection secret in state, and does not make the output secret (infer/resource.go ensureDefaultSecrets)", async () => {
        const secret = new Secret("echo $((6*7))");
        const made = await plugin.deploy(resource, inputs({ create: secret }));
        expect(made.state["connection"]).toBeInstanceOf(Secret);
        expect(made.state["create"]).toEqual(secret);
        expect(made.state["stdout"]).toBe("42");
    });

    it("runs nothing where there is no create (remote/commandController.go Create)", async () => {
        const nowhere = connection({ host: "127.0.0.1", port: 1 });
        const made = await plugin.deploy(resource, inputs({ connection: nowhere, delete: "true" }));
        expect(made.state).toMatchObject({ stdout: "", stderr: "" });
    });

    it("does not dial in a preview, and leaves the output unknown (remote/commandController.go, infer/resource.go markComputed)", async () => {
        const nowhere = connection({ port: 1 });
        const made = await plugin.deploy(resource, inputs({ connection: nowhere, create: "true" }), { preview: true });
        expect(made.state).toMatchObject({ stdout: unknown, stderr: unknown, create: "true" });
    });

    it("fails with the command, its output and no record of the resource (remote/commandOutputs.go: %w: running %q)", async () => {
        const create = 'echo out; sleep 0.2; echo "err" >&2; exit 3';
        const error = await failure(plugin.deploy(resource, inputs({ create })));
        expect(error.message).toBe(
            'Process exited with status 3: running "echo out; sleep 0.2; echo \\"err\\" >&2; exit 3":\nout\nerr\n',
        );
        expect(error.partial).toBeUndefined();
    });

    it("names the signal that ended the command (golang.org/x/crypto/ssh session.go Waitmsg)", async () => {
        const error = await failure(plugin.deploy(resource, inputs({ create: "kill -TERM $$" })));
        expect(error.message).toContain("Process exited with status 143 from signal TERM: running");
    });

    it("never shows stdin or the private key in an error", async () => {
        const error = await failure(
            plugin.deploy(resource, inputs({ create: "exit 1", stdin: new Secret("hidden-word") })),
        );
        expect(error.message).not.toContain("hidden-word");
        expect(error.message).not.toContain("PRIVATE KEY");
    });
});

describe("update", () => {
    it("is due on a change of any input, the connection as a whole (infer/resource.go diff)", async () => {
        const made = await plugin.deploy(resource, inputs({ create: "true", delete: "true" }));
        const same = await plugin.diff(resource, made, made.inputs);
        expect(same).toMatchObject({ changes: false, detailed: {} });
        const cases: [Properties, Record<string, string>][] = [
            [{ create: "false" }, { create: "update" }],
            [{ delete: "false" }, { delete: "update" }],
            [{ logging: "none" }, { logging: "add" }],
            [{ stdin: "x" }, { stdin: "add" }],
            [{ connection: connection({ user: "other" }) }, { connection: "update" }],
        ];
        for (const [changed, detailed] of cases) {
            const { inputs: checked } = await plugin.check(
                resource,
                inputs({ create: "true", delete: "true", ...changed }),
            );
            const diff = await plugin.diff(resource, made, checked);
            expect(diff).toMatchObject({ changes: true, detailed, replaces: [] });
        }
    });

    it("runs update, or create where there is none (remote/commandController.go Update)", async () => {
        const made = await plugin.deploy(resource, inputs({ create: "echo created" }));
        const again = await change(made, inputs({ create: "echo created again" }));
        expect(again.state).toMatchObject({ stdout: "created again" });
        const updated = await change(again, inputs({ create: "echo no", update: "echo updated" }));
        expect(updated.state).toMatchObject({ stdout: "updated" });
        expect(updated.id).toBe(made.id);
    });

    it("keeps the old output where neither is given (remote/commandController.go Update)", async () => {
        const made = await plugin.deploy(resource, inputs({ create: "echo once" }));
        expect((await change(made, inputs({ delete: "true" }))).state).toMatchObject({ stdout: "once" });
    });

    it("leaves the output unknown in a preview that changes an input (infer/resource.go markComputed)", async () => {
        const made = await plugin.deploy(resource, inputs({ create: "echo once", stdin: "a" }));
        const changed = await change(made, inputs({ create: "echo once", stdin: "b" }), true);
        expect(changed.state).toMatchObject({ stdout: unknown, stderr: unknown, stdin: "b", create: "echo once" });
        const waiting = await change(made, inputs({ create: "echo once", stdin: unknown }), true);
        expect(waiting.state).toMatchObject({ stdout: unknown, stdin: unknown });
    });

    it("fails with a plain error, so that the old state stays (remote/commandController.go Update)", async () => {
        const made = await plugin.deploy(resource, inputs({ create: "true" }));
        const error = await failure(change(made, inputs({ create: "exit 7" })));
        expect(error.message).toContain("Process exited with status 7");
        expect(error.partial).toBeUndefined();
    });

    it("replaces for triggers as a whole (common/inputs.go replaceOnChanges)", async () => {
        const made = await plugin.deploy(resource, inputs({ create: "true" }));
        const { inputs: checked } = await plugin.check(resource, inputs({ create: "true", triggers: ["a"] }));
        expect((await plugin.diff(resource, made, checked)).detailed).toEqual({ triggers: "add-replace" });
    });

    it("passes the previous output in the environment unless told not to (remote/commandOutputs.go, util/util.go)", async () => {
        const made = await plugin.deploy(resource, inputs({ create: "echo before; echo trouble >&2" }));
        const create = 'echo "[$PULUMI_COMMAND_STDOUT|$PULUMI_COMMAND_STDERR]"';
        const told = await change(made, { connection: connection(), create });
        expect(told.state).toMatchObject({ stdout: "[before|trouble]" });
        const untold = await change(made, inputs({ create }));
        expect(untold.state).toMatchObject({ stdout: "[|]" });
    });
});

describe("delete and read", () => {
    it("runs the old state's delete with its stdin, over the old connection (remote/commandController.go Delete)", async () => {
        const trace = join(sshd.directory, "trace");
        const made = await plugin.deploy(resource, inputs({ create: "true", delete: `cat > ${trace}`, stdin: "bye" }));
        await plugin.delete(resource, made);
        expect(readFileSync(trace, "utf8")).toBe("bye");
    });

    it("does nothing without delete, even where nobody answers (remote/commandController.go Delete)", async () => {
        const made = await plugin.deploy(resource, inputs({ connection: connection({ port: 1 }) }));
        await plugin.delete(resource, made);
    });

    it("fails when delete fails", async () => {
        const made = await plugin.deploy(resource, inputs({ delete: "exit 9" }));
        expect((await failure(plugin.delete(resource, made))).message).toContain("Process exited with status 9");
    });

    it("reads nothing: the old state comes back (pulumi-go-provider infer/resource.go Read)", async () => {
        const file = join(sshd.directory, "made");
        const made = await plugin.deploy(
            resource,
            inputs({ create: `touch ${file}; echo made`, delete: `rm ${file}` }),
        );
        await plugin.delete(resource, made);
        expect(existsSync(file)).toBe(false);
        const read = await plugin.read(resource, made);
        expect(read).toEqual(made);
        expect(hasSecret(read.state["connection"] ?? null)).toBe(true);
    });
});

describe("logging", () => {
    const shown = (from: number): string[] => plugin.logs.slice(from).map(({ message }) => message);

    it.each([
        [undefined, ["one", "two"]],
        ["stdout", ["one"]],
        ["stderr", ["two"]],
        ["none", []],
    ])("%s shows %j while the command runs (remote/logging.go, util/util.go LogOutput)", async (logging, lines) => {
        const from = plugin.logs.length;
        const create = "echo one; sleep 0.2; echo two >&2";
        const made = await plugin.deploy(resource, inputs({ create, ...(logging === undefined ? {} : { logging }) }));
        expect(shown(from)).toEqual(lines);
        expect(plugin.logs.slice(from).every(({ severity, status }) => severity === "info" && status)).toBe(true);
        expect(made.state).toMatchObject({ stdout: "one", stderr: "two" });
    });

    const long = "head -c 70000 /dev/zero | tr '\\0' x; echo; echo end";

    it("survives a line of more than 64 KiB with logging none (util/util.go: no scanner in the way)", async () => {
        const made = await plugin.deploy(resource, inputs({ create: long, logging: "none" }));
        expect(made.state["stdout"]).toHaveLength(70_004);
    });

    it("waits for ever on a line of more than 64 KiB otherwise (util/util.go: bufio.Scanner stops, nobody drains the pipe)", async () => {
        const attempt = plugin.deploy(resource, inputs({ create: long })).then(() => "finished");
        const waited = new Promise((resolve) => setTimeout(resolve, 3_000, "waiting"));
        expect(await Promise.race([attempt, waited])).toBe("waiting");
        attempt.catch(() => undefined);
    });
});
