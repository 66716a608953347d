/** Which of the two machines on the way an error is about. */
export type Machine = "vm" | "proxy";

/**
 * What to make of an error that the provider reported for a step: worth another try while a machine boots, or something
 * that only a person can put right. `advice` names the configuration key and the remedy; it is absent where the text
 * itself says it all.
 */
export type DialError =
    | { readonly kind: "retry"; readonly at: Machine; readonly advice: string }
    | { readonly kind: "stop"; readonly at: Machine; readonly advice?: string };

/** A machine in the words of the configuration. */
interface Named {
    readonly name: string;
    /** Prefix of the keys that say how it is reached. */
    readonly keys: string;
    readonly privateKey: string;
}

const NAMES: Readonly<Record<Machine, Named>> = {
    vm: { name: "the VM", keys: "external-prometheus:vm", privateKey: "external-prometheus:vmPrivateKey" },
    proxy: {
        name: "the jump host",
        keys: "external-prometheus:vm.proxy",
        privateKey: "external-prometheus:vmProxyPrivateKey (without it: vmPrivateKey)",
    },
};

interface Rule {
    readonly pattern: RegExp;
    readonly kind: DialError["kind"];
    readonly advice: (machine: Named) => string;
}

/** The first that matches decides. Texts are those of Go's network and SSH packages, which the provider passes on. */
const RULES: readonly Rule[] = [
    {
        pattern: /dial unix|SSH_AUTH_SOCK|ssh-agent/,
        kind: "stop",
        advice: () => "the SSH agent that SSH_AUTH_SOCK names does not answer; unset SSH_AUTH_SOCK, no agent is needed",
    },
    {
        pattern: /host key mismatch|knownhosts: key|no common algorithm for host key/,
        kind: "stop",
        advice: ({ name, keys }) =>
            `what answers as ${name} has another SSH host key than ${keys}.hostKey says. If ${name} was rebuilt, set the ` +
            `key from its console (/etc/ssh/ssh_host_ed25519_key.pub); otherwise somebody else answers at ${keys}.host`,
    },
    {
        pattern: /unable to authenticate|no supported methods remain|permission denied/i,
        kind: "stop",
        advice: ({ name, keys, privateKey }) =>
            `${name} refuses the key: ${privateKey} must belong to a line of authorized_keys of ${keys}.user`,
    },
    {
        pattern: /no key found|passphrase protected|parse private key|cannot decode/,
        kind: "stop",
        advice: ({ privateKey }) => `${privateKey} is no private key for SSH, or is protected by a passphrase`,
    },
    {
        pattern: /no such host|Name or service not known/,
        kind: "stop",
        advice: ({ keys }) => `the name in ${keys}.host is not known to the DNS`,
    },
    {
        pattern: /ssh: rejected: administratively prohibited/,
        kind: "stop",
        advice: () =>
            "the jump host lets this user open no connection to the VM: sshd there must allow it " +
            "(AllowTcpForwarding, PermitOpen), for external-prometheus:vm.proxy.user",
    },
    {
        pattern: /connection refused/i,
        kind: "retry",
        advice: ({ name, keys }) => `${name} refuses the connection: does sshd run there, and is ${keys}.port right?`,
    },
    {
        pattern: /i\/o timeout|connection timed out|context deadline exceeded/i,
        kind: "retry",
        advice: ({ name, keys }) =>
            `${name} does not answer: does it run, is ${keys}.host right, and does a firewall drop what comes from here?`,
    },
    {
        pattern: /no route to host|network is unreachable|host is down/i,
        kind: "retry",
        advice: ({ name, keys }) =>
            `there is no way to ${name}: does it run, and are ${keys}.host and the routes right?`,
    },
    {
        pattern: /connection reset by peer|broken pipe|handshake failed: EOF/i,
        kind: "retry",
        advice: ({ name, keys }) =>
            `${name} closes the connection before the login: is ${keys}.port the port of an SSH server, and has that ` +
            "server not banned this machine (fail2ban, PerSourcePenalties)?",
    },
    {
        pattern: /Temporary failure in name resolution|server misbehaving/i,
        kind: "retry",
        advice: ({ keys }) => `the DNS did not answer for the name in ${keys}.host`,
    },
    {
        pattern: /ssh: rejected:/,
        kind: "retry",
        advice: () => "the jump host cannot open a connection to external-prometheus:vm.host and vm.port",
    },
];

