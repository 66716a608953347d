import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { quote } from "../host/shell";
import { Failure } from "./failure";
import { type Finished, runProgram } from "./process";

/** A VM and the right to log in to it. */
export interface Vm {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    /** One line, `ssh-ed25519 AAAA…`. */
    readonly hostKey: string;
    /** Secret. */
    readonly privateKey: string;
}

export interface VmScript {
    /** Text of a static script, read from `host/` or `operate/`. */
    readonly text: string;
    /** Put in front of the script as quoted assignments; never a secret. */
    readonly values: Readonly<Record<string, string>>;
    /** The whole takes no longer, on the VM as here. */
    readonly timeoutSeconds: number;
}

const CONNECT_SECONDS = 10;
/** OpenSSH's own exit code for whatever kept it from running the command. */
const SSH_FAILED = 255;

/**
 * Runs a script on a VM by OpenSSH's client and hands back how it ended. The script travels on stdin. Throws a `Failure`
 * when the VM cannot be reached or does not let us in.
 */
export async function runOnVm(vm: Vm, script: VmScript): Promise<Finished> {
    const assignments = Object.entries(script.values).map(([name, value]) => `${name}=${quote(value)}`);
    const stdin = ["set -euo pipefail", ...assignments, script.text].join("\n");
    const seconds = script.timeoutSeconds;
    const finished = await withIdentity(vm, (identity) =>
        runProgram(
            "ssh",
            [...sshOptions(vm, identity), `${vm.user}@${vm.host}`, `timeout -k 5 ${seconds} bash -s`],
            // Longer than what runs on the VM, so that the VM's own end of time is what is seen.
            { stdin, timeoutSeconds: seconds + CONNECT_SECONDS + 10 },
        ).catch((error: unknown) => {
            throw new Failure(`Cannot run 'ssh': ${String(error)}. Install OpenSSH's client.`);
        }),
    );
    if (finished.code === SSH_FAILED || finished.code === undefined) {
        // The last lines tell why; before them may be a banner.
        throw new Failure(unreachable(vm, finished.stderr.trim().split("\n").slice(-3).join("; ")));
    }
    return finished;
}

interface Identity {
    readonly keyFile: string;
    readonly knownHostsFile: string;
}

/** What keeps the user's own SSH configuration, agent and known hosts out of it: only the stack's configuration counts. */
function sshOptions(vm: Vm, identity: Identity): string[] {
    const options = {
        BatchMode: "yes",
        ConnectTimeout: String(CONNECT_SECONDS),
        // A VM that dies while it is being asked is noticed after 15 s.
        ServerAliveInterval: "5",
        ServerAliveCountMax: "3",
        StrictHostKeyChecking: "yes",
        // The name under which the pinned key is looked up, whatever the form of the address.
        HostKeyAlias: "vm",
        UserKnownHostsFile: identity.knownHostsFile,
        GlobalKnownHostsFile: "/dev/null",
        IdentityFile: identity.keyFile,
        IdentitiesOnly: "yes",
        IdentityAgent: "none",
        LogLevel: "ERROR",
    };
    const flags = Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
    return ["-F", "/dev/null", "-T", "-p", String(vm.port), ...flags];
}

/**
 * Lends the private key as a file, since OpenSSH takes it in no other way: in memory-backed storage where there is any,
 * readable by this user alone, and gone afterwards, also when this process is told to end.
 */
async function withIdentity<T>(vm: Vm, use: (identity: Identity) => Promise<T>): Promise<T> {
    const directory = mkdtempSync(join(privateStorage(), "external-prometheus-"));
    const remove = () => {
        rmSync(directory, { recursive: true, force: true });
    };
    const end = (signal: NodeJS.Signals) => {
        remove();
        process.exit(128 + constants.signals[signal]);
    };
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
    signals.forEach((signal) => process.on(signal, end));
    try {
        const identity = { keyFile: join(directory, "key"), knownHostsFile: join(directory, "known_hosts") };
        chmodSync(directory, 0o700);
        // OpenSSH refuses a key whose last line has no end.
        writeFileSync(identity.keyFile, `${vm.privateKey.trimEnd()}\n`, { mode: 0o600 });
        writeFileSync(identity.knownHostsFile, `vm ${vm.hostKey.trim()}\n`, { mode: 0o600 });
        return await use(identity);
    } finally {
        remove();
        signals.forEach((signal) => process.off(signal, end));
    }
}

function privateStorage(): string {
    return [process.env["XDG_RUNTIME_DIR"], "/dev/shm"].find((path) => path && existsSync(path)) ?? tmpdir();
}

function unreachable(vm: Vm, reason: string): string {
    return [
        `Cannot log in to the VM ${vm.user}@${vm.host}, port ${vm.port}: ${reason === "" ? "no answer in time" : reason}`,
        "Check that the machine runs and that its SSH port can be reached from here; then the stack's configuration:",
        "external-prometheus:vm (host, port, user, hostKey) and external-prometheus:vmPrivateKey.",
    ].join("\n");
}
