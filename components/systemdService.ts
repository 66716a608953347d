import * as remote from "@pulumi/command/remote";
import * as pulumi from "@pulumi/pulumi";
import { bundle, type BundleFile } from "../host/bundle";
import { type ProgramName, PROGRAMS } from "../host/programs";
import { renderUnit, type Unit } from "../host/unit";
import type { CheckedVm } from "./gate";

export interface SystemdServiceArgs {
    vm: CheckedVm;
    program: ProgramName;
    /** Of a release that is on the VM. */
    version: string;
    unit: pulumi.Input<Unit>;
    /** The program's own configuration file, if it has one and no step of its own for it. */
    files?: readonly BundleFile[];
    /** Whether it may be restarted although discovered targets would be lost. */
    restartDuringOutage?: boolean;
    /** How much it keeps, where it may take the place of one that keeps more. */
    retention?: string | undefined;
}

/** A program as a service: the unit, and the release that runs. It is restarted only where one of them has changed. */
export class SystemdService extends pulumi.ComponentResource {
    /** What the running program says of itself. */
    public readonly version: pulumi.Output<string>;

    constructor(name: string, args: SystemdServiceArgs, opts?: pulumi.ComponentResourceOptions) {
        super("external-prometheus:index:SystemdService", name, {}, opts);

        const { vm, program, version } = args;
        const { address, health } = PROGRAMS[program];
        const service = new remote.Command(
            name,
            {
                connection: vm.connection,
                create: vm.command("service", {
                    program,
                    address,
                    health,
                    version,
                    restart_during_outage: String(args.restartDuringOutage ?? false),
                    ...(args.retention === undefined ? {} : { retention: args.retention }),
                }),
                stdin: pulumi.output(args.unit).apply((unit) => {
                    const file = { path: `${program}.service`, mode: "0644", content: renderUnit(unit) };
                    return bundle([file, ...(args.files ?? [])]);
                }),
                logging: remote.Logging.Stderr,
                addPreviousOutputInEnv: false,
            },
            vm.options(this),
        );

        this.version = service.stdout.apply((status) => status.trim().replace(/^version=/, ""));
        this.registerOutputs({ version: this.version });
    }
}
