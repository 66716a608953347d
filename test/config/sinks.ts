import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as yaml from "js-yaml";
import { unbundle } from "../../host/bundle";
import { scriptVariables } from "../../host/render";
import type { Recorded } from "../harness";
import { readUnit } from "./unitFile";

/** Where `printf` is put in the place of what a command line runs, a shell prints what it would have run. */
const PROGRAM = /^(sudo -n )?timeout -k 10 \d+ bash --noprofile --norc -euo pipefail -c /;

/** What the shells make of command lines for SSH: the variables that the script sees, or how the shells disagree. */
export class Shells {
    private readonly commands = new Map<string, Record<string, string> | undefined>();

    /** @param folder Where a command that was executed by mistake would leave its trace. */
    constructor(
        private readonly folder: string,
        private readonly logins: readonly string[],
    ) {}

    public add(command: string): void {
        this.commands.set(command, undefined);
    }

    /** Reads all that were added, each by every login shell and then by bash. */
    public run(): void {
        const lines = [...this.commands.keys()].map((command) => command.replace(PROGRAM, "printf '%s\\0' "));
        const texts = this.logins.map((shell) => this.print(shell, lines.join("\n")));
        const [first = []] = texts;
        for (const [i, other] of texts.entries()) {
            if (other.some((text, at) => text !== first[at]) || other.length !== lines.length) {
                throw new Error(
                    `${this.logins[i] ?? ""} reads a command line in another way than ${this.logins[0] ?? ""}`,
                );
            }
        }
        const commands = [...this.commands.keys()].map((command) => Object.keys(scriptVariables(command)));
        const scripts = first.map((text, i) => {
            const assignments = text.slice(0, text.indexOf('\n: "${root=}"'));
            const names = commands[i] ?? [];
            return `(\n${assignments}\nprintf '%s\\0' ${names.map((name) => `"$${name}"`).join(" ")}\n)`;
        });
        const values = this.print("bash", scripts.join("\n"));
        for (const [i, command] of [...this.commands.keys()].entries()) {
            const names = commands[i] ?? [];
            this.commands.set(command, Object.fromEntries(names.map((name) => [name, values.shift() ?? "nothing"])));
        }
        if (values.length > 0) {
            throw new Error("a script prints more than it was asked for");
        }
    }

    public variables(command: string): Record<string, string> {
        const variables = this.commands.get(command);
        if (variables === undefined) throw new Error("not among the commands that were run");
        return variables;
    }

    private print(shell: string, script: string): string[] {
        const file = join(this.folder, "script");
        writeFileSync(file, script);
        const printed = execFileSync(shell, [file], { cwd: this.folder, encoding: "utf8", maxBuffer: 1e9 });
        return printed.split("\0").slice(0, -1);
    }
}

/** What a resource hands on, as who reads it understands it: shells, YAML, systemd, the scripts' own bundles. */
export function understood({ type, name, inputs }: Recorded, shells: Shells): [string, unknown] {
    if (type !== "command:remote:Command") {
        return [`${type} ${name}`, inputs];
    }
    const { create, delete: remove, stdin, ...others } = inputs;
    const script = (command: unknown) =>
        typeof command === "string" ? [PROGRAM.exec(command)?.[0], variablesOf(shells.variables(command))] : [];
    const files =
        typeof stdin === "string" ? unbundle(stdin).map((file) => ({ ...file, content: contentOf(file) })) : [];
    return [`${type} ${name}`, { ...others, create: script(create), delete: script(remove), files }];
}

/** With a table as host/offers.sh reads it: by cluster and replica, each URL in its parts. */
function variablesOf({ endpoints, ...variables }: Record<string, string>): unknown {
    const lines = (endpoints ?? "").split("\n").filter((line) => line !== "");
    const table = lines.map((line) => {
        const [cluster = "", replica = "", url = "", ...others] = line.split("\t");
        return [`${cluster} ${replica}`, [...(/^(\w+):\/\/([^/]+)(.*)$/.exec(url)?.slice(1) ?? []), ...others]];
    });
    return { ...variables, endpoints: Object.fromEntries(table) as unknown };
}

function contentOf({ path, content }: { path: string; content: string }): unknown {
    if (path.endsWith(".service")) {
        return readUnit(content);
    }
    if (!/\.ya?ml$/.test(path)) {
        return content;
    }
    const document = yaml.load(content);
    for (const { params } of (document as { scrape_configs?: { params?: { "match[]"?: string[] } }[] })
        .scrape_configs ?? []) {
        if (params?.["match[]"] !== undefined) params["match[]"] = params["match[]"].map(selectorOf);
    }
    return document;
}

/** With each value as PromQL understands it. */
function selectorOf(selector: string): string {
    return selector.replaceAll(/"(?:[^"\\]|\\.)*"/g, (value) => JSON.parse(value) as string);
}
