import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { load } from "./config/environment";
import { checkConfig, makePair, writeDocuments } from "./config/prometheus/written";
import { sourcesOf } from "./policy/deployed";
import { readStackFile } from "./policy/stackFiles";

const file = (stack: string) => `examples/production/Pulumi.prod-${stack}.yaml`;

describe("the documents of a VM of the production shape", () => {
    const directory = mkdtempSync(join(tmpdir(), "examples-"));

    beforeAll(() => {
        makePair(directory);
    });

    afterAll(() => {
        rmSync(directory, { recursive: true });
    });

    it.each(["monitor-a", "monitor-b"])("are accepted by promtool with every lint (prod-%s)", (stack) => {
        const sources = ["eu", "us"].flatMap((cluster) => sourcesOf(file(cluster)));
        const { plain, secret } = readStackFile(file(stack));
        const { front, ...config } = load(plain, secret);
        const scraping = { ...config, ...(front && { front: front.config }), sources };
        const { status, output } = checkConfig(writeDocuments(directory, scraping));
        expect(status, output).toBe(0);
    });
});
