import * as fc from "fast-check";
import type { z } from "zod";
import { PROGRAM_NAMES } from "../../../host/programs";
import { clusterJobs, type Scraping } from "../../../config/prometheus/document";
import type { ScrapeConfigFile } from "../../../config/prometheus/types";
import { AlertmanagerConfig, RemoteWriteConfig } from "../../../config/receivers";
import { Labels } from "../../../config/scalars";
import { ScrapeJobConfig } from "../../../config/scrapeJobs";
import { CERTIFICATE } from "../frontCertificates";
import { matchersOf } from "../../../config/matchers";
import {
    type Duration,
    isAnnotated,
    isEvidence,
    isSlice,
    JOB_NAMES,
    type JobName,
    type JobPath,
    type Jobs,
    KUBERNETES_JOBS,
    type ScrapeJob,
    type ScrapeSource,
    WITHOUT_PLACE,
} from "../../../config/source";

const CA = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

/** A cluster with every job on its default path; two replicas behind the gateway. */
export function source(name = "staging", changes: Partial<ScrapeSource> = {}): ScrapeSource {
    return {
        version: 5,
        name,
        server: "https://k8s.example.com:6443",
        caCertificate: CA,
        jobs: {
            "kubernetes-apiservers": { path: "direct", interval: "30s" },
            "kubernetes-nodes": { path: "direct", interval: "30s" },
            "kubernetes-nodes-cadvisor": { path: "direct", interval: "30s" },
            "kubernetes-pods": { path: "federate", interval: "30s" },
            "kubernetes-service-endpoints": { path: "federate", interval: "30s" },
        },
        federation: gatewayFederation("gateway.staging.internal", ["203.0.113.11:30990", "203.0.113.12:30991"]),
        ...changes,
    };
}

const EVERY = Object.fromEntries(KUBERNETES_JOBS.map((job) => [job, { path: "federate" }]));

/** What is asked of a cluster, as a document. */
export function clusterDocument(from: ScrapeSource): ScrapeConfigFile {
    return { scrape_configs: clusterJobs(from).map(({ scrape }) => scrape) };
}

/** What a source says of a gateway that has an address for each replica. */
export function gatewayFederation(
    serverName: string,
    addresses: readonly string[],
    paths: Parameters<typeof matchersOf>[1] = EVERY,
): NonNullable<ScrapeSource["federation"]> {
    return {
        scheme: "https",
        targets: addresses.map((address, i) => ({ address, replica: `prometheus-${i}`, metricsPath: "/federate" })),
        serverName,
        ca: "own",
        shows: ["certificate"],
        matchers: matchersOf({ flavour: "custom", jobs: {} }, paths),
    };
}

export function scrapeJob(name: string, changes: z.input<typeof ScrapeJobConfig> = {}) {
    return { name, ...ScrapeJobConfig.parse({ targets: ["198.51.100.31:9100"], ...changes }) };
}

/** The same with each in the form that a stack's configuration has. */
export function alertmanager(name: string, changes: Partial<z.input<typeof AlertmanagerConfig>> = {}) {
    return { name, ...AlertmanagerConfig.parse({ targets: ["203.0.113.40:9093"], ...changes }) };
}

export function receiver(name: string, changes: Partial<z.input<typeof RemoteWriteConfig>> = {}) {
    return { name, ...RemoteWriteConfig.parse({ url: "https://metrics.example.com/write", ...changes }) };
}

const RULES = "groups:\n  - name: small\n    rules:\n      - { record: a:b, expr: up }\n";
const JOBS =
    "scrape_configs:\n  - static_configs: [{ targets: ['a:1'], labels: { since: 2026-01-01 } }]\n    job_name: mine\n";

export const SMALL: Scraping = {
    sources: [source()],
    scrapeJobs: [scrapeJob("node", { labels: { site: "berlin" } })],
    alertmanagers: [],
    remoteWrite: [],
    companions: [{ program: "alertmanager" }],
    ruleFiles: [{ name: "small.yml", content: RULES }],
    scrapeConfigFiles: [{ name: "mine.yml", content: JOBS }],
    prometheus: {
        version: "3.13.2",
        scrapeInterval: "30s",
        retention: { time: "30d", size: "80GB" },
        externalLabels: {},
    },
};

