import type { Socket } from "node:dgram";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FAILING } from "../../operate/observe";
import { runProgram } from "../../operate/process";
import { PATIENCE_SECONDS, PROJECT, waitFor } from "../lab/lab";
import { dnsServer, RecordingServer } from "./recordingServer";
import { offeredReleases } from "./releases";
import { loadedAt, processes, query } from "./running";
import { SpareStack } from "./spareStack";
import { SpareVm } from "./spareVm";

// Servers of no cluster, found and scraped in each way that there is, by a stack that was deployed.

const STACK = "spare-9";
/** Prometheus shows the URL in another way than it stands in the document. */
const WEBSITE = "/website?a=1&b=<2>";
const vm = new SpareVm(9);
let stack: SpareStack;
let server: RecordingServer;
let dns: Socket;

/** Another than before, for each of the clients. */
async function secrets(generation: string): Promise<object> {
    const secret = (name: string) => stack.encrypt(`CANARY-${name}-${generation}`);
    return {
        scrapeJobs: {
            listed: { password: await secret("target"), httpSd: { credentials: await secret("list") } },
            proxied: { credentials: await secret("proxied") },
        },
    };
}

beforeAll(async () => {
    server = await RecordingServer.start();
    dns = await dnsServer([
        {
            ...{ name: "_metrics._tcp.example.com", type: "SRV" },
            data: { target: "dns.example.com", port: server.port },
        },
        { name: "dns.example.com", type: "A", data: "10.98.0.2" },
    ]);
    await vm.blank();
    await vm.text("echo nameserver 10.98.0.2 >/etc/resolv.conf; mkdir /etc/targets");
    await list("one");
    stack = await SpareStack.create(vm, STACK);
    const { blackbox_exporter: blackboxExporter } = await offeredReleases();
    const httpSd = { url: `http://${server.address}/list`, refreshInterval: "5s", authorization: {} };
    Object.assign(stack.configuration, {
        blackboxExporter,
        scrapeJobs: {
            files: { fileSd: { files: ["/etc/targets/*.json"] }, labels: { site: "berlin" } },
            names: { dnsSd: { names: ["_metrics._tcp.example.com"], refreshInterval: "1s" }, metricsPath: "/names" },
            listed: { username: "monitor", httpSd },
            proxied: {
                ...{ targets: ["behind.example.com:80"], proxyUrl: `http://${server.address}` },
                authorization: {},
            },
            naming: { targets: [server.address], metricsPath: "/naming", honorLabels: true },
            website: { targets: [`http://${server.address}${WEBSITE}`], probe: { module: "http_2xx" } },
            missing: { targets: [`http://${server.address}/missing`], probe: { module: "http_2xx" } },
            port: { targets: [server.address], probe: { module: "tcp_connect" } },
            handshake: { targets: [server.address], probe: { module: "tcp_tls" } },
        },
        httpSecrets: await secrets("first"),
    });
    server.answers.set(
        "/naming",
        'up{job="prometheus",instance="mine"} 5\nup{job="mine",cluster="lab"} 6\nup{job="",instance=""} 7\n' +
            'ALERTS{alertname="a",job="mine"} 8\nALERTS_FOR_STATE{job="mine"} 9\n',
    );
    await stack.mustUp();
});

afterAll(async () => {
    dns.close();
    await server.stop();
    await stack.remove();
    await vm.gone();
});

/** Something else on the VM lists a target. */
async function list(path: string): Promise<void> {
    const text = JSON.stringify([server.target(path)]);
    await vm.text("cat >/etc/targets/new && mv /etc/targets/new /etc/targets/one.json", { stdin: text });
}

/** Waits until a path was scraped, and by whom. */
function scraped(path: string, by = "nothing"): Promise<string | undefined> {
    return waitFor(
        `${path} to be asked with what is meant for it`,
        () => Promise.resolve(server.shown.get(path)),
        (shown) => shown === by,
    );
}

