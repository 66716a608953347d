import type { SpareVm } from "./spareVm";

/** What a reload changes, or a restart: of the Prometheus on a spare VM. */
export interface Running {
    /** Process, number of its restarts, and when it has loaded its configuration. */
    readonly process: string;
    /** The main document, the pools, and the files of rules with their numbers of rules, as Prometheus shows them. */
    readonly loaded: string;
    /** Every file of the configuration with its sum. */
    readonly files: string;
}

const API = "http://127.0.0.1:9090";

/** What a restart of one of these services changes. */
export function processes(vm: SpareVm, ...units: readonly string[]): Promise<string> {
    return vm.text(`systemctl show -P MainPID -P NRestarts -P ExecMainStartTimestampMonotonic ${units.join(" ")}`);
}

export async function running(vm: SpareVm): Promise<Running> {
    return {
        process: await processes(vm, "prometheus"),
        loaded: await vm.text(
            `curl -fsS ${API}/api/v1/status/config ${API}/api/v1/scrape_pools; ` +
                `curl -fsS ${API}/metrics | grep '^prometheus_rule_group_rules' || true`,
        ),
        files: await vm.text(
            "cd /usr/local/etc/prometheus && find . -path ./versions -prune -o -type f -print; " +
                "find -L current -type f -exec sha256sum {} + | sort -k 2; ls versions | wc -l",
        ),
    };
}

/** When the configuration that runs was loaded. */
export async function loadedAt(vm: SpareVm): Promise<string> {
    return vm.text(`curl -fsS ${API}/metrics | grep '^prometheus_config_last_reload_success_timestamp_seconds '`);
}

interface Result {
    readonly metric: Readonly<Record<string, string>>;
    readonly value?: readonly [number, string];
    readonly values?: readonly (readonly [number, string])[];
}

/** What the VM's Prometheus answers to a query. */
export async function query(vm: SpareVm, promql: string): Promise<Result[]> {
    const stdin = `data-urlencode = ${JSON.stringify(`query=${promql}`)}\n`;
    const text = await vm.text(`curl -fsS --get -K - ${API}/api/v1/query`, { stdin });
    return (JSON.parse(text) as { data: { result: Result[] } }).data.result;
}

/** Seconds for which a busy machine may hold up a scrape that is due each second. */
export const HELD_UP = 15;

/** The longest time in seconds between two scrapes of Prometheus by itself, among those of the last seconds. */
export async function longestGap(vm: SpareVm, seconds: number): Promise<number> {
    const [self] = await query(vm, `up{job="prometheus"}[${Math.ceil(seconds)}s]`);
    const times = (self?.values ?? []).map(([time]) => time);
    // Without two samples nothing is known of a gap.
    return times.length < 2 ? Infinity : Math.max(...times.slice(1).map((time, index) => time - (times[index] ?? 0)));
}
