import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../../operate/process";
import { PATIENCE_SECONDS, PROJECT, succeed } from "../lab/lab";

/**
 * What is wrong with a release whose sha256 is right. The programs of all but the last two say by `--version` what they should.
 * - `exits`: ends with 1 whenever it is started.
 * - `never-ready`: runs, and answers nothing.
 * - `dies-after-5s`: is the real Prometheus, for five seconds.
 * - `wrong-version`: says that it is another version.
 * - `wrong-architecture`: an ELF header of aarch64 stands before the program.
 */
export type Defect = "exits" | "never-ready" | "dies-after-5s" | "wrong-version" | "wrong-architecture";

export interface BrokenRelease {
    /** The tarball, `prometheus-<version>.linux-amd64.tar.gz`. */
    readonly file: string;
    readonly version: string;
    readonly sha256: string;
    /** Removes the tarball. */
    remove(): void;
}

const BIN = "/var/lib/external-prometheus-lab/bin";
const PROGRAMS = ["prometheus", "promtool"] as const;
/** `e_machine` of an ELF header (elf.h), and its value for aarch64. */
const MACHINE_OFFSET = 18;
const AARCH64 = 183;

/** Makes a release of Prometheus with one defect; its promtool works. */
export async function brokenRelease(defect: Defect, version = "3.13.9"): Promise<BrokenRelease> {
    const directory = mkdtempSync(join(tmpdir(), "external-prometheus-release-"));
    const name = `prometheus-${version}.linux-amd64`;
    const files = join(directory, name);
    mkdirSync(files);
    for (const program of PROGRAMS) {
        const path = join(files, program);
        if (defect === "wrong-architecture") {
            writeFileSync(path, forAarch64(readFileSync(join(BIN, program))), { mode: 0o755 });
            continue;
        }
        if (program === "promtool" || defect === "dies-after-5s") {
            copyFileSync(join(BIN, program), join(files, `real-${program}`));
        }
        const said = defect === "wrong-version" ? `${version}9` : version;
        writeFileSync(path, script(program, said, program === "prometheus" ? start(defect) : "exec"), { mode: 0o755 });
    }
    writeFileSync(join(files, "LICENSE"), "Apache License 2.0\n");
    const pack = `source lab/env.sh; source lab/release/pack.sh; pack '${files}' '${name}' '${directory}'`;
    await succeed(
        "packing a release",
        runProgram("bash", ["-c", `cd '${PROJECT}'; ${pack}`], { timeoutSeconds: PATIENCE_SECONDS }),
    );
    rmSync(files, { recursive: true });
    const file = join(directory, `${name}.tar.gz`);
    return {
        file,
        version,
        sha256: readFileSync(`${file}.sha256`, "utf8").slice(0, 64),
        remove: () => {
            rmSync(directory, { recursive: true });
        },
    };
}

/** A program that answers `--version` itself, and for all else is the real one behind a prefix. */
function script(program: string, version: string, prefix: string): string {
    return [
        "#!/bin/sh",
        'if [ "$1" = --version ]; then',
        `    echo '${program}, version ${version} (branch: HEAD, revision: 0000000)'`,
        "    exit",
        "fi",
        `${prefix} "$(dirname "$0")/real-${program}" "$@"`,
        "",
    ].join("\n");
}

/** How the release's Prometheus starts the real one. */
function start(defect: Exclude<Defect, "wrong-architecture">): string {
    switch (defect) {
        case "exits":
        case "wrong-version":
            return "exit 1 #";
        case "never-ready":
            return "exec sleep infinity #";
        case "dies-after-5s":
            return "exec timeout --signal=KILL 5";
    }
}

function forAarch64(program: Buffer): Buffer {
    program.writeUInt16LE(AARCH64, MACHINE_OFFSET);
    return program;
}
