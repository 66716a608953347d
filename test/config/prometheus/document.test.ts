import * as fc from "fast-check";
import * as yaml from "js-yaml";
import { describe, expect, it } from "vitest";
import { httpCredentialFiles } from "../../../config/httpCredentials";
import { CREDENTIALS_DIRECTORY, credentialPaths } from "../../../config/prometheus/credentials";
import { documents, prometheusDocument, type Scraping } from "../../../config/prometheus/document";
import { jobs } from "../../../config/prometheus/jobs";
import { renderYaml } from "../../../config/prometheus/render";
import { userDocument } from "../../../config/prometheus/user";
import type { ScrapeConfigFile } from "../../../config/prometheus/types";
import { milliseconds } from "../../../config/source";
import { secretsFor } from "../services";
import { clusterDocument, anyScraping, scrapeJob, SMALL, source } from "./scraping";

const COMPANIONS = ["node_exporter", "alertmanager", "blackbox_exporter"] as const;

function parsed(content: string): ScrapeConfigFile {
    return yaml.load(content) as ScrapeConfigFile;
}

describe("the documents", () => {
    it("of a small environment are these", () => {
        const texts = documents(SMALL).map(({ path, mode, content }) => `==> ${path} ${mode} <==\n${content}`);
        expect(texts.join("")).toMatchSnapshot();
    });

    it("watch Prometheus itself where there is no cluster", () => {
        const only = documents({
            ...SMALL,
            ...{ sources: [], scrapeJobs: [], companions: [], ruleFiles: [], scrapeConfigFiles: [] },
        });
        expect(only.map(({ path }) => path)).toEqual(["prometheus.yml"]);
        // What matches no file, Prometheus passes over; our check on the VM does not.
        expect(only[0]?.content).not.toMatch(/rule_files|scrape_config_files|alerting/);
        expect(parsed(only[0]?.content ?? "").scrape_configs.map((config) => config.job_name)).toEqual(["prometheus"]);
    });

    it("say to a 2.x nothing that it does not know", () => {
        const own = { ...SMALL, scrapeJobs: [scrapeJob("own")] };
        const text = (version: string) => {
            return documents({ ...own, prometheus: { ...SMALL.prometheus, version } })
                .map(({ content }) => content)
                .join("");
        };
        expect(text("2.55.1")).not.toContain("fallback_scrape_protocol");
        expect(text("3.13.2").replaceAll(/^ *fallback_scrape_protocol: .*\n/gm, "")).toContain("job_name: own");
        expect(text("3.13.2")).toContain("fallback_scrape_protocol");
    });

    it("say in the first line who manages them", () => {
        for (const { path, content } of documents(SMALL)) {
            // Rules are the user's own, to the letter.
            if (!path.startsWith("rules/")) expect(content.split("\n")[0]).toMatch(/^# Managed by external-prometheus/);
        }
    });

    it("have unique job names, a timeout below the interval, and the files that exist as credentials", () => {
        fc.assert(
            fc.property(anyScraping, (scraping) => {
                const files = documents(scraping);
                const texts = files.filter(({ path }) => !path.startsWith("rules/"));
                const configs = texts.flatMap(({ content }) => parsed(content).scrape_configs);
                const names = configs.map((config) => config.job_name);
                expect(new Set(names).size).toBe(names.length);
                const ours = configs.filter((config) => config.job_name !== "mine");
                for (const { scrape_timeout, scrape_interval } of ours) {
                    expect(milliseconds(scrape_timeout)).toBeLessThan(milliseconds(scrape_interval));
                }
                const known = [
                    ...scraping.sources.flatMap(({ name }) => Object.values<string>(credentialPaths(name))),
                    ...httpCredentialFiles(scraping, secretsFor(scraping)).map(
                        ({ path }) => `${CREDENTIALS_DIRECTORY}/${path}`,
                    ),
                ];
                const named = files.flatMap(({ content }) =>
                    [...content.matchAll(/(?:ca|cert|key|credentials|password)_file: (.*)/g)].map(([, file]) => file),
                );
                expect(named.filter((file) => !known.includes(file ?? ""))).toEqual([]);
                expect(names.sort()).toEqual(
                    jobs(scraping)
                        .map(({ cluster, job }) => (cluster === "" ? job : `${cluster}/${job}`))
                        .sort(),
                );
            }),
        );
    });

    it("are equal for equal input, whatever its order of keys and entries", () => {
        fc.assert(
            fc.property(anyScraping, (scraping) => {
                const turned = reversed(scraping) as typeof scraping;
                const again = {
                    ...turned,
                    sources: [...turned.sources].reverse(),
                    scrapeJobs: [...turned.scrapeJobs].reverse(),
                    alertmanagers: [...turned.alertmanagers].reverse(),
                    remoteWrite: [...turned.remoteWrite].reverse(),
                };
                expect(documents(again)).toEqual(documents(scraping));
                expect(jobs(again)).toEqual(jobs(scraping));
            }),
        );
    });

    it("round-trip through YAML, and no line of theirs can be taken for the frame of a bundle", () => {
        fc.assert(
            fc.property(fc.dictionary(fc.string(), fc.string()), (labels) => {
                const content = renderYaml({ labels });
                expect(parsed(content)).toEqual({ labels });
                expect(content).not.toMatch(/^==> /m);
            }),
            { numRuns: 500 },
        );
    });

    it("change by the lines of one job when one is inserted among five", () => {
        const off = source();
        const without = renderYaml(
            clusterDocument({
                ...off,
                jobs: { ...off.jobs, "kubernetes-nodes-cadvisor": { path: "off", interval: "30s" } },
            }),
        ).split("\n");
        const withAll = renderYaml(clusterDocument(off)).split("\n");
        const start = withAll.findIndex((line) => line.includes("job_name: staging/kubernetes-nodes-cadvisor"));
        const length = withAll.length - without.length;
        const inserted = withAll.slice(start, start + length);
        expect([...withAll.slice(0, start), ...withAll.slice(start + length)]).toEqual(without);
        expect(inserted.filter((line) => line.includes("job_name"))).toHaveLength(1);
    });
});

/** The same value with the keys of every object in reverse order; a document's own order must come from elsewhere. */
function reversed(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(reversed);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
        Object.entries(value)
            .reverse()
            .map(([key, inner]) => [key, reversed(inner)]),
    );
}

