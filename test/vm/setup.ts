import { existsSync } from "node:fs";
import { handle, PROJECT } from "../lab/lab";

/** Spare VMs stand on the lab's network. A lab that runs is left alone; one that had to be started ends with the tests. */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
    if (existsSync("/var/lib/external-prometheus-lab/checkout")) {
        return undefined;
    }
    const started = await handle("up", [], { seconds: 45 * 60 });
    if (started.code !== 0) {
        throw new Error(`${PROJECT}/lab/up failed:\n${started.stdout}${started.stderr}`);
    }
    return async () => {
        await handle("down", []);
    };
}
