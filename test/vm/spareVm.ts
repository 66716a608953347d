import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Finished } from "../../operate/process";
import { handle, type Run, succeed } from "../lab/lab";

/** A blank VM beside the lab's own one, for a suite that breaks it; see docs/lab.md. One number belongs to one suite. */
export class SpareVm {
    public readonly address: string;
    private readonly place: string;

    /** @param number 1 to 15. */
    constructor(public readonly number: number) {
        this.address = `10.98.0.2${String(number)}`;
        this.place = `/var/lib/external-prometheus-lab/spare-${String(number)}`;
    }

    /** Its pin, one line as in `vm.hostKey`; it stays the same until the VM is gone. */
    get hostKey(): string {
        return this.read("host_key.pub").trim();
    }

    /** The key that root may log in with. */
    privateKey(): string {
        return this.read("id_ed25519");
    }

    /** Boots a fresh blank machine, whatever was there. */
    blank(): Promise<void> {
        return this.act("blank");
    }

    /** Boots it if it is off. */
    start(): Promise<void> {
        return this.act("start");
    }

    /** Ends it without shutting it down; its disk keeps what the kernel was about to write. */
    off(): Promise<void> {
        return this.act("off");
    }

    /** Cuts its power: what its disk held at that moment is what boots next. */
    cut(): Promise<void> {
        return this.act("cut");
    }

    /** Keeps a copy of its disk while it goes on running. */
    save(name: string): Promise<void> {
        return this.act("save", name);
    }

    /** Boots from a copy that was saved. */
    load(name: string): Promise<void> {
        return this.act("load", name);
    }

    /** Leaves nothing of it. */
    gone(): Promise<void> {
        return this.act("gone");
    }

    /** By the shell of root, however it ends. */
    run(shellText: string, run?: Run): Promise<Finished> {
        return this.handle(["run", shellText], run);
    }

    /** What a text that must succeed prints. */
    text(shellText: string, run?: Run): Promise<string> {
        return succeed(`'${shellText}' on spare VM ${String(this.number)}`, this.run(shellText, run));
    }

    private async act(...action: string[]): Promise<void> {
        await succeed(`lab/machine/spare.sh ${String(this.number)} ${action.join(" ")}`, this.handle(action));
    }

    private handle(args: readonly string[], run?: Run): Promise<Finished> {
        return handle("machine/spare.sh", [String(this.number), ...args], run);
    }

    private read(name: string): string {
        return readFileSync(join(this.place, name), "utf8");
    }
}
