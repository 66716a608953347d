import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { keeperProgram, nodeList } from "../../host/keeper";
import { runProgram } from "../../operate/process";
import { configuration, serving } from "./serving";

const SERVICE = "external-prometheus-keeper";
const PROGRAM = join(__dirname, "../../host/keep.sh");
const LOG = "usr/local/var/lib/prometheus/scrape-failures.log";

interface Target {
    readonly discoveredLabels: Readonly<Record<string, string>>;
    /** Absent where the job's rules drop it. */
    readonly labels?: Readonly<Record<string, string>>;
}

/** What Prometheus says of a target: its node, and whatever else discovery knows of that. */
function target(address: string, node: string, more: Readonly<Record<string, string>> = {}): Target {
    const discoveredLabels = { __address__: address, ...more, __meta_kubernetes_node_name: node };
    return { discoveredLabels, labels: { instance: node } };
}

/** One that is another VM's. */
function dropped(...args: Parameters<typeof target>): Target {
    const { discoveredLabels } = target(...args);
    return { discoveredLabels };
}

/** A VM's files, with a configuration that names the lists of these clusters, and a Prometheus that has such targets. */
async function keeping(clusters: readonly string[]) {
    const root = mkdtempSync(join(tmpdir(), "external-prometheus-keeper-"));
    const pools = new Map<string, Target[]>();
    const server = createServer((request, response) => {
        const { searchParams, pathname } = new URL(request.url ?? "", "http://vm");
        const [pool, state] = [searchParams.get("scrapePool") ?? "", searchParams.get("state") ?? ""];
        const all = [...pools].flatMap(([job, targets]) =>
            targets.map(({ discoveredLabels, ...others }) => ({
                discoveredLabels: { ...discoveredLabels, job },
                ...others,
                ...("labels" in others && { scrapePool: job, health: "up" }),
            })),
        );
        const activeTargets = all.filter(({ scrapePool }) => scrapePool === pool);
        // An older Prometheus tells neither of which job they are, nor those of one job alone.
        const droppedTargets = all.filter((each) => !("labels" in each));
        const data = {
            activeTargets: ["active", "any"].includes(state) ? activeTargets : [],
            droppedTargets: ["dropped", "any"].includes(state) ? droppedTargets : [],
        };
        response.end(JSON.stringify(pathname === "/api/v1/targets" ? { status: "success", data } : {}));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
        server.closeAllConnections();
        server.close();
        rmSync(root, { recursive: true });
    });
    const write = (path: string, content: string) => {
        mkdirSync(dirname(join(root, path)), { recursive: true });
        writeFileSync(join(root, path), content);
    };
    const name = (names: readonly string[]) => {
        const lines = names.map((cluster) => `      - ${nodeList(cluster)}\n`).join("");
        write("usr/local/etc/prometheus/current/clusters/all.yml", lines);
    };
    name(clusters);
    write(LOG, "");
    const { port } = server.address() as AddressInfo;
    const keep = async (address = `127.0.0.1:${port}`) => {
        const settings = [`root=${root}`, `address=${address}`, "log_limit=100"];
        const ran = await runProgram("env", [...settings, "bash", PROGRAM], { timeoutSeconds: 280 });
        expect(ran).toMatchObject({ code: 0, stderr: "" });
    };
    const list = (cluster: string) => {
        const path = join(root, nodeList(cluster));
        return existsSync(path) ? readFileSync(path, "utf8") : undefined;
    };
    const nodes = (cluster: string) => {
        const found = JSON.parse(list(cluster) ?? "[]") as { targets: string[]; labels: Record<string, string> }[];
        return found.map(({ targets, labels }) => [...targets, labels["__meta_kubernetes_node_name"]].join(" "));
    };
    return { root, pools, name, keep, list, nodes };
}

