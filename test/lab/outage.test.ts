import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runProgram } from "../../operate/process";
import { withConfiguration, withTokens } from "./configuration";
import {
    allUp,
    breakLab,
    expectedJobs,
    handle,
    heal,
    type Job,
    PATIENCE_SECONDS,
    preview,
    PROJECT,
    prometheus,
    query,
    queryBy,
    up,
    waitFor,
} from "./lab";
import { vmState } from "./state";

/** How often the Prometheus in the lab's cluster scrapes. */
const SOURCE_INTERVAL = 15;
/** Scrapes take well below a second, on a busy machine two; a kill may hit one that is under way. */
const SCRAPE_DURATION = 2;
/** Series that targets gave; Prometheus adds its own reports on a scrape, which go on when the target is dead. */
const GIVEN = '{cluster="lab",job!~"federate/.*|probe-.*",__name__!~"up|scrape_.*"}';

const UNATTENDED = ["--yes", "--non-interactive", "--color=never"];

let jobs: readonly Job[];
/** Seconds; shortly before the kill, and so long ago that every scrape of that time was stored. */
let settled: number;
let aliveBefore: Record<string, number>;
/** Seconds; the cluster was alive until then. */
let killed: number;

function seconds(interval: string): number {
    const [, number, unit] = /^(\d+)([sm])$/.exec(interval) ?? [];
    return Number(number) * (unit === "m" ? 60 : 1);
}

/** Those whose series have their name; a probe is none of what the cluster gives. */
function ofCluster(path: "direct" | "federate"): Job[] {
    const own = jobs.filter((job) => job.cluster === "lab" && job.path === path && !job.job.startsWith("probe-"));
    return path === "direct" ? own : own.filter(({ job }) => job.startsWith("kubernetes-"));
}

/** At how many of the five moments of the minute before `end`, 15 s apart, each job had series. */
async function momentsBefore(end: number): Promise<Record<string, number>> {
    const range = [`query=count by (job) (${GIVEN})`, `start=${end - 60}`, `end=${end}`, "step=15"];
    const { data } = (await prometheus("query_range", range)) as {
        data: { result: { metric: { job: string }; values: unknown[] }[] };
    };
    return Object.fromEntries(data.result.map(({ metric, values }) => [metric.job, values.length]));
}

beforeAll(async () => {
    jobs = await expectedJobs();
    await allUp(jobs);
    // What the lab went through before may have left a gap, which says nothing of the kill to come.
    await waitFor(
        "a minute of history of every job, without a gap",
        () => momentsBefore(Date.now() / 1000),
        (moments) => [...ofCluster("direct"), ...ofCluster("federate")].every(({ job }) => moments[job] === 5),
    );
    settled = Date.now() / 1000 - 5;
    aliveBefore = await queryBy("job", `count by (job) (${GIVEN})`, settled);
    killed = Date.now() / 1000;
    await breakLab("cluster");
    await waitFor(
        "every target of the cluster to be down",
        () => query('up{cluster="lab",job!~"probe-.*"} == 1'),
        (stillUp) => stillUp.length === 0,
    );
});

afterAll(async () => {
    await heal();
    await up();
});

describe("with the whole cluster killed, the external Prometheus", () => {
    it("has a last sample of every directly scraped job that is at most its interval older than the kill", async () => {
        const scraped = await query('scrape_samples_scraped{cluster="lab"}[5m]');
        for (const { job, interval } of ofCluster("direct")) {
            const targets = scraped.filter(({ metric }) => metric["job"] === job);
            expect(targets.length, job).toBeGreaterThan(0);
            for (const { values } of targets) {
                const last = values.filter(([, samples]) => samples > 0).at(-1)?.[0] ?? 0;
                expect(killed - last, job).toBeLessThanOrEqual(seconds(interval) + SCRAPE_DURATION);
            }
        }
    });

    it("has a last sample of every federated job that is at most both intervals older, from each replica", async () => {
        for (const { job, interval } of ofCluster("federate")) {
            const federated = await query(`up{cluster="lab",job="${job}"}[5m]`);
            for (const replica of ["prometheus-0", "prometheus-1"]) {
                const series = federated.filter(({ metric }) => metric["replica"] === replica);
                const last = Math.max(...series.map(({ values }) => values.at(-1)?.[0] ?? 0));
                const bound = seconds(interval) + SOURCE_INTERVAL + 2 * SCRAPE_DURATION;
                expect(killed - last, `${job} of ${replica}`).toBeLessThanOrEqual(bound);
            }
        }
    });

    it("still answers for the last minutes, series by series and as a range", async () => {
        expect(await queryBy("job", `count by (job) (${GIVEN})`, settled)).toEqual(aliveBefore);
        const moments = await momentsBefore(killed);
        for (const { job } of [...ofCluster("direct"), ...ofCluster("federate")]) {
            expect(moments[job], job).toBe(5);
        }
    });
});

