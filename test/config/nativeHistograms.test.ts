import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { renderYaml } from "../../config/prometheus/render";
import { each, KUBERNETES_JOBS, type ScrapeSource } from "../../config/source";
import { runProgram } from "../../operate/process";
import { clusterDocument, gatewayFederation, source } from "./prometheus/scraping";

const directory = mkdtempSync(join(tmpdir(), "native-histograms-"));
afterAll(() => {
    rmSync(directory, { recursive: true });
});

/** What a Prometheus says of its own requests is a classic histogram and a native one, of the same name. */
const METRIC = "prometheus_http_request_duration_seconds";

/** That in the cluster, which takes its own histograms as native ones. Its job is one that is federated. */
const IN_CLUSTER = {
    global: { scrape_interval: "1s" },
    scrape_configs: [
        {
            job_name: "kubernetes-pods",
            scrape_native_histograms: true,
            always_scrape_classic_histograms: true,
            static_configs: [{ targets: ["127.0.0.1:9091"] }],
        },
    ],
};

/** The documents of a cluster that has such a Prometheus, as far as they are about it. */
function external(nativeHistograms: Partial<Pick<NonNullable<ScrapeSource["federation"]>, "nativeHistograms">>) {
    const { matchers } = gatewayFederation("unused", []);
    const targets = [{ address: "127.0.0.1:9091", replica: "0", metricsPath: "/federate" }];
    const federation = { scheme: "http" as const, targets, ca: "system" as const, shows: [], matchers };
    const off = { path: "off", interval: "1s" } as const;
    const federated = { path: "federate", interval: "1s" } as const;
    const jobs = { ...each(KUBERNETES_JOBS, off), "kubernetes-pods": federated };
    return clusterDocument(source("staging", { jobs, federation: { ...federation, ...nativeHistograms } }));
}

/** Both run in a network of their own, until the external one has what is asked for. */
const RUN = `
ip link set lo up
prometheus --config.file="$0/in-cluster.yml" --storage.tsdb.path="$0/in-cluster" --web.listen-address=127.0.0.1:9091 2>"$0/in-cluster.log" &
prometheus --config.file="$0/external.yml" --storage.tsdb.path="$0/external" --web.listen-address=127.0.0.1:9090 2>"$0/external.log" &
trap 'kill $(jobs -p); wait' EXIT
ask() { curl -sG http://127.0.0.1:9090/api/v1/query --data-urlencode "query=$1"; }
for _ in $(seq 300); do
    if [[ $(ask 'count(${METRIC}_count)') == *'"value"'* ]]; then break; fi
    sleep 0.1
done
sleep 3
ask 'count(${METRIC}_bucket)'
echo
ask 'histogram_count(${METRIC}{handler="/federate"})'
`;

async function federated(name: string, document: ReturnType<typeof external>) {
    const place = mkdtempSync(join(directory, `${name}-`));
    writeFileSync(join(place, "in-cluster.yml"), renderYaml(IN_CLUSTER));
    writeFileSync(join(place, "external.yml"), renderYaml(document));
    const args = ["--net", "--map-root-user", "bash", "-c", RUN, place];
    const { stdout, stderr } = await runProgram("unshare", args, { timeoutSeconds: 280 });
    const results = stdout.split("\n").map((line) => {
        return (JSON.parse(line) as { data: { result: { metric: Record<string, string>; value: [number, string] }[] } })
            .data.result;
    });
    return { classic: results[0]?.length, native: results[1] ?? [], stderr };
}

it("are federated as such from a Prometheus that has some", async () => {
    const { native, stderr } = await federated("with", external({ nativeHistograms: true }));
    expect(native[0]?.metric, stderr).toMatchObject({ cluster: "staging", job: "kubernetes-pods", replica: "0" });
    expect(Number(native[0]?.value[1])).toBeGreaterThan(0);
});

it("are left out, and the classic ones taken, where nothing is said of them", async () => {
    const { classic, native, stderr } = await federated("without", external({}));
    expect(native, stderr).toEqual([]);
    expect(classic).toBe(1);
});
