import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PROGRAM_NAMES, type ProgramName, PROGRAMS } from "../../host/programs";
import { waitFor } from "../lab/lab";
import { brokenRelease } from "./brokenRelease";
import { ProjectFiles } from "./projectFiles";
import { type OfferedRelease, offeredReleases } from "./releases";
import { ReleaseServer } from "./releaseServer";
import { longestGap, query } from "./running";
import { SpareStack } from "./spareStack";
import { SpareVm } from "./spareVm";

const vm = new SpareVm(2);
const files = new ProjectFiles();
let stack: SpareStack;
let server: ReleaseServer;
let offered: Record<ProgramName, OfferedRelease>;

beforeAll(async () => {
    server = await ReleaseServer.start();
    offered = await offeredReleases();
    await vm.blank();
    stack = await SpareStack.create(vm, "spare-2");
    await stack.mustUp();
    Object.assign(stack.configuration, {
        nodeExporter: offered.node_exporter,
        alertmanager: offered.alertmanager,
        blackboxExporter: offered.blackbox_exporter,
    });
    await stack.mustUp();
});

afterAll(async () => {
    files.remove();
    await server.stop();
    await stack.remove();
    await vm.gone();
});

it("what an older program has called otherwise is found, and nothing is done for that", async () => {
    const before = await processes();
    const state = await stack.export();
    const companions = PROGRAM_NAMES.filter((program) => program !== "prometheus").join("|");
    const older = state.replaceAll(new RegExp(`::prometheus-((?:${companions})-(?:release|service))\\b`, "g"), "::$1");
    expect(older).toContain("::node_exporter-release");
    await stack.import(older);
    expect(await stack.mustUp()).toMatch(/Resources:\n +\d+ unchanged\n/);
    expect(await stack.export()).not.toContain("::node_exporter-release");
    expect(await processes()).toEqual(before);
});

/** What a program on the VM answers. */
function ask(program: ProgramName, path: string, options = ""): Promise<string> {
    return vm.text(`curl -fsS --max-time 10 ${options} 'http://${PROGRAMS[program].address}${path}'`);
}

/** The process of each program. */
async function processes(): Promise<Record<string, string>> {
    const entries = PROGRAM_NAMES.map(async (program): Promise<[string, string]> => {
        return [program, (await vm.text(`systemctl show -P MainPID ${program}`)).trim()];
    });
    return Object.fromEntries(await Promise.all(entries));
}

/** What the stack says of Prometheus, beside what it always does. */
async function upWith(prometheus: Record<string, unknown>): Promise<{ code: number | null | undefined; said: string }> {
    const { configuration } = stack;
    const before = configuration["prometheus"] as Record<string, unknown>;
    configuration["prometheus"] = { ...before, ...prometheus };
    const { code, stdout, stderr } = await stack.up();
    configuration["prometheus"] = before;
    return { code, said: stdout + stderr };
}

/** The same, for good. */
async function configure(prometheus: Record<string, unknown>): Promise<void> {
    Object.assign(stack.configuration["prometheus"] as object, prometheus);
    await stack.mustUp();
}

describe.each(PROGRAM_NAMES)("%s", (program) => {
    const most = { prometheus: 1.5, node_exporter: 2, alertmanager: 1.5, blackbox_exporter: 1.5 }[program];

    it("is enabled, listens on the VM itself only, and its unit exposes next to nothing", async () => {
        expect(await vm.text(`systemctl is-enabled ${program}; systemctl is-active ${program}`)).toBe(
            "enabled\nactive\n",
        );
        const said = await vm.text(`systemd-analyze security --no-pager ${program} | tail -n 1`);
        expect(Number(/: (\d+\.\d)/.exec(said)?.[1])).toBeLessThanOrEqual(most);
        const ports = await vm.text("ss -Hltn | awk '{ print $4 }'");
        const port = PROGRAMS[program].address.replace(/^.*:/, ":");
        expect(ports.split("\n").filter((address) => address.endsWith(port))).toEqual([PROGRAMS[program].address]);
    });
});

