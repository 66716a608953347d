import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { releaseOf } from "../config/releases";
import type { PrometheusConfig } from "../config/programs";
import type { CheckedVm } from "./gate";

export interface ReleaseArgs {
    vm: CheckedVm;
    prometheus: PrometheusConfig;
}

/** A release of Prometheus on the VM, beside those that are there; also its user and its directories. */
export class Release extends pulumi.ComponentResource {
    constructor(name: string, args: ReleaseArgs, opts?: pulumi.ComponentResourceOptions) {
        super("external-prometheus:index:Release", name, {}, opts);

        const { vm, prometheus } = args;
        const { amd64, arm64 } = releaseOf(prometheus);
        new remote.Command(
            name,
            {
                connection: vm.connection,
                create: vm.command("release", {
                    version: prometheus.version,
                    url_amd64: amd64?.url ?? "",
                    sha256_amd64: amd64?.sha256 ?? "",
                    url_arm64: arm64?.url ?? "",
                    sha256_arm64: arm64?.sha256 ?? "",
                }),
                logging: remote.Logging.Stderr,
                addPreviousOutputInEnv: false,
            },
            { parent: this },
        );
        this.registerOutputs();
    }
}
