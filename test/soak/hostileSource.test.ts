import { gzipSync } from "node:zlib";
import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSource, type OpenSource } from "../lab/openSource";
import { prometheusOn, queryOn, scrapesSince, waitFor } from "../lab/lab";
import { SpareStack } from "../vm/spareStack";
import { SpareVm } from "../vm/spareVm";

// A VM that watches two clusters, by URLs that this test answers: one is well, and one does all that it can.

const CHURN_MINUTES = Number(process.env["CHURN_MINUTES"] ?? 30);
/** New series of each scrape while everything is new. */
const NEW_SERIES = 5_000;
const PASSWORD = "monitor";
const BASIC = `Basic ${Buffer.from(`monitor:${PASSWORD}`).toString("base64")}`;
const HEADERS = { "content-type": "text/plain; version=0.0.4" };
const INTERVAL = 15;

type Answer = (response: ServerResponse) => void;

const vm = new SpareVm(8);
let stack: SpareStack | undefined;
let well: OpenSource;
let hostile: OpenSource;
let answer: Answer;

const good = 'good_total{job="kubernetes-pods",instance="a"} 1\n';

/** Writes as long as the other end takes it. */
function stream(response: ServerResponse, line: (i: number) => string, count: number): void {
    let i = 0;
    const more = () => {
        while (i < count && !response.destroyed) {
            let block = "";
            for (const end = Math.min(i + 1000, count); i < end; i += 1) block += line(i);
            if (!response.write(block)) {
                response.once("drain", more);
                return;
            }
        }
        response.end();
    };
    response.writeHead(200, HEADERS);
    more();
}

const shell: Parameters<typeof queryOn>[0] = (text, run) => vm.text(text, run);
const query = (promql: string) => queryOn(shell, promql);

async function number(promql: string): Promise<number> {
    return (await query(promql))[0]?.values.at(-1)?.[1] ?? NaN;
}

async function lastError(): Promise<string> {
    const { data } = (await prometheusOn(shell, "targets")) as {
        data: { activeTargets: { scrapePool: string; lastError: string }[] };
    };
    return data.activeTargets.find(({ scrapePool }) => scrapePool === "hostile/kubernetes-pods")?.lastError ?? "";
}

const residentMegabytes = () => number('process_resident_memory_bytes{job="prometheus"} / 1e6');

/** What is in use, and not only kept: the least after garbage was collected. */
const heapMegabytes = () => number('min_over_time(go_memstats_heap_alloc_bytes{job="prometheus"}[2m]) / 1e6');

/** Of the cluster that is well, since then: scrapes taken, and those that failed. */
const spared = (since: number) => scrapesSince(since, 'up{cluster="well"}', shell);

beforeAll(async () => {
    well = await openSource(9444, BASIC, (_, response) => response.writeHead(200, HEADERS).end(good));
    answer = (response) => response.writeHead(200, HEADERS).end(good);
    hostile = await openSource(9445, BASIC, (_, response) => {
        answer(response);
    });
    await vm.blank();
    stack = await SpareStack.create(vm, "hostile-source");
    const off = ["apiservers", "nodes", "nodes-cadvisor", "service-endpoints"];
    const cluster = ({ url, caCertificate }: OpenSource) => ({
        server: "https://10.98.0.10:6443",
        caCertificate,
        jobs: Object.fromEntries(off.map((job) => [`kubernetes-${job}`, { path: "off" }])),
        endpoint: { url: { urls: [url], caCertificate, username: "monitor" } },
    });
    const password = await stack.encrypt(PASSWORD);
    Object.assign(stack.configuration, {
        clusters: { well: cluster(well), hostile: cluster(hostile) },
        endpointPasswords: { well: password, hostile: password },
    });
    (stack.configuration["prometheus"] as Record<string, unknown>)["scrapeInterval"] = `${INTERVAL}s`;
    await stack.mustUp();
    await waitFor(
        "both to be scraped",
        () => query('up{cluster!=""} == 1'),
        (series) => series.length === 2,
    );
});

afterAll(async () => {
    await stack?.remove();
    await vm.gone();
    await well.close();
    await hostile.close();
});

const bomb = gzipSync(`a{job="kubernetes-pods"} 1\n${"# \n".repeat(300_000_000 / 3)}`);

