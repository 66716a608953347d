import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { httpCredentialFiles } from "../../config/httpCredentials";
import { HttpSecrets } from "../../config/httpSecrets";
import { CREDENTIALS_DIRECTORY } from "../../config/prometheus/credentials";
import { prometheusDocument, type Scraping } from "../../config/prometheus/document";
import { renderYaml } from "../../config/prometheus/render";

/** A real Prometheus that reads our documents. All of it stays on the loopback. */
export class RunningPrometheus {
    private log = "";

    private constructor(private readonly child: ChildProcess) {
        child.stderr?.on("data", (data: Buffer) => (this.log += data.toString()));
        child.on("exit", (code) => {
            if (code !== 0 && code !== null) console.error(this.log);
        });
    }

    /** Starts one with the documents, and with the credentials where these name them, all of it in a directory. */
    public static start(directory: string, scraping: Scraping, secrets = HttpSecrets.parse({})): RunningPrometheus {
        const write = (path: string, content: string) => {
            mkdirSync(dirname(join(directory, path)), { recursive: true });
            writeFileSync(join(directory, path), content);
        };
        for (const { path, content } of httpCredentialFiles(scraping, secrets)) write(`credentials/${path}`, content);
        const document = prometheusDocument(scraping);
        // Nobody on this machine is asked but the test.
        const jobs = document.scrape_configs.filter(({ job_name }) => job_name !== "prometheus");
        const global = { ...document.global, scrape_failure_log_file: join(directory, "failures.log") };
        const rules = scraping.ruleFiles.map(({ name }) => name);
        const text = renderYaml({ ...document, global, rule_files: rules, scrape_configs: jobs });
        for (const { name, content } of scraping.ruleFiles) write(name, content);
        write("prometheus.yml", text.replaceAll(CREDENTIALS_DIRECTORY, join(directory, "credentials")));
        return new RunningPrometheus(
            spawn("prometheus", [
                `--config.file=${join(directory, "prometheus.yml")}`,
                `--storage.tsdb.path=${join(directory, "data")}`,
                "--web.listen-address=127.0.0.1:0",
                // Alerts before the Alertmanager was discovered are lost.
                "--rules.alert.resend-delay=1s",
            ]),
        );
    }

    /** The labels of each series that it finds now; none before it listens. */
    public async query(text: string): Promise<Record<string, string>[]> {
        const [, address] = /msg="Listening on".* address=(\S+)/.exec(this.log) ?? [];
        if (address === undefined) {
            return [];
        }
        const answer = await fetch(`http://${address}/api/v1/query?query=${encodeURIComponent(text)}`);
        const { data } = (await answer.json()) as { data?: { result: { metric: Record<string, string> }[] } };
        return (data?.result ?? []).map(({ metric }) => metric);
    }

    public async end(): Promise<void> {
        if (this.child.exitCode === null) {
            this.child.kill("SIGKILL");
            await once(this.child, "exit");
        }
    }
}
