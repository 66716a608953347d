import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "../../host/bundle";
import { hostScript } from "../../host/render";
import { LISTEN_ADDRESS } from "../../host/unit";
import { waitFor } from "../lab/lab";
import { ProjectFiles } from "./projectFiles";
import { HELD_UP, loadedAt, longestGap, query, running } from "./running";
import { SpareStack } from "./spareStack";
import { SpareVm } from "./spareVm";

const vm = new SpareVm(3);
const files = new ProjectFiles();
let stack: SpareStack;

/** What the stack has of the user's own. */
function configure(ruleFiles: readonly string[], scrapeConfigFiles: readonly string[]): void {
    Object.assign(stack.configuration["prometheus"] as object, { ruleFiles, scrapeConfigFiles });
}

beforeAll(async () => {
    await vm.blank();
    stack = await SpareStack.create(vm, "spare-3");
    await stack.mustUp();
});

afterAll(async () => {
    files.remove();
    await stack.remove();
    await vm.gone();
});

const RULES = "groups:\n  - name: mine\n    interval: 1s\n    rules:\n      - { record: mine:up, expr: up }\n";

describe("rules and scrape jobs of the user's own", () => {
    it("are what runs, after a reload and no restart", async () => {
        const before = await running(vm);
        const job = "scrape_configs: [{ job_name: mine, static_configs: [{ targets: ['127.0.0.1:9090'] }] }]\n";
        configure([files.write("rules.yml", RULES)], [files.write("mine.yml", job)]);
        await stack.mustUp();
        const { process, loaded } = await running(vm);
        expect(process).toBe(before.process);
        expect(loaded).toContain(
            'prometheus_rule_group_rules{rule_group="/usr/local/etc/prometheus/rules/rules.yml;mine"} 1',
        );
        await waitFor(
            "the recorded series",
            () => query(vm, 'mine:up{job="mine"}'),
            (found) => found.length === 1,
        );
        expect((await stack.outputs())["jobs"]).toContainEqual(
            expect.objectContaining({ cluster: "", job: "mine", path: "direct", interval: "1s" }),
        );
        await stack.mustUp("--expect-no-changes");
    });

    it("may be 300 KB, and a preview shows of them what has changed", async () => {
        const many = Array.from(
            { length: 2500 },
            (_, i) => `      - { record: 'many:up${i}', expr: '${"up + ".repeat(20)}${i}' } # one of many`,
        );
        const rules = (first: string) =>
            `groups:\n  - name: many\n    interval: 1m\n    rules:\n      - { record: first:up, expr: ${first} }\n${many.join("\n")}\n`;
        expect(rules("up").length).toBeGreaterThan(300_000);
        configure([files.write("many.yml", rules("up"))], []);
        await stack.mustUp();
        expect((await running(vm)).loaded).toContain('many.yml;many"} 2501');
        files.write("many.yml", rules("up + 1"));
        const shown = await stack.preview("--diff");
        expect(shown.stdout).toContain("+       - { record: first:up, expr: up + 1 }");
        expect(shown.stdout).not.toContain("many:up1000");
    });
});

describe("credentials", () => {
    const PATH = "/usr/local/etc/prometheus/credentials/mine/server.token";

    /** The step's command line, as the stack's own steps know the VM; a stack without clusters gives it nothing. */
    async function step(): Promise<string> {
        const mark = "/usr/local/lib/external-prometheus/owner";
        const text = await vm.text(`cat /etc/machine-id ${mark}`);
        const [machine = "", owner = "", component = "", word = ""] = text.split("\n");
        const known = `machine-id=${machine} mark=${word}`;
        return hostScript("credentials", "root", { owner, component, address: LISTEN_ADDRESS, vm: known });
    }

    const token = (word: string) => bundle([{ path: "mine/server.token", mode: "0640", content: `${word}\n` }]);

    it("are used as soon as they are there, stay while a configuration that names them runs, and go after it", async () => {
        const seen = new Set<string>();
        const server = createServer((request, response) => {
            seen.add(request.headers.authorization ?? "");
            response.end("answers 1\n");
        });
        await new Promise<void>((resolve) => server.listen(0, "10.98.0.2", resolve));
        const target = `10.98.0.2:${String((server.address() as AddressInfo).port)}`;
        try {
            await vm.text(await step(), { stdin: token("first") });
            const job = [
                "scrape_configs:",
                "  - job_name: guarded",
                `    authorization: { credentials_file: ${PATH} }`,
                `    static_configs: [{ targets: ['${target}'] }]`,
                "    fallback_scrape_protocol: PrometheusText0.0.4",
                "",
            ];
            configure([], [files.write("guarded.yml", job.join("\n"))]);
            await stack.mustUp();
            const sent = (word: string) =>
                waitFor(
                    word,
                    () => Promise.resolve([...seen]),
                    (all) => all.includes(`Bearer ${word}`),
                );
            await sent("first");

            const before = { ...(await running(vm)), at: await loadedAt(vm) };
            await vm.text(await step(), { stdin: token("second") });
            await sent("second");
            expect({ ...(await running(vm)), at: await loadedAt(vm) }).toEqual(before);
            expect(await vm.text(`stat -c '%a %U:%G' ${PATH}`)).toBe("640 root:prometheus\n");

            configure([files.write("bad.yml", RULES.replace("expr: up", "expr: up +"))], []);
            expect((await stack.up()).code).not.toBe(0);
            seen.clear();
            await sent("second");

            configure([], []);
            const done = await stack.mustUp();
            expect(done).toContain("server.token, which no job names");
            expect((await vm.run(`test -e ${PATH}`)).code).toBe(1);
        } finally {
            server.close();
        }
    });
});

/** One for each way in which a bad configuration is found out; all that are known are in test/faults. */
const REFUSED: [what: string, configuration: { rules?: string; job?: string }, message: string][] = [
    ["by this program", { job: "bearer_token: canary" }, "a secret in clear at bearer_token"],
    ["by promtool", { rules: RULES.replace("expr: up", "expr: up +") }, "could not parse expression"],
    [
        "by a look at the files",
        { job: "tls_config: { ca_file: /etc/none.crt }" },
        "ca_file /etc/none.crt: no such file",
    ],
    ["by the Prometheus that runs", { job: "params: { 'match[]': ['{a='] }" }, "bad match[] {a=: invalid parameter"],
];

describe("a bad configuration", () => {
    it.each(REFUSED)("is found out %s, while the one before it runs on", async (_how, { rules, job }, message) => {
        configure([files.write("rules.yml", RULES)], []);
        await stack.mustUp();
        const before = { ...(await running(vm)), at: await loadedAt(vm) };
        const began = Date.now();
        const scrape = `scrape_configs:\n  - job_name: bad\n    ${job ?? ""}\n`;
        configure(
            [files.write("rules.yml", rules ?? RULES)],
            job === undefined ? [] : [files.write("bad.yml", scrape)],
        );
        const { code, stdout, stderr } = await stack.up();
        expect(code).not.toBe(0);
        expect(stdout + stderr).toContain(message);
        expect(stdout + stderr).not.toContain("canary");
        expect({ ...(await running(vm)), at: await loadedAt(vm) }).toEqual(before);
        expect(await longestGap(vm, (Date.now() - began) / 1000)).toBeLessThan(HELD_UP);
    });
});
