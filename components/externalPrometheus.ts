import * as pulumi from "@pulumi/pulumi";
import { companionDocuments } from "../config/companionFiles";
import { companionFlags, prometheusFlags, queryTimeout } from "../config/flags";
import type { PrometheusConfig } from "../config/programs";
import { clockSource } from "../config/releases";
import { retentionText } from "../config/retention";
import type { Front, StackConfig } from "../config/schema";
import type { VmConfig } from "../config/vm";
import type { ScrapeSource, SourceCredentials } from "../config/source";
import { LISTEN_ADDRESS } from "../host/unit";
import { unitOf } from "../host/units";
import { Credentials } from "./credentials";
import { Gate } from "./gate";
import { HttpsFront } from "./httpsFront";
import { PrometheusConfiguration } from "./prometheusConfiguration";
import { Release } from "./release";
import { SystemdService } from "./systemdService";
import { Verify } from "./verify";

/** What `loadConfig` and `parseConfig` give for the VM, with the clusters that it watches. */
export interface ExternalPrometheusArgs {
    /** The VM, and how it is reached; plain, since it decides what the steps are. */
    vm: VmConfig;
    /** For SSH, `vmPrivateKey` of the configuration; secret. */
    privateKey: pulumi.Input<string>;
    /** For the jump host `vm.proxy`, `vmProxyPrivateKey` of the configuration; secret. @default privateKey */
    proxyPrivateKey?: pulumi.Input<string>;
    /** Which release is installed, and what holds for all jobs. */
    prometheus: PrometheusConfig;
    /** httpd before Prometheus. @default Prometheus is reached on the VM itself only */
    front?: Front;
    /** The clusters to watch: `source` of each ClusterSource, and those of other stacks. */
    sources: pulumi.Input<readonly ScrapeSource[]>;
    /** For each of `sources`, by its name; the deployment fails where one is missing. Secret. */
    sourceCredentials: pulumi.Input<Readonly<Record<string, SourceCredentials>>>;
    /** What is installed beside Prometheus. */
    companions: StackConfig["companions"];
    /** Files of rules; promtool checks them on the VM before they replace what runs. */
    ruleFiles: StackConfig["ruleFiles"];
    /** Files with `scrape_configs`, checked in the same way. */
    scrapeConfigFiles: StackConfig["scrapeConfigFiles"];
    /** Other servers and services that are scraped or probed. */
    scrapeJobs: StackConfig["scrapeJobs"];
    /** Alertmanagers elsewhere that get every alert. */
    alertmanagers: StackConfig["alertmanagers"];
    /** Where every sample is written to as well. */
    remoteWrite: StackConfig["remoteWrite"];
    /** What is shown to those three. Secret. */
    httpSecrets: StackConfig["httpSecrets"];
}

/**
 * A Prometheus on a VM, set up over SSH; never talks to Kubernetes. Its steps run one after the other, each a resource
 * of its own: their number does not depend on what is watched. The name prefixes those of its resources, and is what the VM's
 * mark knows the installation by: a VM has one. A step that fails leaves what ran before.
 */
export class ExternalPrometheus extends pulumi.ComponentResource {
    /** Through the front; without one, as seen on the VM. */
    public readonly url: string;
    /** What was made for the front: its CA, and the certificates of its clients. */
    public readonly front: HttpsFront | undefined;
    /** Of the Prometheus that runs. */
    public readonly version: pulumi.Output<string>;

    constructor(name: string, args: ExternalPrometheusArgs, opts?: pulumi.ComponentResourceOptions) {
        super("external-prometheus:index:ExternalPrometheus", name, {}, opts);

        const { prometheus, front, sources, companions, ruleFiles, scrapeConfigFiles, httpSecrets } = args;
        const services = {
            scrapeJobs: args.scrapeJobs,
            alertmanagers: args.alertmanagers,
            remoteWrite: args.remoteWrite,
        };
        const gate = new Gate(
            `${name}-gate`,
            {
                vm: args.vm,
                privateKey: args.privateKey,
                proxyPrivateKey: args.proxyPrivateKey,
                clockSource: clockSource(prometheus),
            },
            { parent: this },
        );
        const { vm } = gate;
        const release = new Release(
            `${name}-release`,
            { vm, program: "prometheus", choice: prometheus },
            { parent: this, dependsOn: gate },
        );
        const credentials = new Credentials(
            `${name}-credentials`,
            { vm, sources, credentials: args.sourceCredentials, services, httpSecrets },
            { parent: this, dependsOn: release },
        );
        const service = new SystemdService(
            `${name}-service`,
            {
                vm,
                program: "prometheus",
                version: prometheus.version,
                unit: unitOf("prometheus", {
                    flags: prometheusFlags(prometheus, front?.config),
                    memoryMax: prometheus.memoryMax,
                }),
                restartDuringOutage: prometheus.restartDuringOutage,
                // A change of it needs no step of the service but where there is somebody else's data.
                retention: args.vm.adopt ? retentionText(prometheus.retention) : undefined,
            },
            { parent: this, dependsOn: credentials },
        );
        const configuration = new PrometheusConfiguration(
            `${name}-configuration`,
            { vm, sources, companions, front: front?.config, ...services, ruleFiles, scrapeConfigFiles, prometheus },
            { parent: this, dependsOn: service },
        );
        this.front =
            front &&
            new HttpsFront(
                `${name}-front`,
                { vm, front, queryTimeout: queryTimeout(prometheus.extraFlags) },
                { parent: this, dependsOn: configuration },
            );
        if (front !== undefined && !companions.some(({ program }) => program === "blackbox_exporter")) {
            void pulumi.log.warn(
                "nothing tells when the front's certificate expires: set blackboxExporter, '{}' will do",
                this,
            );
        }
        const boundTokens = pulumi.output(sources).apply((known) => known.some((source) => source.boundTokens));
        boundTokens.apply((bound) => {
            if (bound && !companions.some(({ program }) => program === "node_exporter")) {
                void pulumi.log.warn(
                    "nothing tells when a cluster's token is not renewed: set nodeExporter, '{}' will do",
                    this,
                );
            }
        });
        // After the configuration: a companion that cannot be had must not keep a change from Prometheus.
        const last = companions.reduce<pulumi.Resource>((before, { program, choice }) => {
            const brought = new Release(
                `${name}-${program}-release`,
                { vm, program, choice },
                { parent: this, dependsOn: before, aliases: [{ name: `${program}-release` }] },
            );
            return new SystemdService(
                `${name}-${program}-service`,
                {
                    vm,
                    program,
                    version: choice.version,
                    unit: boundTokens.apply((bound) => {
                        const surroundings = { front: front?.config, boundTokens: bound };
                        return unitOf(program, { flags: companionFlags(program, choice.extraFlags, surroundings) });
                    }),
                    files: companionDocuments(program, front?.config),
                },
                { parent: this, dependsOn: brought, aliases: [{ name: `${program}-service` }] },
            );
        }, this.front ?? configuration);
        new Verify(
            `${name}-verify`,
            { vm, version: service.version, configuration: configuration.loaded, sources },
            { parent: this, dependsOn: last },
        );

        this.url = this.front?.url ?? `http://${LISTEN_ADDRESS}/`;
        this.version = service.version;
        this.registerOutputs({ url: this.url, version: this.version });
    }
}
