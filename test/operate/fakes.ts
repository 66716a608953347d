import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { exported, printed, records } from "./deployed";

/** A Pulumi and an SSH of the test's own: what they answer lies in files. The stack and its VM are those of deployed.ts. */
export class Fakes {
    private readonly directory = mkdtempSync(join(tmpdir(), "operate-test-"));

    constructor() {
        const environment = { ...process.env };
        onTestFinished(() => {
            process.env = environment;
            rmSync(this.directory, { recursive: true });
        });
        process.env["PATH"] = `${this.directory}:${process.env["PATH"] ?? ""}`;
        process.env["PULUMI"] = join(this.directory, "pulumi");
        this.program(
            "pulumi",
            [
                'case "$1 $2" in',
                '"stack export") cat state; if [ -e later ]; then mv later state; fi ;;',
                '"stack history") cat history ;;',
                "up*) printf '%s\\n' \"$@\" >arguments; echo Updating; if [ -e repaired ]; then mv repaired vm; else exit 255; fi ;;",
                "esac",
            ].join("\n"),
        );
        this.program("ssh", "cat >/dev/null; cat vm");
        this.state(exported());
        this.history([{ result: "succeeded" }]);
        this.vm(records());
    }

    program(name: string, body: string): void {
        const path = join(this.directory, name);
        writeFileSync(path, `#!/bin/bash\ncd ${this.directory}\n${body}\n`);
        chmodSync(path, 0o755);
    }

    /** What the stack's state is, perhaps another one for whoever asks again. */
    state(now: object, later?: object): void {
        this.write("state", JSON.stringify(now));
        if (later !== undefined) {
            this.write("later", JSON.stringify(later));
        }
    }

    history(updates: readonly object[]): void {
        this.write("history", JSON.stringify(updates));
    }

    vm(now: readonly string[]): void {
        this.write("vm", printed(now));
    }

    /** What the VM is after an `up`; without it, that fails. */
    repaired(then: readonly string[]): void {
        this.write("repaired", printed(then));
    }

    /** With what `up` was called; undefined if it was not. */
    upArguments(): string[] | undefined {
        try {
            return readFileSync(join(this.directory, "arguments"), "utf8").trim().split("\n");
        } catch {
            return undefined;
        }
    }

    private write(name: string, text: string): void {
        writeFileSync(join(this.directory, name), text);
    }
}

/** The VM with a rule file that somebody has edited. */
export const EDITED = records().map((record) => record.replace(/^sum \S+(.*rules\/a.yml)/, "sum 00$1"));

/** The VM with another stack's mark. */
export const TAKEN = records().map((record) => record.replace(/^mark (.*)\/dev$/, "mark $1/other"));
