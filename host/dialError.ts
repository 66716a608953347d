/** What to make of an error of the gate: worth another try, or something that only a person can put right. */
export type DialError =
    | { readonly kind: "retry" }
    /** `advice` names the configuration key and the remedy; absent where the error's own text says it all. */
    | { readonly kind: "stop"; readonly advice?: string };

interface Rule {
    readonly pattern: RegExp;
    readonly advice?: string;
}

/** The first that matches decides. Texts are those of Go's network and SSH packages, which the provider passes on. */
const RULES: readonly Rule[] = [
    {
        pattern:
            /sudo: (a password is required|a terminal is required|command not found)|not in the sudoers file|sudo: not found/,
        advice: "external-prometheus:vm.user must be root, or a user who may run sudo without a password",
    },
    // The command ran: what it says is for people, and not about the connection.
    { pattern: /running "/ },
    {
        pattern: /dial unix|SSH_AUTH_SOCK|ssh-agent/,
        advice: "the SSH agent that SSH_AUTH_SOCK names does not answer; unset SSH_AUTH_SOCK, no agent is needed",
    },
    {
        pattern: /host key mismatch|knownhosts: key|no common algorithm for host key/,
        advice:
            "the machine that answers has another SSH host key than external-prometheus:vm.hostKey says. If the VM was rebuilt, " +
            "set the key from its console (/etc/ssh/ssh_host_ed25519_key.pub); otherwise somebody else answers at vm.host",
    },
    {
        pattern: /unable to authenticate|no supported methods remain|permission denied/i,
        advice:
            "the VM refuses the key: external-prometheus:vmPrivateKey must belong to a line of authorized_keys of " +
            "external-prometheus:vm.user",
    },
    {
        pattern: /no key found|passphrase protected|parse private key|cannot decode/,
        advice: "external-prometheus:vmPrivateKey is no private key for SSH, or is protected by a passphrase",
    },
    {
        pattern: /no such host/,
        advice: "the name in external-prometheus:vm.host is not known to the DNS",
    },
];

/** What a machine says, or does not say, while it boots. */
const BOOTING =
    /connection refused|connection timed out|i\/o timeout|no route to host|network is unreachable|host is down|connection reset by peer|broken pipe|handshake failed: EOF|Temporary failure in name resolution|server misbehaving|context deadline exceeded/i;

/** Judges the text of an error that the provider reported for the gate. */
export function dialError(text: string): DialError {
    const rule = RULES.find(({ pattern }) => pattern.test(text));
    if (rule !== undefined) {
        return rule.advice === undefined ? { kind: "stop" } : { kind: "stop", advice: rule.advice };
    }
    return BOOTING.test(text) ? { kind: "retry" } : { kind: "stop" };
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
const RETRIES = 95;

/**
 * Decides, error by error, whether a VM that may still be booting gets another try; sleeps before it says yes, since the
 * engine retries at once. The budget, in milliseconds, counts from the first error.
 */
export function bootWait(budget: number, clock: Clock = SYSTEM_CLOCK): (text: string) => Promise<DialError> {
    const pause = Math.max(PAUSE, budget / RETRIES);
    let start: number | undefined;
    return async (text) => {
        start ??= clock.now();
        const error = dialError(text);
        if (error.kind === "stop") {
            return error;
        }
        if (clock.now() + pause > start + budget) {
            const advice =
                `the VM did not answer within ${Math.round(budget / 1_000)} s (external-prometheus:vm.bootTimeout). Does it run, ` +
                "are external-prometheus:vm.host and vm.port right, and does its firewall let this machine in?";
            return { kind: "stop", advice };
        }
        await clock.sleep(pause);
        return error;
    };
}