/**
 * How often the provider may dial again, which also is how an error tells where it comes from: the provider marks what
 * fails on the way over a jump host by the same word `proxy`, whichever of the two machines refuses, and counts the tries
 * of each by its own limit. The VM behind a jump host gets a single one: the provider would do the others on the same
 * connection, where each ends in a bare `EOF`.
 */
export const RETRIES = { gate: { vm: 0, proxy: 1 }, step: { vm: 2, proxy: 2 }, behindProxy: 0 } as const;

/** What a command says that ran: it is for people, and not about the connection. */
const RAN = /^([^"]*): running "(?:[^"\\]|\\.)*":\n([^]*)$/;

/** Judges the text of an error that the provider reported for a step. */
export function dialError(text: string): DialError {
    const ran = RAN.exec(text);
    if (ran !== null) {
        return commandError(ran[1] ?? "", ran[2] ?? "");
    }
    const at = /^proxy: (?!after 0 failed)/.test(text) ? "proxy" : "vm";
    const rule = RULES.find(({ pattern }) => pattern.test(text));
    return rule === undefined ? { kind: "stop", at } : { kind: rule.kind, at, advice: rule.advice(NAMES[at]) };
}

/** What shells and sudo say instead of running a script, by the key that has to change. */
const NOT_RUN: readonly (readonly [RegExp, string])[] = [
    [
        /sudo: (a password is required|a terminal is required|sorry, you must have a tty|command not found)|sudo: not found|not in the sudoers file|is not allowed to (execute|run sudo)/i,
        "external-prometheus:vm.user must be root, or a user who may run /usr/bin/timeout by sudo without a password and " +
            "without a terminal; nothing was changed",
    ],
    [
        /please login as the user|account is currently not available/i,
        "external-prometheus:vm.user may not run commands on the VM; take another, as the VM's answer says",
    ],
    [
        /\b(timeout|bash)['’]?: .*(not found|No such file)/i,
        "the VM has no bash, or no coreutils; supported are the families of Debian and RHEL",
    ],
];

const LOST =
    "the connection was lost before the step had ended; on the VM it goes on. Run 'pulumi up' again: it waits for that step";

function commandError(exit: string, said: string): DialError {
    const notRun = NOT_RUN.find(([pattern]) => pattern.test(said))?.[1];
    if (exit.includes("without exit status")) {
        // What ends at once may be gone before its status is on its way.
        return { kind: "stop", at: "vm", advice: notRun ?? LOST };
    }
    // The error names the whole script before that; this is what it said in the end, with the words of what it ran.
    const words = /^error: [^]*/m
        .exec(said)?.[0]
        .trimEnd()
        .replace(/^error: /gm, "")
        .split("\n");
    const advice = words === undefined ? notRun : brief(words).join("\n");
    return advice === undefined ? { kind: "stop", at: "vm" } : { kind: "stop", at: "vm", advice };
}

const BRIEF = 20;

/** Of much that is said, the beginning and the end. */
function brief(lines: readonly string[]): string[] {
    return lines.length <= BRIEF ? [...lines] : [...lines.slice(0, BRIEF / 2), "…", ...lines.slice(-BRIEF / 2)];
}

export interface Clock {
    /** Milliseconds. */
    now(): number;
    sleep(milliseconds: number): Promise<void>;
}

const SYSTEM_CLOCK: Clock = {
    now: () => Date.now(),
    sleep: (milliseconds) =>
        new Promise((resolve) => {
            setTimeout(resolve, milliseconds);
        }),
};

const PAUSE = 5_000;
/** The engine retries no more than 100 times, so a long budget needs longer pauses. */
const ENGINE_RETRIES = 95;

/**
 * Decides, error by error, whether a VM that may still be booting gets another try; sleeps before it says yes, since the
 * engine retries at once. The budget, in milliseconds, counts from the first error.
 */
export function bootWait(budget: number, clock: Clock = SYSTEM_CLOCK): (text: string) => Promise<DialError> {
    const pause = Math.max(PAUSE, budget / ENGINE_RETRIES);
    let start: number | undefined;
    return async (text) => {
        start ??= clock.now();
        const error = dialError(text);
        if (error.kind === "stop") {
            return error;
        }
        if (clock.now() + pause > start + budget) {
            const advice = `${error.advice} Waited ${Math.round(budget / 1_000)} s for it (external-prometheus:vm.bootTimeout)`;
            return { kind: "stop", at: error.at, advice };
        }
        await clock.sleep(pause);
        return error;
    };
}
