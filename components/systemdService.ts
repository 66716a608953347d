import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { bundle } from "../host/bundle";
import { prometheusUnit, renderUnit } from "../host/unit";
import type { CheckedVm } from "./gate";

export interface SystemdServiceArgs {
    vm: CheckedVm;
    /** Of a release that is on the VM. */
    version: string;
}

/** Prometheus as a service: the unit, and the release that runs. It is restarted only where one of them has changed. */
export class SystemdService extends pulumi.ComponentResource {
    /** What the running Prometheus says of itself. */
    public readonly version: pulumi.Output<string>;

    constructor(name: string, args: SystemdServiceArgs, opts?: pulumi.ComponentResourceOptions) {
        super("external-prometheus:index:SystemdService", name, {}, opts);

        const { vm, version } = args;
        const service = new remote.Command(
            name,
            {
                connection: vm.connection,
                create: vm.command("service", { version }),
                stdin: bundle([{ path: "prometheus.service", mode: "0644", content: renderUnit(prometheusUnit()) }]),
                logging: remote.Logging.Stderr,
                addPreviousOutputInEnv: false,
            },
            vm.options(this),
        );

        this.version = service.stdout.apply((status) => status.trim().replace(/^version=/, ""));
        this.registerOutputs({ version: this.version });
    }
}