it("writes down each cluster's nodes, in an order of its own", async () => {
    const { pools, keep, list, nodes } = await keeping(["a", "b"]);
    pools.set("a/kubernetes-nodes", [
        target("192.0.2.12:10250", "n-2"),
        target("[2001:db8::1]:10250", "n-1.example.com"),
    ]);
    pools.set("b/kubernetes-nodes-cadvisor", [target("192.0.2.20:10250", "n")]);
    await keep();
    expect(nodes("a")).toEqual(["192.0.2.12:10250 n-2", "[2001:db8::1]:10250 n-1.example.com"]);
    expect(nodes("b")).toEqual(["192.0.2.20:10250 n"]);
    const before = list("a");
    pools.get("a/kubernetes-nodes")?.reverse();
    await keep();
    expect(list("a")).toBe(before);
});

it("loses a node that is gone, and none while nothing is known of any", async () => {
    const { pools, keep, nodes } = await keeping(["a"]);
    pools.set("a/kubernetes-nodes", [target("192.0.2.11:10250", "n-1"), target("192.0.2.12:10250", "n-2")]);
    await keep();
    pools.get("a/kubernetes-nodes")?.pop();
    await keep();
    expect(nodes("a")).toEqual(["192.0.2.11:10250 n-1"]);
    pools.set("a/kubernetes-nodes", []);
    await keep();
    expect(nodes("a")).toEqual(["192.0.2.11:10250 n-1"]);
    await keep("127.0.0.1:1");
    expect(nodes("a")).toEqual(["192.0.2.11:10250 n-1"]);
});

it("knows the nodes that another VM scrapes, and loses those that are gone although none is left for this one", async () => {
    const { pools, keep, nodes } = await keeping(["a", "b"]);
    pools.set("b/kubernetes-nodes", [dropped("192.0.2.21:10250", "n")]);
    pools.set("a/kubernetes-nodes", [target("192.0.2.11:10250", "n-1"), dropped("192.0.2.12:10250", "n-2")]);
    await keep();
    expect(nodes("a")).toEqual(["192.0.2.11:10250 n-1", "192.0.2.12:10250 n-2"]);
    expect(nodes("b")).toEqual(["192.0.2.21:10250 n"]);
    const annotation = { __meta_kubernetes_node_annotation_x: '"job":"a/kubernetes-nodes"},"scrapePool":"' };
    pools.set("a/kubernetes-nodes", [dropped("192.0.2.13:10250", "n-3", annotation)]);
    await keep();
    expect(nodes("a")).toEqual(["192.0.2.13:10250 n-3"]);
    expect(nodes("b")).toEqual(["192.0.2.21:10250 n"]);
});

it("understands what a real Prometheus says of nodes that it leaves to others", async () => {
    const { root, keep, nodes } = await keeping(["a"]);
    const write = (file: string, content: object) => {
        writeFileSync(join(root, file), JSON.stringify(content));
    };
    const wanted = [1, 2, 3].map((i) => ({ address: `127.0.0.${i}:9`, name: `n-${i}` }));
    const labels = (name: string) => ({
        __meta_kubernetes_node_name: name,
        __meta_kubernetes_node_annotation_x: '"},"',
    });
    write(
        "nodes.json",
        wanted.map(({ address, name }) => ({ targets: [address], labels: labels(name) })),
    );
    const rules = [{ source_labels: ["__address__"], regex: "127\\.0\\.0\\.2:9", action: "keep" }];
    const job = { file_sd_configs: [{ files: ["nodes.json"] }], relabel_configs: rules };
    write("prometheus.yml", {
        scrape_configs: [
            { job_name: "a/kubernetes-nodes", ...job },
            { job_name: "b/kubernetes-nodes", ...job, file_sd_configs: [{ files: ["others.json"] }] },
        ],
    });
    write("others.json", [{ targets: ["127.0.0.4:9"], labels: labels("n-4") }]);
    const prometheus = spawn("prometheus", [
        ...[`--config.file=${join(root, "prometheus.yml")}`, `--storage.tsdb.path=${join(root, "data")}`],
        "--web.listen-address=127.0.0.1:0",
    ]);
    onTestFinished(async () => {
        if (prometheus.exitCode === null) {
            prometheus.kill("SIGKILL");
            await once(prometheus, "exit");
        }
    });
    let log = "";
    prometheus.stderr.on("data", (data: Buffer) => (log += data.toString()));
    const options = { timeout: 120_000, interval: 500 };
    const address = await vi.waitFor(() => {
        const [, found] = /msg="Listening on" .*address=(\S+)/.exec(log) ?? [];
        if (found === undefined) throw new Error(log);
        return found;
    }, options);
    await vi.waitFor(async () => {
        await keep(address);
        expect(nodes("a")).toEqual(wanted.map(({ address, name }) => `${address} ${name}`));
    }, options);
});

