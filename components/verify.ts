import * as remote from "@pulumi/command/remote";
import * as pulumi from "@pulumi/pulumi";
import { endpointLines } from "../config/prometheus/endpoints";
import type { ScrapeSource } from "../config/source";
import type { CheckedVm } from "./gate";

export interface VerifyArgs {
    vm: CheckedVm;
    /** What ran before; another value makes it look again. */
    version: pulumi.Input<string>;
    configuration: pulumi.Input<string>;
    /** Whose federation is looked at more closely where it finds nothing. */
    sources: pulumi.Input<readonly ScrapeSource[]>;
}

/**
 * Asks the running Prometheus what it has. Targets that are down are warnings: a dead cluster must not fail a
 * deployment.
 */
export class Verify extends pulumi.ComponentResource {
    constructor(name: string, args: VerifyArgs, opts?: pulumi.ComponentResourceOptions) {
        super("external-prometheus:index:Verify", name, {}, opts);

        const { vm, version, configuration, sources } = args;
        const endpoints = pulumi.output(sources).apply(endpointLines);
        new remote.Command(
            name,
            {
                connection: vm.connection,
                // What is federated in bulk comes once a minute.
                create: vm.command("verify", { version, configuration, endpoints, first_scrapes: "75" }),
                logging: remote.Logging.Stderr,
                addPreviousOutputInEnv: false,
            },
            vm.options(this),
        );
        this.registerOutputs();
    }
}
