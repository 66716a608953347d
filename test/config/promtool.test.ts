import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Scraping } from "../../config/prometheus/document";
import { anyScraping, SMALL } from "./prometheus/scraping";
import { checkConfig, makePair, writeDocuments } from "./prometheus/written";

const directory = mkdtempSync(join(tmpdir(), "promtool-"));

beforeAll(() => {
    const { stdout, error } = spawnSync("promtool", ["--version"], { encoding: "utf8" });
    if (error !== undefined || !stdout.includes("promtool, version 3.")) {
        throw new Error("promtool of Prometheus 3 is not on PATH; 'make test' builds it and puts it there");
    }
    makePair(directory);
});

afterAll(() => {
    rmSync(directory, { recursive: true });
});

/** Lets promtool judge the documents. */
function promtool(scraping: Scraping, damage?: (content: string) => string) {
    return checkConfig(writeDocuments(directory, scraping, damage));
}

describe("promtool check config --lint=all --lint-fatal", () => {
    it("accepts the documents of a small environment, every file of it", () => {
        const { status, output } = promtool(SMALL);
        expect(output).toContain("SUCCESS");
        expect(status).toBe(0);
    });

    it("refuses them with a field that Prometheus does not know", () => {
        const { status, output } = promtool(SMALL, (content) => content.replace("honor_labels", "honour_labels"));
        expect(output).toContain("field honour_labels not found");
        expect(status).toBe(1);
    });

    it("accepts whatever the schemas let through", () => {
        fc.assert(
            fc.property(anyScraping, (scraping) => {
                const { status, output } = promtool(scraping);
                expect(status, output).toBe(0);
            }),
            { numRuns: 25 },
        );
    });
});