it("opens no port besides the four and that of SSH", async () => {
    const ports = await vm.text("ss -Hltun | awk '{ print $5 }' | sort -u");
    const programs = PROGRAM_NAMES.map((program) => PROGRAMS[program].address);
    expect(ports.trim().split("\n")).toEqual(["0.0.0.0:22", ...programs, "[::]:22"].sort());
});

describe("under its unit", () => {
    it("Prometheus keeps what it is told to, within its memory", async () => {
        await configure({ retention: { time: "90d", size: "50GB" } });
        expect(await ask("prometheus", "/api/v1/status/runtimeinfo")).toContain('"storageRetention":"90d or 50GiB"');
        expect(await vm.text("systemctl show -P MemoryMax prometheus")).toMatch(/^\d+\n$/);
    });

    it("node_exporter sees the machine as it is", async () => {
        const seen = await ask("node_exporter", "/metrics");
        const plain = await vm.text(
            "systemd-run --quiet --unit=plain --uid=node_exporter /usr/local/node_exporter/node_exporter " +
                "--web.listen-address=127.0.0.1:9199; until curl -fsS 127.0.0.1:9199/metrics 2>/dev/null; do sleep 0.2; done; " +
                "systemctl stop plain",
        );
        const names = (text: string) => new Set(text.match(/^node_(?!network_)\w+/gm));
        expect([...names(seen)]).toEqual([...names(plain)]);
        const fileSystems = (text: string) => text.match(/^node_filesystem_(size_bytes|readonly|device_error).*$/gm);
        expect(fileSystems(seen)).toEqual(fileSystems(plain));
        expect(seen).toMatch(/^node_filesystem_readonly\{.*mountpoint="\/"\} 0$/m);
        for (const collector of ["cpu", "filesystem", "loadavg", "meminfo", "netclass", "netdev", "stat", "uname"]) {
            expect(seen).toContain(`node_scrape_collector_success{collector="${collector}"} 1\n`);
        }
    });

    it("Alertmanager takes an alert and a silence, and knows the silence after a restart", async () => {
        const json = "-H 'Content-Type: application/json' --data-binary @-";
        const post = (path: string, body: unknown) =>
            vm.text(`curl -fsS ${json} http://${PROGRAMS.alertmanager.address}${path}`, {
                stdin: JSON.stringify(body),
            });
        await post("/api/v2/alerts", [{ labels: { alertname: "Tried" } }]);
        expect(await ask("alertmanager", "/api/v2/alerts")).toContain('"alertname":"Tried"');
        const endsAt = new Date(Date.now() + 3_600_000).toISOString();
        const matchers = [{ name: "alertname", value: "Tried", isRegex: false }];
        const silence = { matchers, startsAt: new Date().toISOString(), endsAt, createdBy: "test", comment: "kept" };
        await post("/api/v2/silences", silence);
        await vm.text("systemctl restart alertmanager");
        await waitFor(
            "the silence",
            async () => (await vm.run(`curl -fsS http://${PROGRAMS.alertmanager.address}/api/v2/silences`)).stdout,
            (silences) => silences.includes('"comment":"kept"'),
        );
    });

    it("blackbox_exporter probes sshd, and a page", async () => {
        const success = /^probe_success 1$/m;
        expect(await ask("blackbox_exporter", "/probe?module=tcp_connect&target=127.0.0.1:22")).toMatch(success);
        const page = `http://${PROGRAMS.node_exporter.address}/`;
        expect(await ask("blackbox_exporter", `/probe?module=http_2xx&target=${page}`)).toMatch(success);
        expect(await ask("blackbox_exporter", "/probe?module=tcp_connect&target=127.0.0.1:1")).not.toMatch(success);
    });

    it("each is a target that Prometheus scrapes", async () => {
        await waitFor(
            "four targets that are up",
            async () => (await query(vm, "up == 1")).map(({ metric }) => metric["job"]).sort(),
            (jobs) => jobs.join() === [...PROGRAM_NAMES].sort().join(),
        );
    });
});

