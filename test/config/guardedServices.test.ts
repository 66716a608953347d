import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { scrapeJob, SMALL } from "./prometheus/scraping";
import { RunningPrometheus } from "./runningPrometheus";

// What a real Prometheus makes of what services say of themselves, and of what lists say of targets.

const directory = mkdtempSync(join(tmpdir(), "guarded-services-"));
let server: Server;
let prometheus: RunningPrometheus;
let address: string;

const FOREIGN = { cluster: "prod", job: "kubernetes-nodes" };
const ANSWERS: Readonly<Record<string, string>> = {
    "/plain": 'a{cluster="prod",job="etcd",n="1"} 1\na{n="2"} 1\n',
    "/naming": [
        'b{cluster="prod",job="mine",n="1"} 1',
        'b{job="",instance="",n="2"} 1',
        'b{job="",exported_job="kept",n="3"} 1',
        'b{job="etcd",n="4"} 1',
        'b{job="kubernetes-pods-slow",n="5"} 1',
        'b{job="probe-kubelet",n="6"} 1',
        'b{job="federate/alerts",n="7"} 1',
        'b{job="plain",n="8"} 1',
        'b{job="naming",n="9"} 1',
        'ALERTS{alertname="x",alertstate="firing"} 1',
        'ALERTS_FOR_STATE{alertname="x"} 1',
        "",
    ].join("\n"),
};

beforeAll(async () => {
    server = createServer((request, response) => {
        const path = request.url ?? "";
        const listed = (labels: object) => ({ targets: [request.headers.host], labels });
        const lists: Record<string, object[]> = {
            "/list": [listed({ ...FOREIGN, __metrics_path__: "/listed", site: "theirs", rack: "7" })],
            "/many": ["a", "b"].map((name) => listed({ name })),
        };
        const list = lists[path];
        response.setHeader("content-type", list ? "application/json" : "text/plain; version=0.0.4");
        response.end(list ? JSON.stringify(list) : (ANSWERS[path] ?? "a 1\n"));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const job = (name: string, fields: Parameters<typeof scrapeJob>[1]) =>
        scrapeJob(name, { interval: "1s", metricsPath: `/${name}`, targets: [address], ...fields });
    const list = (path: string) => ({ targets: undefined, httpSd: { url: `http://${address}${path}` } });
    prometheus = RunningPrometheus.start(directory, {
        ...SMALL,
        ...{ sources: [], companions: [], scrapeConfigFiles: [], ruleFiles: [] },
        scrapeJobs: [
            job("plain", {}),
            job("naming", { honorLabels: true }),
            job("listed", { ...list("/list"), labels: { site: "berlin" } }),
            job("many", { ...list("/many"), targetLimit: 1 }),
        ],
    });
});

afterAll(async () => {
    await prometheus.end();
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true });
});

/** The labels of the series of that name, by their label `n` if they have one. */
async function found(query: string, count: number): Promise<Record<string, string>[]> {
    return vi.waitFor(
        async () => {
            const series = await prometheus.query(query);
            expect(series).toHaveLength(count);
            return series.sort((a, b) => ((a["n"] ?? "") < (b["n"] ?? "") ? -1 : 1));
        },
        { timeout: 120_000, interval: 200 },
    );
}

it("keeps beside what a service says of a cluster, as Prometheus does with what clashes", async () => {
    const own = { __name__: "a", job: "plain", instance: address };
    expect(await found('a{job="plain"}', 2)).toEqual([
        { ...own, n: "1", exported_cluster: "prod", exported_job: "etcd" },
        { ...own, n: "2" },
    ]);
});

it("lets a service that names its series itself say nothing for a cluster or for another job", async () => {
    const own = { __name__: "b", job: "naming", instance: address };
    expect(await found("b", 9)).toEqual([
        { ...own, n: "1", job: "mine", exported_cluster: "prod" },
        { __name__: "b", n: "2", job: "naming" },
        { ...own, n: "3", exported_job: "kept" },
        ...["etcd", "kubernetes-pods-slow", "probe-kubelet", "federate/alerts", "plain"].map((exported_job, i) => ({
            ...own,
            n: String(i + 4),
            exported_job,
        })),
        { ...own, n: "9" },
    ]);
    expect(await prometheus.query('{__name__=~"ALERTS.*"}')).toEqual([]);
});

it("takes from a list of targets neither cluster nor job", async () => {
    const labels = { job: "listed", instance: address, site: "berlin", rack: "7" };
    expect(await found('a{rack="7"}', 1)).toEqual([{ __name__: "a", ...labels }]);
    expect(await found('up{rack="7"}', 1)).toEqual([{ __name__: "up", ...labels }]);
});

it("scrapes none of a list with more targets than its job may have", async () => {
    await found('up{job="many"} == 0', 2);
    expect(await prometheus.query('a{job="many"}')).toEqual([]);
});
