import { join } from "node:path";
import { runProgram } from "../../operate/process";
import { PROJECT, succeed } from "../lab/lab";

/** A release as the configuration names one that no table knows. */
export interface OfferedRelease {
    readonly version: string;
    readonly url: string;
    readonly sha256: string;
}

type Program = "prometheus" | "node_exporter" | "alertmanager" | "blackbox_exporter";

/**
 * What the lab's release server offers beside its own Prometheus: one of the next version, and the programs that stand
 * beside it. Builds them if this machine never has, which takes minutes.
 */
export async function offeredReleases(): Promise<Record<Program, OfferedRelease>> {
    const more = join(PROJECT, "lab/release/more.sh");
    const lines = await succeed(more, runProgram(more, [], { timeoutSeconds: 1800 }));
    const entries = lines
        .trim()
        .split("\n")
        .map((line) => {
            const [url = "", sha256 = ""] = line.split(" ");
            const [, program, version = ""] = /\/(\w+)-([^/]+)\.linux-amd64\.tar\.gz$/.exec(url) ?? [];
            return [program, { version, url, sha256 }];
        });
    return Object.fromEntries(entries) as Record<Program, OfferedRelease>;
}
