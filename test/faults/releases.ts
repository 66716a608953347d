import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../../operate/process";
import { PATIENCE_SECONDS, PROJECT, succeed } from "../lab/lab";

/** A release as the stack's configuration chooses it. */
export interface ChosenRelease {
    readonly version: string;
    readonly url: string;
    readonly sha256: string;
}

/** The lab's second version of Prometheus. */
export async function otherRelease(): Promise<ChosenRelease> {
    const more = join(PROJECT, "lab/release/more.sh");
    const offered = await succeed(more, runProgram(more, [], { timeoutSeconds: 30 * 60 }));
    const [, url = "", version = "", sha256 = ""] =
        /^(\S+\/prometheus-([0-9.]+)\.linux-amd64\.tar\.gz) ([0-9a-f]{64})$/m.exec(offered) ?? [];
    return { version, url, sha256 };
}

export interface LabRelease {
    readonly file: string;
    readonly sha256: string;
}

/** The tarball of the lab's own Prometheus. */
export async function labRelease(): Promise<LabRelease> {
    const tarball = join(PROJECT, "lab/release/tarball.sh");
    const file = (await succeed(tarball, runProgram(tarball, [], { timeoutSeconds: PATIENCE_SECONDS }))).trim();
    return { file, sha256: readFileSync(`${file}.sha256`, "utf8").slice(0, 64) };
}
