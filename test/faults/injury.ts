import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { runProgram } from "../../operate/process";
import { succeed } from "../lab/lab";
import type { SpareVm } from "../vm/spareVm";

/** A process of this machine; its start tells it from a later one with the same number. */
interface Process {
    readonly pid: number;
    readonly parent: number;
    readonly start: string;
}

/** A process and all below it: the engine's plugins are in process groups of their own. */
export function family(root: ChildProcess): Process[] {
    const all = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? (look(Number(name)) ?? []) : []));
    const found = all.filter(({ pid }) => pid === root.pid);
    for (const { pid } of found) {
        found.push(...all.filter(({ parent }) => parent === pid));
    }
    return found;
}

function look(pid: number): Process | undefined {
    try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        // The command's name, in parentheses, may itself hold spaces.
        const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return { pid, parent: Number(fields[1]), start: fields[19] ?? "" };
    } catch {
        return undefined;
    }
}

/** SIGKILL to those that are still there. */
export function kill(processes: readonly Process[]): void {
    for (const { pid, start } of processes) {
        if (look(pid)?.start === start) {
            process.kill(pid, "SIGKILL");
        }
    }
}

/** Waits until it has ended, at most so many seconds. */
export function ended(child: ChildProcess, seconds: number): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) {
        return Promise.resolve();
    }
    return new Promise((resolve) => {
        const timer = setTimeout(resolve, seconds * 1000);
        child.once("exit", () => {
            clearTimeout(timer);
            resolve();
        });
    });
}

/** Pulls the VM's network cable, or plugs it in again: packets are lost without a word to either side. */
export async function cable(vm: SpareVm, state: "up" | "down"): Promise<void> {
    const args = ["--net=/run/netns/eplab-switch", "ip", "link", "set", `vb-spare-${vm.number}`, state];
    await succeed(`nsenter ${args.join(" ")}`, runProgram("nsenter", args, { timeoutSeconds: 10 }));
}
