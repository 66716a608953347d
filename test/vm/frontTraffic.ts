import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BYPASSES } from "./frontBypasses";
import type { FrontSuite } from "./frontSuite";
import { basic, PASSWORD, Recorder } from "./frontVm";

/** What comes through to a recorder in Prometheus's place, and how much of it. */
export function traffic(suite: FrontSuite): void {
    describe("with a recorder in Prometheus's place", () => {
        const recorder = new Recorder(suite.vm);
        beforeAll(() => recorder.start());
        afterAll(() => recorder.stop());

        const row = (index: number) => `row${index}end`;
        const filled = BYPASSES.map(({ bytes }, index) => bytes.replaceAll("ROW", row(index)));

        /** What each has brought to Prometheus's place: as a request if it was hidden in one, else in any form. */
        async function arrived(): Promise<string[]> {
            const notes = (await recorder.notes()).split("\n");
            return BYPASSES.filter(({ hidden }, index) =>
                notes.some((line) => line.startsWith(hidden ? "request " : "") && line.includes(row(index))),
            ).map(({ tried }) => tried);
        }

        it("comes back at once when Prometheus was away, as in each restart", async () => {
            const status = async () => (await suite.front.ask("/api/v1/query?allowed", "grafana")).status;
            await recorder.end();
            expect(await status()).toBe(503);
            await recorder.start();
            expect(await status()).toBe(200);
        });

        it("lets through what is allowed, without the password that it was asked with", async () => {
            expect((await suite.front.ask("/api/v1/query?allowed", undefined, basic(PASSWORD))).status).toBe(200);
            const notes = await recorder.notes();
            expect(notes).toContain('request "GET /api/v1/query?allowed"');
            expect(notes).toContain('authorization ""');
            await recorder.forget();
        });

        it("does not lead to Prometheus, whatever a viewer sends", async () => {
            expect(BYPASSES.length).toBeGreaterThanOrEqual(30);
            expect(new Set(BYPASSES.map(({ tried }) => tried)).size).toBe(BYPASSES.length);
            const queue = [...filled];
            const worker = async () => {
                for (let bytes = queue.pop(); bytes !== undefined; bytes = queue.pop()) {
                    await suite.front.raw(bytes, { client: "grafana" });
                }
            };
            await Promise.all(Array.from({ length: 10 }, worker));
            expect(await arrived()).toEqual([]);
        });

        it("would lead there without the front", async () => {
            await recorder.bypass(filled);
            const notes = await recorder.notes();
            expect(BYPASSES.filter((_, index) => !notes.includes(row(index))).map(({ tried }) => tried)).toEqual([]);
        });

        it("passes on what takes its time, and gives up when Prometheus would have", async () => {
            const slow = (seconds: number) => suite.front.ask(`/api/v1/query?sleep=${seconds}`, "grafana");
            const large = suite.front.ask("/federate?size=100000000", "prometheus-b");
            // Prometheus has --query.timeout=10s here.
            const [most, tooMuch] = await Promise.all([slow(10), slow(40)]);
            expect([most.status, tooMuch.status]).toEqual([200, 502]);
            expect((await large).body.length).toBe(100_000_000);
        });

        it("leaves what is compressed as it is, and compresses nothing", async () => {
            const ask = (path: string) => suite.front.ask(path, "grafana", { headers: { "accept-encoding": "gzip" } });
            const compressed = await ask("/api/v1/query?gzip");
            expect(compressed.headers["content-encoding"]).toBe("gzip");
            expect(gunzipSync(compressed.body).toString()).toMatch(/^up\{/);
            expect((await ask("/api/v1/query?size=10000")).headers).not.toHaveProperty("content-encoding");
        });

        it("serves 200 queries at once, beside 16 readers of notifications and 300 clients that dawdle", async () => {
            const dawdlers = Array.from({ length: 300 }, () => suite.front.dawdle());
            const live = "/api/v1/notifications/live?every=500";
            const readers = await Promise.all(Array.from({ length: 16 }, () => suite.front.stream(live, "grafana")));
            const queries = Array.from({ length: 200 }, () =>
                suite.front.ask("/api/v1/query?sleep=2&size=1000", "grafana"),
            );
            const statuses = (await Promise.all(queries)).map(({ status }) => status);
            expect(statuses).toEqual(Array.from({ length: 200 }, () => 200));
            for (const { first, close } of readers) {
                // What comes is passed on, not kept until there is more of it.
                expect(first).toBeLessThan(10_000);
                close();
            }
            await Promise.all(dawdlers);
        });
    });
}
