// Running a command as pulumi-command v1.2.1 does it: provider/pkg/provider/remote/commandOutputs.go, logging.go, util/util.go.
import { constants } from "node:os";
import type { Client, ClientChannel } from "ssh2";
import type { Engine } from "../plugin";
import { dial } from "./connection";
import type { CommandInputs } from "./inputs";

export interface Outputs {
    readonly stdout: string;
    readonly stderr: string;
}

/** Connects, runs `command` with the inputs' stdin and returns its output; a non-zero exit is an error with command and output. */
export async function run(
    command: string,
    inputs: CommandInputs,
    previous: Outputs,
    urn: string,
    engine: Engine,
    cancelled: AbortSignal,
): Promise<Outputs> {
    const client = await dial(inputs.connection, cancelled, (message) => {
        void engine.log("info", urn, message, { status: true });
    });
    // The client stays connected for as long as the plugin runs, as the official one's does.
    const channel = await execute(client, command, inputs, previous);
    const { exit, stdout, stderr, both } = await output(channel, inputs, (line) =>
        engine.log("info", urn, line, { status: true }),
    );
    if (exit !== undefined) {
        throw new Error(`${exit}: running ${quoted(command)}:\n${both}`);
    }
    return { stdout: stdout.replace(/\n$/, ""), stderr: stderr.replace(/\n$/, "") };
}

function execute(client: Client, command: string, inputs: CommandInputs, previous: Outputs): Promise<ClientChannel> {
    const env: NodeJS.ProcessEnv = {};
    if (inputs.addPreviousOutputInEnv ?? true) {
        // sshd drops them unless AcceptEnv names them. The official plugin warns of that; the SSH library here does not tell.
        if (previous.stdout !== "") {
            env["PULUMI_COMMAND_STDOUT"] = previous.stdout;
        }
        if (previous.stderr !== "") {
            env["PULUMI_COMMAND_STDERR"] = previous.stderr;
        }
    }
    return new Promise((resolve, reject) => {
        client.exec(command, { env }, (error, channel) => {
            if (error === undefined) {
                channel.end(inputs.stdin ?? "");
                resolve(channel);
            } else {
                reject(error);
            }
        });
    });
}

interface Finished {
    /** Why the command failed; absent when it exited with 0. */
    readonly exit: string | undefined;
    readonly stdout: string;
    readonly stderr: string;
    /** Both streams in the order in which they arrived. */
    readonly both: string;
}

/** Gathers the output until the channel closes, which it does when the last process that holds it has ended. */
function output(
    channel: ClientChannel,
    { logging }: CommandInputs,
    log: (line: string) => Promise<void>,
): Promise<Finished> {
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const both: Buffer[] = [];
    const lines = new LineLog(log);
    let exit: string | undefined = "wait: remote command exited without exit status or exit signal";

    const gather = (stream: NodeJS.ReadableStream, own: Buffer[], logged: boolean): void => {
        stream.on("data", (data: Buffer) => {
            own.push(data);
            both.push(data);
            if (logged && !lines.write(data)) {
                channel.pause();
                channel.stderr.pause();
            }
        });
    };
    gather(channel, stdout, logging === undefined || logging === "stdout" || logging === "stdoutAndStderr");
    gather(channel.stderr, stderr, logging === undefined || logging === "stderr" || logging === "stdoutAndStderr");
    channel.on("exit", (code: number | null, signal?: string, _dump?: boolean, description?: string) => {
        exit = exitText(code, signal, description);
    });
    return new Promise((resolve) => {
        channel.on("close", () => {
            void lines.end().then(() => {
                const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString();
                resolve({ exit, stdout: text(stdout), stderr: text(stderr), both: text(both) });
            });
        });
    });
}

/** golang.org/x/crypto/ssh, session.go: Waitmsg. */
function exitText(
    code: number | null,
    signal: string | undefined,
    description: string | undefined,
): string | undefined {
    if (code === 0) {
        return undefined;
    }
    const name = signal?.replace(/^SIG/, "") ?? "";
    const numbers: Readonly<Record<string, number | undefined>> = constants.signals;
    const status = code ?? 128 + (numbers[`SIG${name}`] ?? 0);
    return (
        `Process exited with status ${status}` +
        (name === "" ? "" : ` from signal ${name}`) +
        (description ? `. Reason was: ${description}` : "")
    );
}

/** bufio.Scanner's limit: a longer line ends the reading of the log, and nobody reads the pipe behind it any more. */
const longestLine = 64 * 1024;

/** Output on its way to the engine's display, line by line, stdout and stderr in one. */
class LineLog {
    private rest = Buffer.alloc(0);
    private sent: Promise<void> = Promise.resolve();
    private stuck = false;

    constructor(private readonly log: (line: string) => Promise<void>) {}

    /** False when a line was too long: from then on the official plugin waits for ever, and so does the stand-in. */
    write(data: Buffer): boolean {
        this.rest = Buffer.concat([this.rest, data]);
        for (let end = this.rest.indexOf(10); end !== -1 && end < longestLine; end = this.rest.indexOf(10)) {
            this.send(this.rest.subarray(0, end));
            this.rest = this.rest.subarray(end + 1);
        }
        if (this.rest.length >= longestLine) {
            this.stuck = true;
            this.send(Buffer.from("a line of 64 KiB or more, with logging on: the command plugin waits for ever"));
        }
        return !this.stuck;
    }

    async end(): Promise<void> {
        if (this.stuck) {
            await new Promise(() => undefined);
        }
        if (this.rest.length > 0) {
            this.send(this.rest);
        }
        await this.sent;
    }

    private send(line: Buffer): void {
        const text = line.toString().replace(/\r$/, "");
        this.sent = this.sent.then(() => this.log(text));
    }
}

const escapes: Readonly<Record<string, string>> = {
    "\x07": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    '"': '\\"',
};

/** Go's %q. */
export function quoted(text: string): string {
    const characters = Array.from(text, (character) => {
        const code = character.codePointAt(0) ?? 0;
        if (escapes[character] !== undefined) {
            return escapes[character];
        }
        if (character === " " || /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(character)) {
            return character;
        }
        const hex = code.toString(16);
        if (code < 0x80) {
            return `\\x${hex.padStart(2, "0")}`;
        }
        return code < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
    });
    return `"${characters.join("")}"`;
}
