import { existsSync } from "node:fs";
import { handle, heal, PROJECT, up } from "./lab";

/** Starts the lab when none is running; afterwards it is as it was found: healed and deployed, or not there at all. */
export default async function setup(): Promise<() => Promise<void>> {
    // Broken or well: `lab/down` leaves nothing of this directory.
    const found = existsSync("/var/lib/external-prometheus-lab/checkout");
    // Also brings a running lab up to date with the sources.
    const started = await handle("up", [], { seconds: 45 * 60 });
    if (started.code !== 0) {
        throw new Error(`${PROJECT}/lab/up failed:\n${started.stdout}${started.stderr}`);
    }
    return async () => {
        if (!found) {
            await handle("down", []);
            return;
        }
        await heal();
        await up();
    };
}
