import { afterAll, beforeAll, expect, it } from "vitest";
import { columns } from "../../operate/columns";
import { allUp, breakLab, expectedJobs, heal, type Job, prometheus, query, queryBy, up, vm, waitFor } from "../lab/lab";

// Ten minutes without an API server while nodes and pods go on, and Prometheus started again after half of them: what of each job
// goes on, as a table that docs/evidence.md shows.

const MINUTES = 10;
const RESTART = 5;

let jobs: readonly Job[];
let killed: number;
/** Share of the scrapes that brought something, by job, in the minutes of the outage. */
let shares: ReadonlyMap<string, readonly string[]>;

function until(seconds: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, Math.max(0, seconds * 1000 - Date.now())));
}

/** What the VM says of its own scrapes of a job. */
function selector({ job, path }: Job): string {
    if (path === "federate") {
        return `up{cluster="lab",job="federate/${job}"}`;
    }
    return job.startsWith("probe-") ? `probe_success{cluster="lab",job="${job}"}` : `up{cluster="lab",job="${job}"}`;
}

/** Of each minute: how many of the scrapes brought something, or that there was no target. One question a job: each is a login. */
async function minuteByMinute(job: Job): Promise<string[]> {
    const share = `sum(sum_over_time(${selector(job)}[1m])) / sum(count_over_time(${selector(job)}[1m]))`;
    const range = [`query=${share}`, `start=${killed + 60}`, `end=${killed + 60 * MINUTES}`, "step=60"];
    const { data } = (await prometheus("query_range", range)) as {
        data: { result: { values: [number, string][] }[] };
    };
    const values = data.result[0]?.values ?? [];
    return Array.from({ length: MINUTES }, (_, minute) => {
        const value = values.find(([at]) => Math.round((at - killed) / 60) === minute + 1)?.[1];
        return value === undefined ? "-" : `${Math.round(Number(value) * 100)}%`;
    });
}

beforeAll(async () => {
    await up();
    jobs = (await expectedJobs()).filter(({ cluster }) => cluster === "lab");
    await allUp(jobs);
    killed = Date.now() / 1000;
    await breakLab("api");
    await until(killed + RESTART * 60);
    await vm("systemctl restart prometheus");
    await until(killed + MINUTES * 60 + 5);
    const rows = new Map<string, string[]>();
    for (const job of jobs) rows.set(job.job, await minuteByMinute(job));
    shares = rows;
    const heads = ["job", "path", ...Array.from({ length: MINUTES }, (_, minute) => String(minute + 1))];
    const lines = jobs.map(({ job, path }) => [job, path, ...(shares.get(job) ?? [])]);
    console.log(columns([heads, ...lines], { rightAligned: heads.map((_, i) => i).slice(2) }));
}, 15 * 60_000);

afterAll(async () => {
    await heal();
    await allUp(jobs);
});

const THROUGHOUT = [
    ...["etcd", "node-exporter", "probe-kubelet", "probe-federation"],
    ...["kubernetes-pods", "kubernetes-service-endpoints", "kube-state-metrics", "vital-signs"],
];

it.each(THROUGHOUT)("%s goes on", (job) => {
    // The one in which Prometheus stops and starts may have fewer scrapes.
    const minutes = (shares.get(job) ?? []).filter((_, minute) => minute !== RESTART);
    expect(minutes).toHaveLength(MINUTES - 1);
    // What is found by the API server has no target after the restart.
    const known = job === "etcd" ? minutes.slice(0, RESTART) : minutes;
    expect(known.filter((share) => share !== "100%")).toEqual([]);
});

it("keeps the nodes' memory and that they live, from the first minute to the last", async () => {
    const samples = await query(
        `node_memory_MemAvailable_bytes{cluster="lab",job="node-exporter"}[${MINUTES}m]`,
        killed + MINUTES * 60,
    );
    const times = samples.flatMap(({ values }) => values.map(([at]) => at));
    const gaps = times.slice(1).map((at, i) => at - (times[i] ?? at));
    expect(times.length).toBeGreaterThan(30);
    expect(Math.max(...gaps)).toBeLessThan(60);
});

it("says of the API server that nobody answers, and loses what it tells after the restart", async () => {
    expect(await queryBy("job", 'probe_http_status_code{job="probe-apiserver"}')).toEqual({ "probe-apiserver": 0 });
    const gone = ["kubernetes-apiservers", "kubernetes-nodes", "kubernetes-nodes-cadvisor", "kube-scheduler"];
    expect(gone.map((job) => shares.get(job)?.at(-1))).toEqual(gone.map(() => "-"));
    expect(shares.get("kubernetes-apiservers-static")?.at(-1)).toBe("0%");
});

it("has all of it again when the API server is back", async () => {
    await heal();
    await waitFor(
        "every job of the cluster to be up",
        () => query('up{cluster="lab"} == 0'),
        (down) => down.length === 0,
    );
});