it("forgets a cluster whose list nothing names any more", async () => {
    const { pools, name, keep, list } = await keeping(["a", "b"]);
    for (const cluster of ["a", "b"]) pools.set(`${cluster}/kubernetes-nodes`, [target("192.0.2.11:10250", "n")]);
    await keep();
    name(["b"]);
    await keep();
    expect([list("a"), list("b") !== undefined]).toEqual([undefined, true]);
});

it("takes no annotation of a node for its address or name, and nothing that is neither", async () => {
    const { pools, keep, nodes } = await keeping(["a"]);
    const pretends = '","__address__":"198.51.100.1:1","__meta_kubernetes_node_name":"other"},"labels":{"';
    pools.set("a/kubernetes-nodes", [
        target("192.0.2.11:10250", "n-1", { __meta_kubernetes_node_annotation_x: pretends }),
        target("192.0.2.12:10250", 'n"-2'),
        target("192.0.2.13/x:10250", "n-3"),
    ]);
    await keep();
    expect(nodes("a")).toEqual(["192.0.2.11:10250 n-1"]);
});

it("keeps the log of failed scrapes within its bound, the last of it beside it", async () => {
    const { root, keep } = await keeping([]);
    const log = join(root, LOG);
    writeFileSync(log, "x".repeat(100));
    await keep();
    expect([statSync(log).size, existsSync(`${log}.1`)]).toEqual([100, false]);
    writeFileSync(log, "x".repeat(101));
    await keep();
    expect([statSync(log).size, statSync(`${log}.1`).size]).toEqual([0, 101]);
});

it("comes with a configuration, once, and goes with one that has no need of it or with the stack", async () => {
    const machine = await serving();
    const paths = ["keep", "service", "timer"].map((part) =>
        part === "keep" ? "usr/local/lib/external-prometheus/keeper/keep" : `etc/systemd/system/${SERVICE}.${part}`,
    );
    const there = () => paths.filter((path) => existsSync(machine.path(path)));
    // A list that is named need not be there yet.
    const lists = `    file_sd_configs:\n      - files:\n          - ${nodeList("a")}\n`;
    const files = [...configuration(["a"], lists), ...keeperProgram()];
    await machine.succeed("configuration", {}, files);
    expect(there()).toEqual(paths);
    expect(machine.systemctl()).toContain(`restart ${SERVICE}.timer`);
    // There before Prometheus was told to look for what is in it.
    expect(existsSync(machine.path(dirname(nodeList("a"))))).toBe(true);
    expect(Object.keys(machine.tree("usr/local/etc/prometheus")).filter((path) => path.includes("keep"))).toEqual([]);
    const written = await machine.succeed("configuration", {}, files);
    expect(written.stderr).not.toContain("wrote");
    await machine.succeed("configuration", {}, configuration(["a"]));
    expect(there()).toEqual([]);
    await machine.succeed("configuration", {}, files);
    await machine.succeed("remove", { programs: "prometheus", purge_data: "false" });
    expect(there()).toEqual([]);
});
