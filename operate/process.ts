import { spawn } from "node:child_process";

export interface Finished {
    /** Undefined when a signal ended it, that of its own timeout included. */
    readonly code: number | undefined;
    readonly stdout: string;
    readonly stderr: string;
}

/**
 * Runs one program to its end, its output kept in memory only. Not `spawnSync`, under which this process acts on no
 * signal, so that nothing would be cleaned up. Rejects when the program cannot be started.
 */
export function runProgram(
    program: string,
    args: readonly string[],
    { stdin = "", timeoutSeconds }: { stdin?: string; timeoutSeconds: number },
): Promise<Finished> {
    return new Promise((resolve, reject) => {
        const child = spawn(program, args, {
            stdio: ["pipe", "pipe", "pipe"],
            timeout: timeoutSeconds * 1000,
            killSignal: "SIGKILL",
        });
        const stdout: Buffer[] = [];
        const stderr: Buffer[] = [];
        child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
        child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
        // Told to end, this process takes its child along.
        const kill = () => child.kill("SIGKILL");
        process.once("exit", kill);
        // A program that ends before it has read its input is judged by its exit code.
        child.stdin.on("error", () => undefined);
        child.stdin.end(stdin);
        child.on("error", reject);
        child.on("close", (code) => {
            process.off("exit", kill);
            resolve({
                code: code ?? undefined,
                stdout: Buffer.concat(stdout).toString("utf8"),
                stderr: Buffer.concat(stderr).toString("utf8"),
            });
        });
    });
}

/** The last line that says something: what a command-line tool's complaint boils down to. */
export function lastLine(text: string): string {
    return text.trim().split("\n").at(-1)?.trim() ?? "";
}
