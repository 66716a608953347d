import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { quote } from "../host/shell";
import { Failure } from "./failure";
import { type Finished, runProgram } from "./process";

/** A machine and the right to log in to it. */
interface Login {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    /** One line, `ssh-ed25519 AAAA…`. */
    readonly hostKey: string;
    /** Secret. */
    readonly privateKey: string;
}

/** A VM, and the jump host on the way to it if there is one. */
export interface Vm extends Login {
    readonly proxy?: Login | undefined;
}

export interface VmScript {
    /** Text of a static script, read from `host/` or `operate/`. */
    readonly text: string;
    /** Put in front of the script as quoted assignments; never a secret. */
    readonly values: Readonly<Record<string, string>>;
    /** The whole takes no longer, on the VM as here. */
    readonly timeoutSeconds: number;
    /** By sudo where another user logs in. @default false */
    readonly asRoot?: boolean;
}

/** Under which a machine's pinned key is looked up, whatever the form of its address. */
type Name = "vm" | "proxy";

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
    const sudo = script.asRoot === true && vm.user !== "root" ? "sudo -n " : "";
    const finished = await withIdentities(vm, (directory) =>
        runProgram(
            "ssh",
            // Under sshd even this bash would read the user's bashrc.
            [...sshArguments(vm, directory), `${sudo}timeout -k 5 ${seconds} bash --noprofile --norc -s`],
            // Longer than what runs on the VM, so that the VM's own end of time is what is seen.
            { stdin, timeoutSeconds: seconds + CONNECT_SECONDS + 10 },
        ).catch((error: unknown) => {
            throw new Failure(`Cannot run 'ssh': ${String(error)}. Install OpenSSH's client.`);
        }),
    );
    if (finished.code === SSH_FAILED || finished.code === undefined) {
        throw new Failure(unreachable(vm, finished.stderr));
    }
    return finished;
}

/** What keeps the user's own SSH configuration, agent and known hosts out of it: only the stack's configuration counts. */
function sshArguments({ proxy, ...vm }: Vm, directory: string, name: Name = "vm"): string[] {
    const options = {
        BatchMode: "yes",
        ConnectTimeout: String(CONNECT_SECONDS),
        // A VM that dies while it is being asked is noticed after 15 s.
        ServerAliveInterval: "5",
        ServerAliveCountMax: "3",
        StrictHostKeyChecking: "yes",
        HostKeyAlias: name,
        UserKnownHostsFile: join(directory, `${name}.known_hosts`),
        GlobalKnownHostsFile: "/dev/null",
        IdentityFile: join(directory, `${name}.key`),
        IdentitiesOnly: "yes",
        IdentityAgent: "none",
        // Why a jump host does not reach the VM is no error to it.
        LogLevel: name === "proxy" ? "INFO" : "ERROR",
        ...(proxy && { ProxyCommand: throughProxy(sshArguments(proxy, directory, "proxy")) }),
    };
    const flags = Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
    return ["-F", "/dev/null", "-T", "-p", String(vm.port), ...flags, `${vm.user}@${vm.host}`];
}

/** Text for a shell, in which OpenSSH puts the VM's address and port. */
function throughProxy(toProxy: readonly string[]): string {
    return ["ssh", "-W", "'[%h]:%p'", ...toProxy.map((word) => quote(word).replaceAll("%", "%%"))].join(" ");
}

/**
 * Lends the private keys as files, since OpenSSH takes them in no other way: in memory-backed storage where there is any,
 * readable by this user alone, and gone afterwards, also when this process is told to end.
 */
async function withIdentities<T>(vm: Vm, use: (directory: string) => Promise<T>): Promise<T> {
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
        chmodSync(directory, 0o700);
        writeIdentity(vm, directory, "vm");
        if (vm.proxy !== undefined) {
            writeIdentity(vm.proxy, directory, "proxy");
        }
        return await use(directory);
    } finally {
        remove();
        signals.forEach((signal) => process.off(signal, end));
    }
}

function writeIdentity({ privateKey, hostKey }: Login, directory: string, name: Name): void {
    // OpenSSH refuses a key whose last line has no end.
    writeFileSync(join(directory, `${name}.key`), `${privateKey.trimEnd()}\n`, { mode: 0o600 });
    writeFileSync(join(directory, `${name}.known_hosts`), `${name} ${hostKey.trim()}\n`, { mode: 0o600 });
}

function privateStorage(): string {
    return [process.env["XDG_RUNTIME_DIR"], "/dev/shm"].find((path) => path && existsSync(path)) ?? tmpdir();
}

function unreachable({ proxy, ...vm }: Vm, stderr: string): string {
    const over = proxy === undefined ? "" : `, over the jump host ${named(proxy)}`;
    const keys =
        proxy === undefined ? "vm (host, port, user, hostKey)" : "vm (host, port, user, hostKey; the same of proxy)";
    const secrets = proxy === undefined ? "" : " and external-prometheus:vmProxyPrivateKey";
    return [
        `Cannot log in to the VM ${named(vm)}${over}: ${reason(stderr)}`,
        "Check that the machine runs and that its SSH port can be reached from here; then the stack's configuration:",
        `external-prometheus:${keys}, external-prometheus:vmPrivateKey${secrets}.`,
    ].join("\n");
}

function named({ user, host, port }: Login): string {
    return `${user}@${host}, port ${port}`;
}

/** What OpenSSH says of any proxy that has ended, and a hint at a file that is gone by now. */
const NO_REASON =
    /^(kex_exchange_identification: |Connection closed by UNKNOWN|ssh-keygen -f |stdio forwarding failed|remove with:|$)/;

/** The last lines tell why; before them may be a banner. */
function reason(stderr: string): string {
    const lines = stderr.split("\n").map((line) => line.trim());
    const telling = lines.filter((line) => !NO_REASON.test(line));
    return (telling.length === 0 ? lines : telling).slice(-3).join("; ") || "no answer in time";
}
