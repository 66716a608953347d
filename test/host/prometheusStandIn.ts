import {
    existsSync,
    globSync,
    mkdirSync,
    readFileSync,
    realpathSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";

/**
 * Plays the running Prometheus for the scripts: what it has loaded, and how it answers. What it takes and what it refuses
 * is told by words in the documents, as far as the real one was seen to behave so.
 */
export class PrometheusStandIn {
    private jobs: string[] = [];
    private successful = 1;
    private loadedAt = 0;
    private starts = 0;

    constructor(private readonly root: string) {}

    public readonly answer = (request: IncomingMessage, response: ServerResponse): void => {
        const url = new URL(request.url ?? "/", "http://prometheus");
        const act = { "/test/start": this.start, "/test/reload": this.load, "/test/stop": this.stop }[url.pathname];
        if (act !== undefined) {
            act();
            response.end();
            return;
        }
        const text = existsSync(join(this.root, "running")) ? this.text(url) : undefined;
        response.statusCode = text === undefined ? 503 : 200;
        response.end(text);
    };

    private text({ pathname, searchParams }: URL): string | undefined {
        switch (pathname) {
            case "/-/ready":
                return "ready\n";
            case "/metrics":
                return [
                    `prometheus_config_last_reload_successful ${this.successful}`,
                    `prometheus_config_last_reload_success_timestamp_seconds ${this.loadedAt}`,
                    `prometheus_sd_failed_configs{name="scrape"} 0`,
                    "",
                ].join("\n");
            case "/api/v1/scrape_pools":
                return JSON.stringify({ status: "success", data: { scrapePools: this.jobs } });
            case "/api/v1/status/buildinfo":
                return JSON.stringify({ status: "success", data: { version: this.version() } });
            case "/api/v1/series":
                return JSON.stringify(
                    /^\{.*\}$/.test(searchParams.get("match[]") ?? "")
                        ? { status: "success", data: [] }
                        : { status: "error", errorType: "bad_data", error: "parse error" },
                );
            case "/api/v1/targets":
                return JSON.stringify({ status: "success", data: { activeTargets: this.targets() } });
            case "/api/v1/query":
                return JSON.stringify({ status: "success", data: { resultType: "vector", result: [] } });
            default:
                return undefined;
        }
    }

    private targets(): unknown[] {
        return this.jobs
            .filter((job) => !job.includes("without-target"))
            .map((job) => ({
                discoveredLabels: {},
                scrapePool: job,
                scrapeUrl: `http://${job}/metrics`,
                lastError: job.includes("down") ? 'Get "http://x": connection refused' : "",
                health: job.includes("down") ? "down" : "up",
            }));
    }

    private readonly start = (): void => {
        const program = realpathSync(join(this.root, "usr/local/prometheus/prometheus"));
        if (readFileSync(program, "utf8").includes("# dies")) {
            this.stop();
            return;
        }
        const pid = String(1000 + ++this.starts);
        mkdirSync(join(this.root, "proc", pid), { recursive: true });
        symlinkSync(program, join(this.root, "proc", pid, "exe"));
        writeFileSync(join(this.root, "running"), pid);
        this.load();
    };

    private readonly stop = (): void => {
        rmSync(join(this.root, "running"), { force: true });
    };

    private readonly load = (): void => {
        const folder = join(this.root, "usr/local/etc/prometheus");
        const texts = ["prometheus.yml", ...globSync("clusters/*.yml", { cwd: folder })].map((path) =>
            readFileSync(join(folder, path), "utf8"),
        );
        const text = texts.join("\n");
        this.successful = text.includes("reload-refuses") ? 0 : 1;
        if (this.successful === 1) {
            this.loadedAt = Date.now() / 1000;
            this.jobs = [...text.matchAll(/job_name: (.*)$/gm)].map(([, job]) => job ?? "");
        }
    };

    private version(): string {
        const program = realpathSync(join(this.root, "usr/local/prometheus/prometheus"));
        return /version (\S+)/.exec(readFileSync(program, "utf8"))?.[1] ?? "";
    }
}
