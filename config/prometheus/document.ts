import { SCRAPE_FAILURE_LOG } from "../../host/keeper";
import type { UserFile } from "../files";
import type { FrontConfig } from "../front";
import type { Companion, PrometheusConfig } from "../programs";
import { retentionInConfiguration } from "../retention";
import type { AlertmanagerConfig, RemoteWriteConfig } from "../receivers";
import { sorted } from "../scalars";
import type { ScrapeJobConfig } from "../scrapeJobs";
import { isCluster, type ScrapeSource } from "../source";
import { apiServerJobs } from "./apiservers";
import { companionJob } from "./companions";
import { evidenceJobs } from "./evidence";
import { federationJobs } from "./federation";
import { frontJob } from "./front";
import { timeoutFor, type Job } from "./job";
import { nodeJobs } from "./nodes";
import { proxiedJobs } from "./proxied";
import { alerting, remoteWrite } from "./receivers";
import { renderYaml } from "./render";
import { selfJob } from "./self";
import { sharded } from "./shard";
import { shippedRules } from "./shippedRules";
import { scrapeJob } from "./scrapeJob";
import { witnessJobs } from "./witnesses";
import type { PrometheusDocument, ScrapeConfig, ScrapeConfigFile } from "./types";
import { userDocument } from "./user";

/** All that the documents are made of; no secret is among it, so that a preview can show them. */
export interface Scraping {
    readonly sources: readonly ScrapeSource[];
    readonly scrapeJobs: readonly (ScrapeJobConfig & { name: string })[];
    readonly companions: readonly { readonly program: Companion }[];
    /** Probed where there is a blackbox_exporter. */
    readonly front?: FrontConfig | undefined;
    readonly ruleFiles: readonly UserFile[];
    readonly scrapeConfigFiles: readonly UserFile[];
    readonly alertmanagers: readonly (AlertmanagerConfig & { name: string })[];
    readonly remoteWrite: readonly (RemoteWriteConfig & { name: string })[];
    readonly prometheus: Pick<
        PrometheusConfig,
        "version" | "scrapeInterval" | "retention" | "externalLabels" | "shard"
    >;
}

/** A file on the VM, below Prometheus's configuration directory. */
export interface Document {
    readonly path: string;
    /** Octal. */
    readonly mode: string;
    readonly content: string;
}

/** Jobs of one cluster, in the order of the document. */
export function clusterJobs(source: ScrapeSource): Job[] {
    return [
        ...(isCluster(source)
            ? [...apiServerJobs(source), ...nodeJobs(source), ...evidenceJobs(source), ...proxiedJobs(source)]
            : []),
        ...federationJobs(source),
    ];
}

/** Jobs that belong to no cluster, in the order of the document; those in the user's own files are not among them. */
export function localJobs(scraping: Scraping): Job[] {
    const { scrapeJobs, companions, prometheus } = scraping;
    const front = probedFront(scraping);
    const interval = prometheus.scrapeInterval;
    const names = scrapeJobs.map(({ name }) => name);
    const others = scrapeJobs.map((job) => scrapeJob(job, interval, names));
    return [
        selfJob(interval),
        ...companions.map(({ program }) => companionJob(program, interval)),
        ...(front === undefined ? [] : [frontJob(front, interval)]),
        ...others.sort((a, b) => (a.job < b.job ? -1 : 1)),
    ];
}

/** All jobs of one cluster: those that are asked of it, and those that watch it from outside. */
export function watchingJobs(source: ScrapeSource, { companions, prometheus }: Scraping): Job[] {
    const jobs = [
        ...clusterJobs(source),
        ...(has(companions, "blackbox_exporter") ? witnessJobs(source, prometheus.scrapeInterval) : []),
    ];
    return sharded(jobs, prometheus.shard);
}

function probedFront({ front, companions }: Scraping): FrontConfig | undefined {
    return has(companions, "blackbox_exporter") ? front : undefined;
}

function has(companions: Scraping["companions"], program: Companion): boolean {
    return companions.some((each) => each.program === program);
}

