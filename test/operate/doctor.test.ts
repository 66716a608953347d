import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { clusterDocument, type Scraping } from "../../config/prometheus/document";
import { type JobOutput, jobs } from "../../config/prometheus/jobs";
import { renderYaml } from "../../config/prometheus/render";
import { quote } from "../../host/shell";
import { type Finished, runProgram } from "../../operate/process";
import { CA } from "../config/frontCertificates";
import { SMALL, source } from "../config/prometheus/scraping";
import { Fakes } from "./fakes";

// The command as a whole: its scripts run as on a VM, on which a fake curl is all who are asked.

const SOURCE = source("staging", {
    caCertificate: CA,
    jobs: { ...source().jobs, etcd: { path: "direct", interval: "30s" } },
});
const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFWI36rQ1ZqGz1nqVTFmaYcCnXxR/0qJzZ5tHm5yTz0N";
const CONFIGURATION = {
    "external-prometheus:vm": { value: JSON.stringify({ host: "10.0.0.1", hostKey: HOST_KEY }) },
    "external-prometheus:vmPrivateKey": { value: "a key" },
};

type Shard = Scraping["prometheus"]["shard"];

function scraping(shard: Shard): Scraping {
    return { ...SMALL, sources: [SOURCE], prometheus: { ...SMALL.prometheus, shard } };
}

/** Runs it for a VM with the documents of such a part; each job discovers three targets, and these have one left. */
function doctor(shard: Shard, found: readonly string[], output?: readonly JobOutput[]): Promise<Finished> {
    const vm = mkdtempSync(join(tmpdir(), "doctor-command-"));
    onTestFinished(() => {
        rmSync(vm, { recursive: true });
    });
    mkdirSync(join(vm, "current/clusters"), { recursive: true });
    writeFileSync(join(vm, "current/clusters/staging.yml"), renderYaml(clusterDocument(SOURCE, scraping(shard))));
    const activeTargets = found.map((job) => ({
        ...{ scrapePool: `staging/${job}`, scrapeUrl: "http://h:1/metrics", health: "up", lastError: "" },
        labels: { instance: "h:1" },
    }));
    const metrics = ["kubernetes-apiservers", "kubernetes-nodes", "kubernetes-nodes-cadvisor", "etcd"].map(
        (job) => `prometheus_sd_discovered_targets{config="staging/${job}",name="scrape"} 3\n`,
    );
    const outputs = { url: "http://127.0.0.1:9090", sources: { staging: SOURCE }, jobs: output };
    const say = (text: string) => `printf %s ${quote(text)}`;
    const fakes = new Fakes();
    fakes.program(
        "pulumi",
        `if [ "$1" = stack ]; then ${say(JSON.stringify(outputs))}; else ${say(JSON.stringify(CONFIGURATION))}; fi`,
    );
    fakes.program("ssh", `sed 's|^etc=.*|etc=${vm}|' | bash --noprofile --norc -s`);
    fakes.program("runuser", "cat >/dev/null");
    fakes.program(
        "curl",
        [
            `case "$*" in`,
            `*/api/v1/targets*) ${say(JSON.stringify({ data: { activeTargets } }))} ;;`,
            `*/metrics) ${say(metrics.join(""))} ;;`,
            `*--dump-header*) cat >/dev/null; while [ "$1" != --dump-header ]; do shift; done; echo HTTP/1.1 200 OK >"$2"; echo a 1 ;;`,
            "esac",
        ].join("\n"),
    );
    const entry = join(__dirname, "../../operate/doctor.ts");
    return runProgram(process.execPath, ["--import", "tsx", entry, "dev"], { timeoutSeconds: 280 });
}

/** Of each line of the table the job and the result. */
function results({ stdout }: Finished): Record<string, string> {
    const lines = stdout.split("\n\n")[0]?.trimEnd().split("\n").slice(1) ?? [];
    const cells = lines.map((line) => line.split(/ {2,}/));
    return Object.fromEntries(cells.map(([, job = "", ...others]): [string, string] => [job, others.at(-1) ?? ""]));
}

describe("the doctor", () => {
    it("finds nothing wrong where another VM has the targets, and asks for none of its federations", async () => {
        const shard = { index: 0, of: 2 };
        const part = jobs(scraping(shard));
        const found = ["kubernetes-apiservers-static", "kubernetes-nodes", "kubernetes-service-endpoints"];
        const asked = await doctor(shard, found, part);
        const elsewhere = "none here: of 3 that were discovered the other VMs have what is a target";
        expect(results(asked)).toEqual({
            "API server": "ready",
            discovery: "allowed",
            "kubernetes-apiservers-static": "1 series",
            "kubernetes-nodes": "1 series",
            "kubernetes-service-endpoints": "1 series",
            "kubernetes-apiservers": elsewhere,
            "kubernetes-nodes-cadvisor": elsewhere,
            etcd: elsewhere,
        });
        expect(asked).toMatchObject({ code: 0 });
        expect(asked.stdout).not.toContain("\n\n");
    });

    it("finds the same wrong where a VM has the whole", async () => {
        const found = jobs(scraping(undefined)).flatMap(({ job }) => (job === "etcd" ? [] : [job]));
        const asked = await doctor(undefined, found, jobs(scraping(undefined)));
        expect(asked.code).toBe(2);
        expect(asked.stdout).toContain(
            "\n\nstaging/etcd: no target: none of 3 that were discovered is one\n  no node has the label",
        );
        expect(results(asked)["kubernetes-pods"]).toBe("1 series");
    });

    it("asks for a deployment where there was none", async () => {
        const asked = await doctor(undefined, []);
        expect(asked).toMatchObject({ code: 1, stdout: "" });
        expect(asked.stderr).toBe("The stack 'dev' has no output 'jobs'. Deploy it first: 'pulumi up'.\n");
    });
});
