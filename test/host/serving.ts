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

/** A prometheus.yml of jobs with nothing but their names, and perhaps more lines for the last. */
export function configuration(jobs: readonly string[], more = ""): BundleFile[] {
    const scrape = jobs.map((job) => `  - job_name: ${job}\n`).join("");
    return [{ path: "prometheus.yml", mode: "0640", content: `scrape_configs:\n${scrape}${more}` }];
}

/** A machine whose Prometheus runs and has its first configuration. */
export async function serving(): Promise<Machine> {
    const machine = await Machine.prepared();
    await machine.succeed("service", { version: "3.13.2" }, unit("first"));
    return machine;
}
