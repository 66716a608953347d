import { readFileSync } from "node:fs";
import { join } from "node:path";
import { quote, QUOTED, unquote } from "./shell";

/** The scripts that run on the VM, each `host/<name>.sh`, and the seconds that one may take. */
const LIMITS = {
    gate: 180,
    release: 1200,
    credentials: 180,
    // A stop may wait for each running scrape, a start for a long write-ahead log to be read.
    service: 1800,
    configuration: 600,
    frontCredentials: 180,
    // Packages may come from far away.
    front: 1200,
    verify: 300,
    remove: 900,
} as const;
export type HostScript = keyof typeof LIMITS;
export const HOST_SCRIPTS = Object.keys(LIMITS) as HostScript[];

/** A line at which a script takes in what it shares with others; replaced by the text, since the VM gets one command. */
const SHARED = /^\. (\w+)\.sh$/gm;

/**
 * The command line for SSH that runs a script of `host/` on the VM, whatever the user's login shell is: bounded in time, as
 * root, its variables quoted in front of it. Secrets do not go in here but to stdin.
 */
export function hostScript(name: HostScript, user: string, variables: Readonly<Record<string, string>>): string {
    const limit = LIMITS[name];
    const assignments = Object.entries({ limit: String(limit), ...variables }).map(
        ([key, value]) => `${key}=${quote(value)}`,
    );
    const body = read(name).replace(SHARED, (_line, shared: string) => read(shared));
    const text = [...assignments, body].join("\n");
    // Under sshd even a bash with -c reads the user's bashrc, unless it is told not to.
    const shell = "bash --noprofile --norc -euo pipefail -c";
    return `${user === "root" ? "" : "sudo -n "}timeout -k 10 ${limit} ${shell} ${quote(text)}`;
}

/** The variables that a command line of `hostScript` gives its script, among them its limit: what stands in front of the text. */
export function scriptVariables(command: string): Record<string, string> {
    const text = unquote(command.slice(command.indexOf(" -c ") + " -c ".length));
    const assignment = new RegExp(`(\\w+)=(${QUOTED})\n`, "y");
    const variables: Record<string, string> = {};
    for (let match = assignment.exec(text); match !== null; match = assignment.exec(text)) {
        const [, name = "", word = ""] = match;
        variables[name] = unquote(word);
    }
    return variables;
}

/** Without comments: the whole command is part of every error that the provider reports. */
function read(name: string): string {
    return readFileSync(join(__dirname, `${name}.sh`), "utf8")
        .split("\n")
        .filter((line) => !/^\s*(#|$)/.test(line))
        .join("\n");
}
