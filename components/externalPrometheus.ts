import * as pulumi from "@pulumi/pulumi";
import { companionDocuments } from "../config/companionFiles";
import { companionFlags, prometheusFlags, queryTimeout } from "../config/flags";
import type { PrometheusConfig } from "../config/programs";
import { clockSource } from "../config/releases";
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

export interface ExternalPrometheusArgs {
    vm: VmConfig;
    /** For SSH; secret. */
    privateKey: pulumi.Input<string>;
    /** For the jump host, if it is not the same; secret. */
    proxyPrivateKey?: pulumi.Input<string>;
    prometheus: PrometheusConfig;
    /** Without it Prometheus is reached on the VM itself only. */
    front?: Front;
    /** The clusters to watch. */
    sources: pulumi.Input<readonly ScrapeSource[]>;
    /** What is installed beside Prometheus. */
    companions: StackConfig["companions"];
    ruleFiles: StackConfig["ruleFiles"];
    scrapeConfigFiles: StackConfig["scrapeConfigFiles"];
    /** By cluster name; secret. */
    sourceCredentials: pulumi.Input<Readonly<Record<string, SourceCredentials>>>;
    scrapeJobs: StackConfig["scrapeJobs"];
    alertmanagers: StackConfig["alertmanagers"];
    remoteWrite: StackConfig["remoteWrite"];
    /** Secret. */
    httpSecrets: StackConfig["httpSecrets"];
}

/**
 * A Prometheus on a VM, set up over SSH; never talks to Kubernetes. Its steps run one after the other, each a resource
 * of its own: their number does not depend on what is watched.
 */
export class ExternalPrometheus extends pulumi.ComponentResource {
    /** Through the front; without one, as seen on the VM. */
    public readonly url: string;
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
                `${program}-release`,
                { vm, program, choice },
                { parent: this, dependsOn: before },
            );
            return new SystemdService(
                `${program}-service`,
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
                { parent: this, dependsOn: brought },
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
