import * as remote from "@pulumi/command/remote";
import * as pulumi from "@pulumi/pulumi";
import { documents, type Scraping } from "../config/prometheus/document";
import type { ScrapeSource } from "../config/source";
import { bundle } from "../host/bundle";
import { keeperProgram } from "../host/keeper";
import type { CheckedVm } from "./gate";

export interface PrometheusConfigurationArgs extends Omit<Scraping, "sources"> {
    vm: CheckedVm;
    sources: pulumi.Input<readonly ScrapeSource[]>;
}

/** prometheus.yml and what it includes: changed as one, or not at all. */
export class PrometheusConfiguration extends pulumi.ComponentResource {
    /** A sum of what Prometheus has loaded. */
    public readonly loaded: pulumi.Output<string>;

    constructor(name: string, args: PrometheusConfigurationArgs, opts?: pulumi.ComponentResourceOptions) {
        super("external-prometheus:index:PrometheusConfiguration", name, {}, opts);

        const { vm, sources, ...scraping } = args;
        const companions = scraping.companions.map(({ program }) => program);
        const programs = ["prometheus", ...companions, ...(scraping.front === undefined ? [] : ["httpd"])].join(" ");
        const keeper = keeperProgram();
        const configuration = new remote.Command(
            name,
            {
                connection: vm.connection,
                create: vm.command("configuration", { programs }),
                // Never a secret among it: the preview of a pull request shows this text, line by line.
                stdin: pulumi
                    .output(sources)
                    .apply((known) => bundle([...documents({ sources: known, ...scraping }), ...keeper])),
                logging: remote.Logging.Stderr,
                addPreviousOutputInEnv: false,
            },
            vm.options(this),
        );

        this.loaded = configuration.stdout;
        this.registerOutputs({ loaded: this.loaded });
    }
}
