import { join } from "node:path";
import type { Finished } from "../../operate/process";
import { SpareStack } from "../vm/spareStack";
import { SpareVm } from "../vm/spareVm";
import { installShims } from "./calls";
import { ownVm } from "./vms";

/** Gives the VM credentials too. */
const PROGRAM = join(__dirname, "watching.ts");

/** A VM and a stack that are put back to a moment again and again: the VM's disk and the stack's state belong together. */
export class Bench {
    private readonly states = new Map<string, string>();
    /** The stack's configuration as it was made. */
    private readonly made: Record<string, unknown>;

    private constructor(
        public readonly vm: SpareVm,
        public readonly stack: SpareStack,
    ) {
        this.made = structuredClone(stack.configuration);
    }

    /** A blank VM of this worker's own, on which calls can be counted; the moment is called `blank`. */
    static async create(): Promise<Bench> {
        const vm = new SpareVm(ownVm());
        await vm.blank();
        await installShims(vm);
        const bench = new Bench(vm, await SpareStack.create(vm, `faults-${vm.number}`, PROGRAM));
        await bench.save("blank");
        return bench;
    }

    async save(moment: string): Promise<void> {
        await this.vm.save(moment);
        this.states.set(moment, await this.stack.export());
    }

    async load(moment: string): Promise<void> {
        // An engine that was killed has left its lock.
        await this.stack.run(["cancel", "--yes", "--non-interactive"]);
        await this.vm.load(moment);
        await this.stack.import(this.states.get(moment) ?? "");
    }

    /** The stack's configuration becomes what it was made, changed by that. */
    configure(change: (configuration: Record<string, unknown>) => void): void {
        const { configuration } = this.stack;
        for (const key of Object.keys(configuration)) {
            Reflect.deleteProperty(configuration, key);
        }
        Object.assign(configuration, structuredClone(this.made));
        change(configuration);
    }

    /** A deployment that must change nothing. */
    async mustBeDone(): Promise<void> {
        await this.stack.mustUp("--expect-no-changes");
    }

    async gone(): Promise<void> {
        await this.stack.remove();
        await this.vm.gone();
    }
}

/** All that a command said. */
export function said({ stdout, stderr }: Finished): string {
    return stdout + stderr;
}