describe.each<[string, Answer, RegExp]>([
    [
        "ten million samples",
        (response) => {
            stream(response, (i) => `a{job="kubernetes-pods",i="${i}"} 1\n`, 10_000_000);
        },
        /body size limit exceeded|sample limit exceeded|deadline exceeded/,
    ],
    [
        "more samples than it may, in a short answer",
        (response) => {
            stream(response, (i) => `a{job="kubernetes-pods",i="${i}"} 1\n`, 200_001);
        },
        /sample limit exceeded/,
    ],
    [
        "a gzip bomb",
        (response) => response.writeHead(200, { ...HEADERS, "content-encoding": "gzip" }).end(bomb),
        /body size limit exceeded/,
    ],
    [
        "an answer that never ends",
        (response) => {
            response.writeHead(200, HEADERS);
            const timer = setInterval(() => response.write(good), 100);
            response.on("close", () => {
                clearInterval(timer);
            });
        },
        /context deadline exceeded|Timeout|timeout/,
    ],
    [
        "a series with a thousand labels",
        (response) => {
            const labels = Array.from({ length: 1000 }, (_, i) => `l${i}="x"`).join();
            response.writeHead(200, HEADERS).end(`a{job="kubernetes-pods",${labels}} 1\n`);
        },
        /label_limit exceeded/,
    ],
])("a cluster that sends %s", (what, hostility, reason) => {
    it("is refused for that scrape, and costs the others none", async () => {
        const begun = Date.now();
        const before = await residentMegabytes();
        answer = hostility;
        await waitFor("it to be refused", lastError, (error) => error !== "");
        await waitFor(
            "two more scrapes",
            () => spared(begun),
            ({ taken }) => taken >= 4,
        );
        expect(await lastError()).toMatch(reason);
        const memory = await number('max_over_time(process_resident_memory_bytes{job="prometheus"}[1m]) / 1e6');
        console.log(`${what}: ${Math.round(before)} MB before, ${Math.round(memory)} MB at most`);
        expect(await spared(begun)).toMatchObject({ failed: 0 });
        expect(await query('count({cluster="hostile",job="kubernetes-pods",__name__="a"})')).toEqual([]);
        answer = (response) => response.writeHead(200, HEADERS).end(good);
        await waitFor(
            "it to be well again",
            () => query('up{cluster="hostile"} == 1'),
            (series) => series.length === 1,
        );
    });
});

it(
    `loses nothing of the others while a cluster's series are all new for ${CHURN_MINUTES} minutes, says so, and can leave it off`,
    async () => {
        const begun = Date.now();
        const before = { memory: await heapMegabytes(), series: await number("prometheus_tsdb_head_series") };
        let scrape = 0;
        answer = (response) => {
            scrape += 1;
            stream(response, (i) => `a{job="kubernetes-pods",pod="p-${scrape}-${i}"} 1\n`, NEW_SERIES);
        };
        await waitFor(
            "the alert",
            () => query('ALERTS{alertname="SeriesChurn",cluster="hostile"}'),
            (alerts) => alerts.length > 0,
            15 * 60,
        );
        console.log(`seconds until the alert: ${Math.round((Date.now() - begun) / 1000)}`);
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, CHURN_MINUTES * 60_000 - (Date.now() - begun))));
        const after = { memory: await heapMegabytes(), series: await number("prometheus_tsdb_head_series") };
        const bytes = ((after.memory - before.memory) * 1e6) / (after.series - before.series);
        console.log(`${scrape} scrapes; before`, before, "after", after, `bytes a series: ${Math.round(bytes)}`);
        expect(after.series - before.series).toBeGreaterThan(0.9 * (scrape - 1) * NEW_SERIES);
        const others = await spared(begun);
        console.log("scrapes of the other cluster:", others);
        expect(others.failed).toBe(0);
        expect(others.taken).toBeGreaterThan((CHURN_MINUTES * 60) / INTERVAL - 3);

        const clusters = stack?.configuration["clusters"] as Record<string, { jobs: Record<string, unknown> }>;
        Object.assign(clusters["hostile"]?.jobs ?? {}, { "kubernetes-pods": { path: "off" } });
        const off = Date.now();
        await stack?.mustUp();
        const left = scrape;
        await waitFor(
            "the other to be scraped on",
            () => spared(off),
            ({ taken }) => taken >= 3,
        );
        expect(await spared(off)).toMatchObject({ failed: 0 });
        expect(scrape).toBe(left);
    },
    (CHURN_MINUTES + 20) * 60_000,
);