describe("a restart", () => {
    it("comes to none of them where nothing of their units has changed", async () => {
        const before = await processes();
        await stack.mustUp("--expect-no-changes");
        await configure({ scrapeInterval: "2s", retention: { time: "60d" } });
        expect(await ask("prometheus", "/api/v1/status/runtimeinfo")).toContain('"storageRetention":"60d"');
        expect(await processes()).toEqual(before);
    });

    it("comes to the one whose flags have changed", async () => {
        const before = await processes();
        Object.assign(stack.configuration["nodeExporter"] as object, { extraFlags: ["--no-collector.arp"] });
        await stack.mustUp();
        const after = await processes();
        expect(after["node_exporter"]).not.toBe(before["node_exporter"]);
        expect({ ...after, node_exporter: "" }).toEqual({ ...before, node_exporter: "" });
    });

    it("comes to none where the VM's records are lost and the stack's too", async () => {
        const before = await processes();
        await vm.text("rm -rf /usr/local/lib/external-prometheus/healthy");
        await stack.run(["state", "delete", "--all", "--force", "--yes"]);
        await stack.mustUp();
        expect(await processes()).toEqual(before);
    });
});

describe("Prometheus goes on as it was", () => {
    it("when a flag is none that it knows", async () => {
        const flags = await vm.text("tr '\\0' ' ' </proc/$(systemctl show -P MainPID prometheus)/cmdline");
        const { code, said } = await upWith({ extraFlags: ["--no-such-flag=1"] });
        expect(code).not.toBe(0);
        expect(said).toContain("unknown long flag '--no-such-flag'");
        expect(said).toContain("which ran before, runs again");
        expect(await vm.text("tr '\\0' ' ' </proc/$(systemctl show -P MainPID prometheus)/cmdline")).toBe(flags);
    });

    it("within 30 s when a release hangs", async () => {
        const began = Date.now();
        const broken = await brokenRelease("never-ready");
        const { version, sha256, file } = broken;
        const { code, said } = await upWith({ version, sha256, url: server.serve(file, "ok") });
        broken.remove();
        expect(code).not.toBe(0);
        expect(said).toContain(`prometheus ${version} did not become healthy`);
        await new Promise((resolve) => setTimeout(resolve, 3000));
        expect(await longestGap(vm, (Date.now() - began) / 1000)).toBeLessThanOrEqual(30);
    });

    it("when what is wanted could not read its database", async () => {
        const before = await processes();
        const old = await brokenRelease("exits", "2.53.0");
        const { code, said } = await upWith({
            version: "2.53.0",
            sha256: old.sha256,
            url: server.serve(old.file, "ok"),
        });
        old.remove();
        expect(code).not.toBe(0);
        expect(said).toContain("Prometheus 2.53.0 cannot read the database");
        expect(await processes()).toEqual(before);
    });

    it("while a cluster that it watches is silent, unless it is told to restart", async () => {
        const silent = "https://10.98.0.9:6443";
        const job = `{ job_name: gone, kubernetes_sd_configs: [{ role: node, api_server: '${silent}' }] }`;
        await configure({ scrapeConfigFiles: [files.write("gone.yml", `scrape_configs: [${job}]\n`)] });
        const before = await processes();
        const { code, said } = await upWith({ extraFlags: ["--log.level=debug"] });
        expect(code).not.toBe(0);
        expect(said).toContain(`the API does not answer of: gone (${silent})`);
        expect(said).toContain("external-prometheus:prometheus.restartDuringOutage");
        expect(await processes()).toEqual(before);
    });
});

it("goes to another release with its samples and back, where a restart is wanted in spite of silence", async () => {
    const [oldest] = await query(vm, 'up{job="prometheus"}[1h]');
    const { url, sha256 } = stack.configuration["prometheus"] as Partial<OfferedRelease>;
    for (const release of [offered.prometheus, { version: "3.13.2", url, sha256 }]) {
        await configure({ ...release, restartDuringOutage: true });
        expect(await stack.outputs()).toMatchObject({ version: release.version });
        const [series] = await query(vm, 'up{job="prometheus"}[1h]');
        expect(series?.values?.[0]).toEqual(oldest?.values?.[0]);
    }
});
