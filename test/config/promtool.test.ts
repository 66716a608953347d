import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { credentialPaths } from "../../config/prometheus/credentials";
import { documents, type Scraping } from "../../config/prometheus/document";
import { anyScraping, SMALL } from "./prometheus/scraping";

const directory = mkdtempSync(join(tmpdir(), "promtool-"));
const CREDENTIALS = dirname(dirname(credentialPaths("x").ca));

beforeAll(() => {
    const { stdout, error } = spawnSync("promtool", ["--version"], { encoding: "utf8" });
    if (error !== undefined || !stdout.includes("promtool, version 3.")) {
        throw new Error("promtool of Prometheus 3 is not on PATH; 'make test' builds it and puts it there");
    }
    // promtool reads the client's pair, so it has to be a real one.
    execFileSync("openssl", [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=test"],
        ...["-keyout", join(directory, "key.pem"), "-out", join(directory, "cert.pem")],
    ]);
});

afterAll(() => {
    rmSync(directory, { recursive: true });
});

/** Writes the documents, with dummy credentials below a directory of the test's own, and lets promtool judge them. */
function promtool(scraping: Scraping, damage: (content: string) => string = (content) => content) {
    const root = mkdtempSync(join(directory, "etc-"));
    const credentials = join(root, "credentials");
    for (const { name } of scraping.sources) {
        for (const path of Object.values(credentialPaths(name))) {
            const file = path.replace(CREDENTIALS, credentials);
            mkdirSync(dirname(file), { recursive: true });
            const pem = path.endsWith(".key") ? "key.pem" : "cert.pem";
            execFileSync("cp", [join(directory, pem), file]);
        }
    }
    for (const { path, content } of documents(scraping)) {
        const file = join(root, path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, damage(content.replaceAll(CREDENTIALS, credentials)));
    }
    const args = ["check", "config", "--lint=all", "--lint-fatal", join(root, "prometheus.yml")];
    const { status, stdout, stderr } = spawnSync("promtool", args, { encoding: "utf8" });
    return { status, output: stdout + stderr };
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
    }, 120_000);
});