const interval = fc.oneof(
    fc.integer({ min: 1, max: 299 }).map((n): Duration => `${n}s`),
    fc.integer({ min: 1, max: 4 }).map((n): Duration => `${n}m`),
);
const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/);
const address = fc.tuple(fc.ipV4(), fc.integer({ min: 1, max: 65535 })).map(([host, port]) => `${host}:${port}`);

const jobs = fc.record(
    Object.fromEntries(JOB_NAMES.map((job) => [job, anyJob(job)])) as { [K in JobName]: fc.Arbitrary<ScrapeJob> },
    { requiredKeys: [...KUBERNETES_JOBS] },
) as fc.Arbitrary<Jobs>;

function anyJob(job: JobName): fc.Arbitrary<ScrapeJob> {
    const paths = fc.record({ path: fc.constantFrom<JobPath>("federate", "off"), interval });
    const namespaces = fc.oneof(
        fc.constant("*").map((all) => [all]),
        fc.uniqueArray(name, { minLength: 1, maxLength: 3 }),
    );
    const direct = fc.record(
        {
            path: fc.constant("direct" as const),
            interval,
            ...(isEvidence(job) && {
                targets: fc.array(address, { minLength: 1, maxLength: 2 }),
                scheme: fc.constantFrom("http" as const, "https" as const),
            }),
            ...(job !== "kubernetes-apiservers" && { insecureSkipVerify: fc.constant(true as const) }),
        },
        // Pods have no place but one that is told.
        {
            requiredKeys: [
                "path",
                "interval",
                ...(WITHOUT_PLACE.includes(job) ? (["targets"] as const) : []),
            ] as never[],
        },
    ) as fc.Arbitrary<ScrapeJob>;
    const proxied = fc.record({ path: fc.constant("apiServerProxy" as const), interval, namespaces });
    return fc.oneof(paths, ...(isSlice(job) ? [] : [isAnnotated(job) ? proxied : direct]));
}

const labels = fc
    .dictionary(fc.stringMatching(/^[a-z]\w{0,9}$/), fc.string())
    .filter((all) => Labels.safeParse(all).success);
const client = fc.oneof(
    fc.record({ caCertificate: fc.constant(CERTIFICATE), username: fc.constant("monitor") }, { requiredKeys: [] }),
    fc.record({ authorization: fc.constant({}), clientCertificate: fc.constant(CERTIFICATE) }, { requiredKeys: [] }),
);

/** Everything that the schemas let through, as far as documents are made of it. */
export const anyScraping: fc.Arbitrary<Scraping> = fc.record({
    sources: fc.uniqueArray(
        fc.tuple(name, jobs, fc.array(address, { minLength: 1, maxLength: 3 })).map(([cluster, paths, addresses]) =>
            source(cluster, {
                jobs: paths,
                federation: gatewayFederation("gateway.internal", addresses, paths),
            }),
        ),
        { selector: (s) => s.name, maxLength: 4 },
    ),
    scrapeJobs: fc.uniqueArray(
        fc
            .tuple(fc.stringMatching(/^[a-zA-Z][\w-]{0,20}$/), address, interval, labels, client)
            .filter(([job]) => !PROGRAM_NAMES.some((name) => name === job))
            .map(([job, target, every, own, fields]) =>
                scrapeJob(job, { targets: [target], interval: every, labels: own, scheme: "https", ...fields }),
            ),
        { selector: (s) => s.name, maxLength: 4 },
    ),
    alertmanagers: fc.uniqueArray(
        fc.tuple(name, client).map(([own, fields]) => alertmanager(`a${own}`, { scheme: "https", ...fields })),
        { selector: (s) => s.name, maxLength: 2 },
    ),
    remoteWrite: fc.uniqueArray(
        fc.tuple(name, client).map(([own, fields]) => receiver(`r${own}`, fields)),
        { selector: (s) => s.name, maxLength: 2 },
    ),
    companions: fc.subarray([
        { program: "node_exporter" as const },
        { program: "alertmanager" as const },
        { program: "blackbox_exporter" as const },
    ]),
    ruleFiles: fc.subarray([{ name: "r.yml", content: RULES }]),
    scrapeConfigFiles: fc.subarray([{ name: "s.yml", content: JOBS }]),
    prometheus: fc.record({
        externalLabels: labels,
        version: fc.constantFrom("3.5.4", "3.13.2"),
        scrapeInterval: interval,
        retention: fc.record(
            { time: fc.constantFrom<Duration>("30d", "1h"), size: fc.constantFrom("80GB", "500MB") },
            { requiredKeys: [] },
        ),
    }),
});