describe("the main document", () => {
    const main = (changes: Partial<Scraping> = {}) => prometheusDocument({ ...SMALL, ...changes });

    it("names every document, and the Alertmanager that is beside it", () => {
        expect(main()).toMatchObject({
            rule_files: ["rules/external-prometheus/clusters.yml", "rules/small.yml"],
            scrape_config_files: ["clusters/*.yml", "scrape/mine.yml"],
            alerting: { alertmanagers: [{ static_configs: [{ targets: ["127.0.0.1:9093"] }] }] },
        });
        expect(main({ companions: [{ program: "node_exporter" }] })).not.toHaveProperty("alerting");
    });

    it("scrapes what is installed beside Prometheus", () => {
        const companions = COMPANIONS.map((program) => ({ program }));
        const scraped = main({ companions }).scrape_configs.map(({ job_name, static_configs }) => [
            job_name,
            static_configs?.[0]?.targets[0],
        ]);
        expect(scraped.slice(0, 4)).toEqual([
            ["prometheus", "127.0.0.1:9090"],
            ["node_exporter", "127.0.0.1:9100"],
            ["alertmanager", "127.0.0.1:9093"],
            ["blackbox_exporter", "127.0.0.1:9115"],
        ]);
    });

    it.each([
        ["3.13.2", { time: "30d", size: "80GB" }, { tsdb: { retention: { time: "30d", size: "80GB" } } }],
        ["3.13.2", { size: "80GB" }, { tsdb: { retention: { size: "80GB" } } }],
        ["3.13.2", {}, undefined],
        ["3.5.4", { time: "30d" }, undefined],
    ] as const)("of %s says of the retention %o no more than that version takes", (version, retention, storage) => {
        expect(main({ prometheus: { ...SMALL.prometheus, version, retention } }).storage).toEqual(storage);
    });
});

describe("a user's scrape file", () => {
    const rendered = (content: string) => userDocument({ name: "x.yml", content });

    it("has the name of each job first, for the scripts on the VM", () => {
        const text = rendered("scrape_configs: [{ scheme: http, job_name: a }, { job_name: b }]");
        expect(text).toMatch(/^scrape_configs:\n {2}- job_name: a\n {4}scheme: http\n {2}- job_name: b\n/m);
    });

    it("is the same whatever its comments and its manner of writing", () => {
        expect(rendered("# c\nscrape_configs:\n- job_name: 'a'\n  params: {x: [y]}\n")).toBe(
            rendered('scrape_configs: [{job_name: "a", params: {x: [y]}}]'),
        );
    });

    it("has its values as text, as which of them are numbers or dates only Prometheus knows", () => {
        const values = ["yes", "0x10", "2026-01-01", "1_000", "007", "1e3", "on"];
        const text = rendered(`scrape_configs: [{ job_name: a, x: [${values.join(", ")}] }]`);
        for (const value of values) {
            expect(text).toContain(`      - ${value}\n`);
        }
    });

    it("has its aliases written out", () => {
        expect(rendered("scrape_configs: [{ job_name: a, x: &x [1], y: *x }]")).not.toMatch(/[&*]/);
    });
});