describe("with the whole cluster killed, the stack", () => {
    it("can be previewed", async () => {
        await preview("--expect-no-changes");
    });

    it("is deployed where nothing in the cluster is to change", async () => {
        await up("--expect-no-changes");
    });

    it("says so where something in the cluster is to change, and leaves the VM as it is", async () => {
        const before = await vmState();
        const { code, stdout, stderr } = await withConfiguration(withTokens({ generation: 2 }), (file) =>
            handle("pulumi", ["up", ...UNATTENDED, "--skip-preview", "--config-file", file]),
        );
        expect(code).not.toBe(0);
        expect(stdout + stderr).toMatch(/unreachable/);
        expect(await vmState()).toBe(before);
        await up("--expect-no-changes");
    });

    it("deletes nothing in the cluster, and remembers it", async () => {
        const target = ["--target=**PodDisruptionBudget**", "--target-dependents", "--skip-preview"];
        const { code, stdout, stderr } = await handle("pulumi", ["destroy", ...UNATTENDED, ...target]);
        expect(code).not.toBe(0);
        expect(stdout + stderr).toContain("PULUMI_K8S_DELETE_UNREACHABLE");
        await up("--expect-no-changes");
    });

    it("is told apart from a healthy one by make status", async () => {
        const { code, stdout, stderr } = await runProgram("make", ["-s", "-C", PROJECT, "status"], {
            timeoutSeconds: PATIENCE_SECONDS,
        });
        expect(code, stderr).toBe(0);
        const elapsed = Date.now() / 1000 - killed;
        const [table = "", reasons = ""] = stdout.trim().split("\n\n");
        const rows = table
            .split("\n")
            .slice(1)
            .map((line) => line.split(/\s+/));
        const seen = Object.fromEntries(
            rows.map(([, job = "", , targets, series, age]) => [job, { targets, series, age }]),
        );
        expect(Object.keys(seen)).toEqual(jobs.map(({ job }) => job));
        for (const { job, path } of [...ofCluster("direct"), ...ofCluster("federate")]) {
            const row = seen[job];
            expect(row, job).toMatchObject({ targets: path === "direct" ? "0/1" : "0/2", series: "0" });
            const [, minutes = "0", rest = ""] = /^(?:(\d+)m)?(\d+)s$/.exec(row?.age ?? "") ?? [];
            // Neither blank nor made young by the failed scrapes that came after.
            expect(Number(minutes) * 60 + Number(rest), job).toBeGreaterThan(elapsed - 10);
        }
        expect(seen["prometheus"]?.targets).toBe("1/1");
        expect(reasons).toMatch(/^lab\/kubernetes-nodes is down at node-1: .*connection refused$/m);
        expect(reasons).toMatch(/^lab\/kubernetes-pods is down at 10\.98\.0\.10:30990: .*connection refused$/m);
        expect(reasons).toMatch(/^lab\/probe-kubelet fails at node-1: the probe has no answer, or no good one$/m);
    });

    it("takes a change of what the VM watches, and keeps the cluster's targets", async () => {
        await withConfiguration(
            (configuration) => {
                configuration["scrapeJobs"] = {
                    ...configuration["scrapeJobs"],
                    "during-the-outage": { targets: ["127.0.0.1:9090"] },
                };
            },
            (configFile) => up("--config-file", configFile),
        );
        await waitFor(
            "the new job to be up",
            () => query('up{job="during-the-outage"} == 1'),
            (found) => found.length === 1,
        );
        const targets = await queryBy("job", 'count by (job) (up{cluster="lab"})');
        for (const { job } of ofCluster("direct")) {
            expect(targets[job], job).toBe(1);
        }
    });
});

describe("after the cluster is back", () => {
    it("every job is up again by itself", async () => {
        await heal();
        await allUp(jobs);
    });
});
