/**
 * What many clusters cost: the documents of 1,000 are rendered in turns with those of 100 and of 10, then checked by promtool and
 * read by a Prometheus that reaches none of them, in a network of its own. Usage: node --import tsx bench/render.ts [clusters]
 * with promtool and prometheus on PATH.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { documents, type Scraping } from "../config/prometheus/document";
import { SMALL, source } from "../test/config/prometheus/scraping";
import { makePair, writeDocuments } from "../test/config/prometheus/written";

const TURNS = 15;

function scraping(clusters: number): Scraping {
    return { ...SMALL, sources: Array.from({ length: clusters }, (_, i) => source(`cluster-${i}`)) };
}

function milliseconds(action: () => unknown): number {
    const begun = performance.now();
    action();
    return performance.now() - begun;
}

function median(values: readonly number[]): number {
    return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** Medians of each, taken in turns. */
function rendered(sizes: readonly number[]): number[] {
    const inputs = sizes.map(scraping);
    const times = Array.from({ length: TURNS }, () => inputs.map((input) => milliseconds(() => documents(input))));
    return sizes.map((_, i) => median(times.map((turn) => turn[i] ?? NaN)));
}

/** Prints seconds until it is ready, and after a minute, kB of memory and seconds that a reload takes. */
const RUN = `
ip link set lo up
begun=$(date +%s%N)
prometheus --config.file="$0/prometheus.yml" --storage.tsdb.path="$0/data" --web.listen-address=127.0.0.1:9090 2>"$0/log" &
pid=$!
since() { echo "$1 $((($(date +%s%N) - $2) / 1000000)) ms"; }
for _ in $(seq 1200); do
    if curl -sf http://127.0.0.1:9090/-/ready >"$0/ready"; then break; fi
    sleep 0.1
done
since 'ready after' "$begun"
sleep 60
curl -s http://127.0.0.1:9090/api/v1/scrape_pools | tr -cd , | wc -c | sed 's/^/scrape pools, less one: /'
grep -E 'VmRSS|VmHWM' "/proc/$pid/status"
loaded() { curl -s 'http://127.0.0.1:9090/metrics' | sed -n 's/^prometheus_config_last_reload_success_timestamp_seconds //p'; }
before=$(loaded)
begun=$(date +%s%N)
kill -HUP "$pid"
for _ in $(seq 1200); do
    if [[ $(loaded) != "$before" ]]; then break; fi
    sleep 0.05
done
since 'reloaded after' "$begun"
kill "$pid"
wait "$pid"
`;

function main(clusters: number): void {
    const sizes = [clusters, Math.ceil(clusters / 10), Math.ceil(clusters / 100)];
    const times = rendered(sizes);
    for (const [i, size] of sizes.entries()) {
        const each = (times[i] ?? NaN) / size;
        const ratio = each / ((times.at(-1) ?? NaN) / (sizes.at(-1) ?? NaN));
        console.log(
            `${size} clusters: ${times[i]?.toFixed(1) ?? ""} ms, of each ${ratio.toFixed(2)} times that of the fewest`,
        );
    }
    const directory = mkdtempSync(join(tmpdir(), "bench-"));
    try {
        makePair(directory);
        const root = writeDocuments(directory, scraping(clusters));
        const check = ["check", "config", "--lint=all", "--lint-fatal", join(root, "prometheus.yml")];
        const checked = milliseconds(() => execFileSync("promtool", check, { maxBuffer: 1e9 }));
        console.log(`promtool check config: ${checked.toFixed(0)} ms`);
        const args = ["--net", "--map-root-user", "bash", "-c", RUN, root];
        console.log(execFileSync("unshare", args, { encoding: "utf8" }));
    } finally {
        rmSync(directory, { recursive: true });
    }
}

main(Number(process.argv[2] ?? 1_000));
