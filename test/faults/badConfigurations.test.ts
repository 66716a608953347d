import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ProjectFiles } from "../vm/projectFiles";
import { HELD_UP, longestGap, query, running, type Running } from "../vm/running";
import { SpareStack } from "../vm/spareStack";
import { SpareVm } from "../vm/spareVm";
import { BAD_CONFIGURATIONS, prepare } from "./badConfigurations";
import { sample } from "./sample";
import { ownVm } from "./vms";

const QUICK = 6;

const vm = new SpareVm(ownVm());
const files = new ProjectFiles();
let stack: SpareStack;
let before: Running;
const began = Date.now();

const RULES = "groups:\n  - name: good\n    interval: 1s\n    rules:\n      - { record: good:up, expr: up }\n";
const JOB = "scrape_configs: [{ job_name: good, static_configs: [{ targets: ['127.0.0.1:9090'] }] }]\n";

function configure(ruleFiles: readonly string[], scrapeConfigFiles: readonly string[]): void {
    Object.assign(stack.configuration["prometheus"] as object, { ruleFiles, scrapeConfigFiles });
}

/** A certificate that signs itself, with its key. */
function pair(): { certificate: string; key: string } {
    const directory = mkdtempSync(join(tmpdir(), "external-prometheus-pair-"));
    const [key, certificate] = [join(directory, "key.pem"), join(directory, "cert.pem")];
    execFileSync("openssl", [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=test"],
        ...["-keyout", key, "-out", certificate],
    ]);
    const made = { certificate: readFileSync(certificate, "utf8"), key: readFileSync(key, "utf8") };
    rmSync(directory, { recursive: true });
    return made;
}

beforeAll(async () => {
    await vm.blank();
    const { certificate, key } = pair();
    await vm.text("bash -s", { stdin: prepare(certificate, key, pair().key) });
    stack = await SpareStack.create(vm, `faults-${vm.number}`);
    configure([files.write("good-rules.yml", RULES)], [files.write("good.yml", JOB)]);
    await stack.mustUp();
    before = await running(vm);
});

afterAll(async () => {
    files.remove();
    await stack.remove();
    await vm.gone();
});

it.each(sample("bad configurations", BAD_CONFIGURATIONS, QUICK))(
    "$what is refused in words, and the configuration before it runs on in the same process",
    async ({ rules, job, scrape = `scrape_configs: [{ job_name: bad, ${job ?? ""} }]\n`, says }) => {
        const good = files.write("good.yml", JOB);
        configure(
            [
                files.write("good-rules.yml", RULES),
                ...(rules === undefined ? [] : [files.write("bad-rules.yml", rules)]),
            ],
            // The good job goes where a bad one comes: none of it may happen.
            rules === undefined ? [files.write("bad.yml", scrape)] : [good],
        );
        const { code, stdout, stderr } = await stack.up();
        expect(code, stdout + stderr).not.toBe(0);
        expect(stdout + stderr).toContain(says);
        expect(stdout + stderr).not.toContain("canary");
        expect(await running(vm)).toEqual(before);
    },
);

it(`has left no gap of ${HELD_UP} s between scrapes, and every target is up`, async () => {
    expect(await longestGap(vm, (Date.now() - began) / 1000)).toBeLessThan(HELD_UP);
    const up = await query(vm, "min_over_time(up[10m])");
    expect(up.map(({ metric, value }) => [metric["job"], value?.[1]]).sort()).toEqual([
        ["good", "1"],
        ["prometheus", "1"],
    ]);
});
