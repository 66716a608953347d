import { globSync, readFileSync, realpathSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import * as yaml from "js-yaml";

/** The parts of a document that the stand-in knows; a job's other fields are words to the stand-in. */
interface Document {
    global?: { scrape_interval?: string };
    scrape_configs?: ({ job_name: string; scrape_interval?: string } & Record<string, unknown>)[];
    scrape_config_files?: string[];
    rule_files?: string[];
    groups?: { name: string; rules: unknown[] }[];
}
type ScrapeJob = NonNullable<Document["scrape_configs"]>[number];

/**
 * Plays the running Prometheus for the scripts: what it has loaded, and how it answers. What it takes and what it refuses
 * is told by words in the documents, as far as the real one was seen to behave so.
 */
export class PrometheusStandIn {
    private jobs: ScrapeJob[] = [];
    private main: Document = {};
    /** Numbers of rules by file and group, in the way of the metric's label. */
    private rules: [group: string, count: number][] = [];
    private successful = 1;
    private loadedAt = 0;
    private failedPools = 0;
    /** As it shows how long it keeps samples. */
    public retention = "15d";

    constructor(private readonly root: string) {}

    public readonly answer = (request: IncomingMessage, response: ServerResponse): void => {
        const url = new URL(request.url ?? "/", "http://prometheus");
        const text = this.text(url);
        response.statusCode = text === undefined ? 503 : 200;
        response.end(text);
    };

    private text({ pathname, searchParams }: URL): string | undefined {
        switch (pathname) {
            case "/-/ready":
                return "ready\n";
            case "/metrics":
                return [
                    `prometheus_build_info{goversion="go1.26.8",version="${this.version()}"} 1`,
                    `prometheus_config_last_reload_successful ${this.successful}`,
                    `prometheus_config_last_reload_success_timestamp_seconds ${this.loadedAt}`,
                    `prometheus_sd_failed_configs{name="notify"} 0`,
                    `prometheus_sd_failed_configs{name="scrape"} ${this.jobs.filter((job) => job["discovery-fails"]).length}`,
                    `prometheus_target_scrape_pools_failed_total ${this.failedPools}`,
                    ...this.jobs.map(
                        ({ job_name }) =>
                            `prometheus_sd_discovered_targets{config="${job_name}",name="scrape"} ${job_name.includes("dropped") ? 1 : 0}`,
                    ),
                    ...this.rules.map(
                        ([group, count]) => `prometheus_rule_group_rules{rule_group="${group}"} ${count}`,
                    ),
                    "",
                ].join("\n");
            case "/api/v1/scrape_pools":
                return JSON.stringify({ status: "success", data: { scrapePools: this.pools() } });
            case "/api/v1/status/config":
                return goJson({ status: "success", data: { yaml: this.shown() } });
            case "/api/v1/rules":
                return JSON.stringify({ status: "success", data: { groups: this.ruleGroups() } });
            case "/api/v1/status/buildinfo":
                return JSON.stringify({ status: "success", data: { version: this.version() } });
            case "/api/v1/status/runtimeinfo":
                return JSON.stringify({ status: "success", data: { storageRetention: this.retention } });
            case "/api/v1/series":
                return JSON.stringify(
                    /^\{.*\}$/.test(searchParams.get("match[]") ?? "")
                        ? { status: "success", data: [] }
                        : { status: "error", errorType: "bad_data", error: "parse error" },
                );
            case "/api/v1/targets":
                return JSON.stringify({ status: "success", data: { activeTargets: this.targets() } });
            case "/api/v1/query":
                return JSON.stringify({
                    status: "success",
                    data: { resultType: "vector", result: this.withoutSamples() },
                });
            default:
                return undefined;
        }
    }

    private pools(): string[] {
        return this.jobs.filter((job) => !job["pool-fails"]).map(({ job_name }) => job_name);
    }

    /** As Prometheus shows what it has loaded: every path resolved, lists not indented. */
    private shown(): string {
        const resolved = (paths?: string[]) => paths?.map((path) => `/usr/local/etc/prometheus/${path}`);
        const { rule_files, scrape_config_files, ...rest } = this.main;
        if (rest.scrape_configs?.some((job) => job["shows-another"])) {
            return "scrape_configs: []\n";
        }
        return yaml.dump({
            ...rest,
            ...(rule_files && { rule_files: resolved(rule_files) }),
            ...(scrape_config_files && { scrape_config_files: resolved(scrape_config_files) }),
        });
    }

    private ruleGroups(): unknown[] {
        return this.rules.map(([group]) => {
            const [file, name] = group.split(";");
            const bad = group.includes("cannot-be-evaluated");
            const rule = {
                name: "a:rule",
                query: "1",
                health: bad ? "err" : "ok",
                lastError: bad ? "many-to-many" : "",
            };
            return { name, file, rules: [rule], interval: 60 };
        });
    }

    private withoutSamples(): unknown[] {
        const jobs = this.jobs.filter(({ job_name }) => job_name.includes("empty")).map(({ job_name }) => job_name);
        // One that was a target until a moment ago, too.
        return [...jobs, "gone"].map((job) => ({ metric: { instance: `http://${job}`, job }, value: [0, "0"] }));
    }

    private targets(): unknown[] {
        return this.jobs
            .filter(({ job_name }) => !/without-target|dropped/.test(job_name))
            .map((job) => ({
                discoveredLabels: {
                    __scrape_interval__: job["other-interval"]
                        ? "7s"
                        : (job.scrape_interval ?? this.main.global?.scrape_interval ?? "1m"),
                    __scrape_timeout__: "10s",
                },
                labels: { instance: `http://${job.job_name}`, job: job.job_name },
                scrapePool: job.job_name,
                scrapeUrl: `http://${job.job_name}/metrics?match%5B%5D=up&match%5B%5D=x`,
                lastError: job.job_name.includes("down") ? 'Get "http://x": connection refused' : "",
                health: /^(new|rare)/.test(job.job_name) ? "unknown" : job.job_name.includes("down") ? "down" : "up",
                scrapeInterval: job.job_name.startsWith("rare") ? "4m" : "500ms",
            }));
    }

    /** What it does at SIGHUP. */
    public readonly load = (): void => {
        const main = this.document("prometheus.yml");
        const matched = (patterns: string[] = []) => globSync(patterns, { cwd: this.etc }).sort();
        const others = matched(main.scrape_config_files).map((path) => this.document(path));
        const jobs = [main, ...others].flatMap(({ scrape_configs }) => scrape_configs ?? []);
        const refused = jobs.some((job) => job["reload-refuses"]);
        const half = jobs.some((job) => job["half-loaded"]);
        this.successful = refused || half ? 0 : 1;
        if (refused) {
            return;
        }
        if (!half) {
            this.loadedAt = Date.now() / 1000;
        }
        this.main = main;
        this.jobs = jobs;
        this.failedPools += jobs.filter((job) => job["counts-a-failed-pool"]).length;
        this.rules = matched(main.rule_files).flatMap((path) =>
            (this.document(path).groups ?? []).map(({ name, rules }): [string, number] => [
                `/usr/local/etc/prometheus/${path};${name}`,
                name.includes("lost") ? 0 : rules.length,
            ]),
        );
    };

    private get etc(): string {
        return join(this.root, "usr/local/etc/prometheus");
    }

    private document(path: string): Document {
        return yaml.load(readFileSync(join(this.etc, path), "utf8")) as Document;
    }

    private version(): string {
        const program = realpathSync(join(this.root, "usr/local/prometheus/prometheus"));
        return /version (\S+)/.exec(readFileSync(program, "utf8"))?.[1] ?? "";
    }
}

/** As Go writes it, unless it is told otherwise: fit to stand in a page. */
function goJson(value: unknown): string {
    const escapes: Record<string, string> = { "&": "0026", "<": "003c", ">": "003e" };
    return JSON.stringify(value).replaceAll(/[&<>]/g, (character) => `\\u${escapes[character] ?? ""}`);
}
