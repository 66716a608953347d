import * as remote from "@pulumi/command/remote";
import * as pulumi from "@pulumi/pulumi";
import { type ReleaseChoice, releaseOf } from "../config/releases";
import { type ProgramName, PROGRAMS } from "../host/programs";
import type { CheckedVm } from "./gate";

export interface ReleaseArgs {
    vm: CheckedVm;
    program: ProgramName;
    /** One that has no problem. */
    choice: ReleaseChoice;
}

/** A release of a program on the VM, beside those that are there; also the program's user and its directories. */
export class Release extends pulumi.ComponentResource {
    constructor(name: string, args: ReleaseArgs, opts?: pulumi.ComponentResourceOptions) {
        super("external-prometheus:index:Release", name, {}, opts);

        const { vm, program, choice } = args;
        const { address, binaries } = PROGRAMS[program];
        const { amd64, arm64 } = releaseOf(program, choice);
        new remote.Command(
            name,
            {
                connection: vm.connection,
                create: vm.command("release", {
                    program,
                    address,
                    binaries: binaries.join(" "),
                    key: configKey(program),
                    version: choice.version,
                    url_amd64: amd64?.url ?? "",
                    sha256_amd64: amd64?.sha256 ?? "",
                    url_arm64: arm64?.url ?? "",
                    sha256_arm64: arm64?.sha256 ?? "",
                }),
                logging: remote.Logging.Stderr,
                addPreviousOutputInEnv: false,
            },
            vm.options(this),
        );
        this.registerOutputs();
    }
}

/** Where the stack's configuration chooses the release, for messages: `nodeExporter` for `node_exporter`. */
function configKey(program: ProgramName): string {
    return program.replace(/_(.)/g, (_match, letter: string) => letter.toUpperCase());
}