describe("a target", () => {
    it("is found by a file, from the moment at which that lists it", async () => {
        await scraped("/one");
        await list("two");
        await scraped("/two");
        const [found] = await query(vm, 'seen{job="files"}');
        expect(found?.metric).toEqual({ __name__: "seen", job: "files", site: "berlin", instance: server.address });
    });

    it("is found by the DNS", async () => {
        await scraped("/names");
        const [found] = await query(vm, 'seen{job="names"}');
        expect(found?.metric).toMatchObject({ instance: `dns.example.com:${server.port}` });
    });

    it("is found by a server that is shown a token, and is shown a password itself", async () => {
        await scraped("/list", "Bearer CANARY-list-first");
        await scraped("/listed", "monitor:CANARY-target-first");
    });

    it("is reached by a proxy, that resolves its name", async () => {
        await scraped("http://behind.example.com:80/metrics", "Bearer CANARY-proxied-first");
    });

    it("is probed as its module says", async () => {
        await scraped(WEBSITE);
        const success = () => query(vm, "probe_success");
        const byJob = (found: Awaited<ReturnType<typeof success>>) =>
            found.map(({ metric, value }) => `${metric["job"] ?? ""} ${value?.[1] ?? ""}`).sort();
        const found = await waitFor("all probes", success, (results) => results.length === 4);
        expect(byJob(found)).toEqual(["handshake 0", "missing 0", "port 1", "website 1"]);
        expect(byJob(await query(vm, FAILING))).toEqual(["handshake 0", "missing 404"]);
    });
});

it("lets what names its series itself say nothing for a cluster, or for another job", async () => {
    await scraped("/naming");
    const found = await waitFor(
        "what it says",
        () => query(vm, '{__name__=~"up|ALERTS|ALERTS_FOR_STATE"} > 1'),
        (results) => results.length === 3,
    );
    expect(found.map(({ metric }) => metric)).toEqual(
        expect.arrayContaining([
            { __name__: "up", job: "naming", exported_job: "prometheus", instance: "mine" },
            { __name__: "up", job: "mine", exported_cluster: "lab", instance: server.address },
            { __name__: "up", job: "naming" },
        ]),
    );
});

it("keeps secrets in files, out of documents, logs and the state", async () => {
    const places = "/usr/local/etc/prometheus/prometheus.yml /var/log /etc/systemd";
    const found = await vm.text(`grep -rlF CANARY ${places} || true; journalctl --no-pager | grep -cF CANARY || true`);
    expect(found).toBe("0\n");
    expect(
        await vm.text("cd /usr/local/etc/prometheus/credentials && find -L . -type f -printf '%P %m\\n' | sort"),
    ).toBe(
        ["listed.httpSd/credentials", "listed/password", "proxied/credentials"]
            .map((path) => `scrapeJobs.${path} 640\n`)
            .join(""),
    );
    expect(await stack.export()).not.toContain("CANARY");
});

it("shows another password from the next request on, while everything goes on running", async () => {
    const before = [await processes(vm, "prometheus"), await loadedAt(vm)];
    Object.assign(stack.configuration, { httpSecrets: await secrets("second") });
    expect(await stack.mustUp()).not.toContain("CANARY");
    await scraped("/list", "Bearer CANARY-list-second");
    await scraped("/listed", "monitor:CANARY-target-second");
    await scraped("http://behind.example.com:80/metrics", "Bearer CANARY-proxied-second");
    expect([await processes(vm, "prometheus"), await loadedAt(vm)]).toEqual(before);
});

it("changes nothing by another deployment, and nothing is found to differ", async () => {
    expect(await stack.mustUp()).toMatch(/Resources:\n\s+\d+ unchanged\n/);
    process.env["PULUMI"] = stack.cli();
    const args = ["--import", "tsx", join(PROJECT, "operate/drift.ts"), STACK];
    const { code, stdout, stderr } = await runProgram(process.execPath, args, { timeoutSeconds: PATIENCE_SECONDS });
    expect(stdout + stderr).toBe(`The VM ${vm.address} is as the stack '${STACK}' has declared it.\n`);
    expect(code).toBe(0);
});

it("forgets the credentials of a job that is gone", async () => {
    const jobs = stack.configuration["scrapeJobs"] as Record<string, unknown>;
    delete jobs["listed"];
    const { proxied } = ((await secrets("second")) as { scrapeJobs: Record<string, unknown> }).scrapeJobs;
    stack.configuration["httpSecrets"] = { scrapeJobs: { proxied } };
    await stack.mustUp();
    expect(await vm.text("ls /usr/local/etc/prometheus/credentials")).toBe("scrapeJobs.proxied\n");
    server.shown.clear();
    await scraped("http://behind.example.com:80/metrics", "Bearer CANARY-proxied-second");
    expect(server.shown.has("/listed")).toBe(false);
});
