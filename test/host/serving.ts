import type { BundleFile } from "../../host/bundle";
import { Machine } from "./machine";

export const ETC = "usr/local/etc/prometheus";

export function unit(command: string): BundleFile[] {
    return [{ path: "prometheus.service", mode: "0644", content: `[Service]\nExecStart=${command}\n` }];
}

export const CREDENTIALS: BundleFile[] = [
    { path: "a/ca.crt", mode: "0640", content: "certificate\n" },
    { path: "a/discovery.token", mode: "0640", content: "token\n" },
];

/** A prometheus.yml of jobs with nothing but their names, and perhaps more lines for the last, and others at the end. */
export function configuration(jobs: readonly string[], more = "", end: readonly string[] = []): BundleFile[] {
    const content = `${scrapeConfigs(jobs)}${more}${end.map((line) => `${line}\n`).join("")}`;
    return [{ path: "prometheus.yml", mode: "0640", content }];
}

export function clusterFile(cluster: string, jobs: readonly string[]): BundleFile {
    return { path: `clusters/${cluster}.yml`, mode: "0640", content: scrapeConfigs(jobs) };
}

function scrapeConfigs(jobs: readonly string[]): string {
    return `scrape_configs:\n${jobs.map((job) => `  - job_name: ${job}\n`).join("")}`;
}

/** A file of one rule, with the name of its group. */
export function rules(group: string): BundleFile {
    const content = `groups:\n  - name: ${group}\n    rules:\n      - record: a:rule\n        expr: 1\n`;
    return { path: `rules/${group}.yml`, mode: "0640", content };
}

/** A machine whose Prometheus runs and has its first configuration. */
export async function serving(): Promise<Machine> {
    const machine = await Machine.prepared();
    await machine.succeed("service", { version: "3.13.2" }, unit("first"));
    return machine;
}

/** A configuration with the file of a cluster beside the main one. */
export const WITH_CLUSTER: readonly BundleFile[] = [
    ...configuration(["a"], "", ["scrape_config_files:", "  - clusters/*.yml"]),
    clusterFile("c", ["c/b"]),
];

/** How many reloads systemd was asked for. */
export function reloads(machine: Machine): number {
    return machine.systemctl().filter((line) => line.startsWith("reload ")).length;
}
