import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT, WAIT_SECONDS } from "../lab/lab";
import type { SpareVm } from "../vm/spareVm";

/** All by which the steps change something outside their own memory. */
const COMMANDS =
    "apt-get chmod chown cp curl find groupadd groupdel groupmod install ln mkdir mktemp mv rm rmdir sed sync systemctl tar tee " +
    "touch truncate useradd userdel usermod";

/** A call of one of them by a step, in their order. */
export interface Call {
    /** Counts all calls of a run, from 1. */
    readonly at: number;
    /** The script of `host/` that it belongs to. */
    readonly step: string;
    readonly words: string;
}

/**
 * What happens at a call: SIGKILL to all processes of the step `before` the call or 20 ms into it (`during`), the step
 * stands still for ever (`halt`), or the disk is full from then on (`fill`).
 */
export interface Armed {
    readonly at: number;
    readonly action: "before" | "during" | "halt" | "fill";
}

/** Puts something that counts in the place of these commands on the VM. They stay there, and are idle after each boot. */
export async function installShims(vm: SpareVm): Promise<void> {
    await vm.text(
        "cd /usr/local/sbin && cat >shim && chmod 0755 shim && " +
            `for name in ${COMMANDS}; do ln -sf shim $name; done && /usr/bin/sync`,
        { stdin: readFileSync(join(__dirname, "shim.sh"), "utf8") },
    );
}

/** Counts from now on; nothing is armed but what is given. */
export async function startCounting(vm: SpareVm, armed: Armed = { at: 0, action: "halt" }): Promise<void> {
    await vm.text(
        "rm -rf /run/faults && mkdir -p /run/faults.new && cd /run/faults.new && echo 0 >count && : >calls && " +
            `echo ${armed.at} ${armed.action} >armed && mv /run/faults.new /run/faults`,
    );
}

export async function stopCounting(vm: SpareVm): Promise<void> {
    await vm.text("rm -rf /run/faults");
}

/** Whether the call that was armed came. */
export async function wasReached(vm: SpareVm): Promise<boolean> {
    return (await vm.text("test -e /run/faults/reached && echo yes || echo no")).trim() === "yes";
}

/** Waits until the armed call came. */
export async function reached(vm: SpareVm): Promise<boolean> {
    const wait = `for _ in $(seq ${WAIT_SECONDS * 20}); do [ ! -e /run/faults/reached ] || exit 0; sleep 0.05; done; exit 1`;
    return (await vm.run(wait)).code === 0;
}

export async function counted(vm: SpareVm): Promise<Call[]> {
    const steps = new Map<string, string>();
    for (const line of lines(await vm.text("cd /run/faults && grep -H '' step.* || true"))) {
        const [, group = "", last = ""] = /^step\.(\d+):(.*)$/.exec(line) ?? [];
        steps.set(group, SCRIPTS.get(last) ?? `a step that ends in '${last}'`);
    }
    return lines(await vm.text("cat /run/faults/calls")).map((line, index) => {
        const [group = "", ...words] = line.trim().split(" ");
        return { at: index + 1, step: steps.get(group) ?? "?", words: words.join(" ").slice(0, 100) };
    });
}

/** Those that change more than the step's own place in memory, which every run begins by removing. */
export function onDisk(calls: readonly Call[]): Call[] {
    return calls.filter(({ words }) => !words.includes("/run/external-prometheus") || /\/(usr|etc)\//.test(words));
}

/** Each of the calls, and the middle of those that take their time. */
export function points(
    calls: readonly Call[],
): (readonly [action: Armed["action"], at: number, step: string, words: string])[] {
    const LONG = /^(apt-get|curl|tar|useradd|groupadd|userdel|groupdel|systemctl|chown -R|rm -rf \/usr)/;
    return onDisk(calls).flatMap(({ at, step, words }) => [
        ["before", at, step, words] as const,
        ...(LONG.test(words) ? [["during", at, step, words] as const] : []),
    ]);
}

/** Whether it needs room. */
export function writes({ words }: Call): boolean {
    return /^(apt-get|cp|curl|groupadd|install|ln|mkdir|mktemp|systemctl|tar|tee|touch|useradd) /.test(words);
}

/**
 * From now on, SIGKILL to all processes of the step that runs so many seconds after the first call of a step, or of the
 * next one that runs.
 */
export async function killStepAfter(vm: SpareVm, seconds: number): Promise<void> {
    await startCounting(vm);
    const wait = "until read -r count </run/faults/count && [ $count -gt 0 ]; do sleep 0.02; done";
    const kill =
        "for _ in $(seq 3000); do for file in /proc/[0-9]*/comm; do " +
        "read -r name <$file && [ $name = timeout ] && grep -q noprofile ${file%comm}cmdline || continue; pid=${file#/proc/}; " +
        "kill -KILL -${pid%/comm} && : >/run/faults/reached && exit; done; sleep 0.02; done";
    const text = `${wait}; sleep ${seconds.toFixed(3)}; ${kill}`;
    await vm.text(`setsid sh -c '${text}' </dev/null >/dev/null 2>&1 &`);
}

/** The scripts of `host/` by their last lines. */
const SCRIPTS = new Map(
    readdirSync(join(PROJECT, "host"))
        .filter((file) => file.endsWith(".sh"))
        .map((file) => {
            const text = readFileSync(join(PROJECT, "host", file), "utf8").trim();
            return [text.slice(text.lastIndexOf("\n") + 1), file.replace(/\.sh$/, "")];
        }),
);

function lines(text: string): string[] {
    return text.split("\n").filter((line) => line !== "");
}
