import { beforeAll, expect, it } from "vitest";
import { allUp, expectedJobs, query, up } from "../lab/lab";

const MINUTES = 5;
const COUNTERS = ["duplicate_timestamp", "out_of_order", "out_of_bounds"].map(
    (what) => `prometheus_target_scrapes_sample_${what}_total`,
);

beforeAll(async () => {
    await up();
    await allUp(await expectedJobs());
});

it(
    `brings no sample of two replicas twice and none out of its order, for ${MINUTES} minutes`,
    async () => {
        expect(await query('count by (replica) (up{job="kubernetes-pods",cluster="lab"})')).toHaveLength(2);
        await new Promise((resolve) => setTimeout(resolve, MINUTES * 60_000));
        // Not since it was started: a container's metrics have times of their own, which after a failed scrape are before its end.
        for (const counter of COUNTERS) {
            const [increase] = await query(
                `max_over_time(${counter}[${MINUTES}m]) - min_over_time(${counter}[${MINUTES}m])`,
            );
            expect(increase?.values[0]?.[1], counter).toBe(0);
        }
    },
    10 * 60_000,
);