/** The user's own files of rules, and those that come with what is watched. */
function ruleFiles(scraping: Scraping): readonly UserFile[] {
    const { companions, sources } = scraping;
    const seesTokens = sources.some(({ boundTokens }) => boundTokens) && has(companions, "node_exporter");
    return [
        ...scraping.ruleFiles,
        ...shippedRules([
            ...(sources.length === 0 ? [] : (["clusters"] as const)),
            ...(probedFront(scraping) === undefined ? [] : (["front"] as const)),
            ...(seesTokens ? (["tokens"] as const) : []),
        ]),
    ];
}

/**
 * The document that names all others. It names only files that there are, since Prometheus passes over a name or a pattern
 * that matches none.
 */
export function prometheusDocument(scraping: Scraping): PrometheusDocument {
    const { sources, companions, prometheus } = scraping;
    const interval = prometheus.scrapeInterval;
    const rules = paths("rules", ruleFiles(scraping));
    const scrapeFiles = [
        ...(sources.length > 0 ? ["clusters/*.yml"] : []),
        ...paths("scrape", scraping.scrapeConfigFiles),
    ];
    return {
        global: {
            scrape_interval: interval,
            scrape_timeout: timeoutFor(interval),
            scrape_failure_log_file: SCRAPE_FAILURE_LOG,
            ...externalLabels(prometheus),
        },
        ...alerting(
            companions.map(({ program }) => program),
            scraping.alertmanagers,
        ),
        ...(rules.length > 0 && { rule_files: rules }),
        ...(scrapeFiles.length > 0 && { scrape_config_files: scrapeFiles }),
        ...storage(prometheus),
        scrape_configs: written(localJobs(scraping), scraping),
        ...remoteWrite(scraping.remoteWrite),
    };
}

/** As they are: from 3.0 on, Prometheus puts variables of its environment in the place of what follows a dollar sign. */
function externalLabels({ externalLabels, version }: Scraping["prometheus"]) {
    const literal = (value: string) => (isSecondMajor(version) ? value : value.replaceAll("$", "$$$$"));
    const labels = Object.entries(sorted(externalLabels)).map(([name, value]) => [name, literal(value)]);
    return labels.length > 0 && { external_labels: Object.fromEntries(labels) as Record<string, string> };
}

/** Whether it is a 2.x, which reads some things in another way. */
function isSecondMajor(version: string): boolean {
    return version.startsWith("2.");
}

/** Below Prometheus's configuration directory. */
function paths(folder: string, files: readonly UserFile[]): string[] {
    return files.map(({ name }) => `${folder}/${name}`).sort();
}

/** Where this version takes its retention from the configuration; another has it among its flags. */
function storage({ version, retention }: Scraping["prometheus"]): Pick<PrometheusDocument, "storage"> {
    const { time, size } = retention;
    return retentionInConfiguration(version) && (time !== undefined || size !== undefined)
        ? { storage: { tsdb: { retention: { ...(time && { time }), ...(size && { size }) } } } }
        : {};
}

export function clusterDocument(source: ScrapeSource, scraping: Scraping): ScrapeConfigFile {
    return { scrape_configs: written(watchingJobs(source, scraping), scraping) };
}

/** For the version that reads it: a 2.x takes every answer for text that says nothing of its format, and knows no field for it. */
function written(jobs: readonly Job[], { prometheus: { version } }: Scraping): ScrapeConfig[] {
    return jobs.map(({ scrape }) => {
        const { fallback_scrape_protocol, ...others } = scrape;
        return isSecondMajor(version) || fallback_scrape_protocol === undefined ? others : scrape;
    });
}

/** The whole configuration, sorted by path. Without sources the VM watches itself and `scrapeJobs`. */
export function documents(scraping: Scraping): Document[] {
    const texts: [path: string, content: string][] = [
        ["prometheus.yml", renderYaml(prometheusDocument(scraping))],
        ...scraping.sources.map((source): [string, string] => [
            `clusters/${source.name}.yml`,
            renderYaml(clusterDocument(source, scraping)),
        ]),
        ...ruleFiles(scraping).map(({ name, content }): [string, string] => [`rules/${name}`, content]),
        ...scraping.scrapeConfigFiles.map((file): [string, string] => [`scrape/${file.name}`, userDocument(file)]),
    ];
    return texts.map(([path, content]) => ({ path, mode: "0640", content })).sort((a, b) => (a.path < b.path ? -1 : 1));
}
