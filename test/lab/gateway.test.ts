import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from "vitest";
import { endpointLines } from "../../config/prometheus/endpoints";
import type { ScrapeSource } from "../../config/source";
import { sample } from "../faults/sample";
import { INTERVAL } from "./configuration";
import {
    allUp,
    breakLab,
    expectedJobs,
    heal,
    kubectl,
    PROJECT,
    pulumi,
    query,
    scrapesSince,
    up,
    vm,
    waitFor,
} from "./lab";

const PORTS = [30990, 30991];
const FEDERATE = `/federate?match[]=${encodeURIComponent('{job="kubernetes-pods"}')}`;

interface Pair {
    readonly cert: string;
    readonly key: string;
}

const directory = mkdtempSync(join(tmpdir(), "external-prometheus-gateway-"));
let gatewayCa: string;
let own: Pair;

beforeAll(async () => {
    const text = await pulumi("stack", "output", "sourceCredentials", "--json", "--show-secrets");
    const { federation } = (JSON.parse(text) as { lab: { federation: Record<string, string> } }).lab;
    gatewayCa = federation["caCertificate"] ?? "";
    own = { cert: federation["clientCertificate"] ?? "", key: federation["clientKey"] ?? "" };
    await allUp(await expectedJobs());
});

afterAll(() => {
    rmSync(directory, { recursive: true });
});

/** A certificate for a client, of a CA of its own or of the gateway's. */
async function certified(name: string, issuer: "own" | "gateway", days: number): Promise<Pair> {
    const file = (kind: string) => join(directory, `${name}.${kind}`);
    const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "pipe" });
    const [ca, caKey] = [file("ca"), file("ca.key")];
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", file("key"));
    openssl("req", "-new", "-key", file("key"), "-subj", "/CN=prometheus", "-out", file("csr"));
    if (issuer === "own") {
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", caKey);
        openssl("req", "-x509", "-new", "-key", caKey, "-subj", "/CN=gateway CA", "-days", "2", "-out", ca);
    } else {
        const { deployment } = JSON.parse(await pulumi("stack", "export", "--show-secrets")) as {
            deployment: { resources: { urn: string; outputs?: { privateKeyPem: { plaintext: string } } }[] };
        };
        const found = deployment.resources.find(({ urn }) => urn.endsWith("::lab-gateway-certificates-ca-key"));
        writeFileSync(caKey, JSON.parse(found?.outputs?.privateKeyPem.plaintext ?? "") as string, { mode: 0o600 });
        writeFileSync(ca, gatewayCa);
    }
    const signing = ["-CA", ca, "-CAkey", caKey, "-CAcreateserial", "-days", String(days)];
    openssl("x509", "-req", "-in", file("csr"), ...signing, "-out", file("pem"));
    return { cert: readFileSync(file("pem"), "utf8"), key: readFileSync(file("key"), "utf8") };
}

interface Answer {
    readonly status: number;
    readonly body: string;
    /** Serial number of the gateway's certificate. */
    readonly serial: string;
}

/** One request in a connection of its own. */
function ask(path: string, pair?: Pair, method = "GET", port = PORTS[0]): Promise<Answer> {
    return new Promise((resolve, reject) => {
        const servername = "gateway.lab.external-prometheus.internal";
        const options = { host: "10.98.0.10", port, path, method, agent: false, ca: gatewayCa, servername, ...pair };
        const asked = request(options, (response) => {
            let body = "";
            const { socket } = response;
            const serial = socket instanceof TLSSocket ? socket.getPeerCertificate().serialNumber : "";
            response.on("data", (chunk: Buffer) => (body += chunk.toString()));
            response.on("error", reject);
            response.on("end", () => {
                resolve({ status: response.statusCode ?? 0, body, serial });
            });
        });
        asked.on("error", reject);
        asked.end();
    });
}

describe("the gateway", () => {
    it.each([
        ["nobody in particular", () => Promise.resolve(undefined)],
        ["somebody whom another CA has certified", () => certified("foreign", "own", 2)],
        ["who was certified until yesterday", () => certified("expired", "gateway", -1)],
    ])("tells nothing to %s", async (_who, pair) => {
        const { status, body } = await ask(FEDERATE, await pair());
        expect(status).toBe(400);
        expect(body).not.toContain("kubernetes-pods");
    });

    it("tells the VM what each replica has, by one port each", async () => {
        for (const port of PORTS) {
            const { status, body } = await ask(FEDERATE, own, "GET", port);
            expect(status).toBe(200);
            expect(body).toContain('job="kubernetes-pods"');
        }
        // So a certificate of its CA that is good is what lets in.
        expect((await ask(FEDERATE, await certified("good", "gateway", 1))).status).toBe(200);
    });

    it("can be asked by the VM for what else there is", async () => {
        const { lab } = JSON.parse(await pulumi("stack", "output", "sources", "--json")) as { lab: ScrapeSource };
        const script = readFileSync(join(PROJECT, "host/offers.sh"), "utf8");
        const text = `endpoints='${endpointLines([lab])}'\n${script}\noffered lab prometheus-1\n`;
        expect(await vm("bash -euo pipefail", { stdin: text })).toMatch(/\bkubernetes-pods \(\d+\)/);
    });

    it.each(["/", "/api/v1/query?query=up", "/graph", "/metrics", "/federate/", "/federate/../api/v1/query?query=up"])(
        "does not let the VM ask for %s",
        async (path) => {
            expect((await ask(path, own)).status).toBe(403);
        },
    );

    it.each([
        "/consoles/%2e%2e/federate",
        "/debug/pprof/%2e%2e/%2e%2e/federate",
        "/-/reload/%2e%2e/%2e%2e/federate",
        "/api/v1/query/../../../federate?query=up",
        "//federate",
    ])("asks the Prometheus for /federate alone where somebody writes %s", async (path) => {
        // As it was written, Prometheus would redirect it, or look for a console or a profile.
        expect((await ask(path, own)).status).toBe(200);
    });

    it.each([
        ["POST", "/-/reload"],
        ["POST", FEDERATE],
        ["PUT", FEDERATE],
        ["DELETE", FEDERATE],
    ])("does not take a %s of %s", async (method, path) => {
        expect((await ask(path, own, method)).status).toBe(403);
    });
});

/** Asks all the time until it is stopped; returns how often, and what was no answer of a replica. */
function asking(): { stop: () => Promise<void>; answers: () => number; readonly failures: readonly string[] } {
    let [answers, stopped] = [0, false];
    const failures: string[] = [];
    const worker = async (port?: number) => {
        while (!stopped) {
            const said = await ask(FEDERATE, own, "GET", port).then(({ status }) => String(status), String);
            if (said === "200") answers++;
            else failures.push(`${new Date().toISOString()} ${said}`);
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
    };
    const workers = [...PORTS, ...PORTS].map(worker);
    return {
        stop: async () => {
            stopped = true;
            await Promise.all(workers);
        },
        answers: () => answers,
        failures,
    };
}

/** The gateway's, but for those that are about to end. */
async function livingPods(): Promise<string[]> {
    const { items } = JSON.parse(await kubectl("get", "pods", "-n", "external-prometheus", "-o", "json")) as {
        items: { metadata: { name: string; deletionTimestamp?: string } }[];
    };
    return items.flatMap(({ metadata: { name, deletionTimestamp } }) =>
        deletionTimestamp === undefined ? [name] : [],
    );
}

/** What a failure here is to be understood by, since the cluster is another one when somebody looks. */
async function describeCluster(): Promise<void> {
    const shown = await Promise.all([
        kubectl("get", "nodes,pods,endpointslices,replicasets", "--all-namespaces", "-o", "wide"),
        kubectl("get", "events", "-n", "external-prometheus", "--sort-by=.lastTimestamp"),
    ]);
    console.error(shown.join("\n"));
}

/** The scrapes of all federated jobs since then, in milliseconds. */
const federated = (since: number) => scrapesSince(since, 'up{job=~"federate/.*"}');

async function replacement(): Promise<void> {
    const begun = Date.now();
    const certificate = () => vm("cat /usr/local/etc/prometheus/credentials/lab/federation.crt");
    const before = { serial: (await ask(FEDERATE, own)).serial, vm: await certificate() };
    const crowd = asking();
    try {
        // As where the cluster is deployed by a stack of its own: the VM's side does not come along.
        const replaced = ["server", "client"].map(
            (leaf) => `--replace=**LocallySignedCert::lab-gateway-certificates-${leaf}`,
        );
        await up("--target=**PrometheusEndpoint**", ...replaced);
        // Pods that end serve on for a while.
        await waitFor(
            "the gateway's new certificate",
            () => ask(FEDERATE, own).then(({ serial }) => serial, String),
            (serial) => serial !== before.serial && !serial.includes("Error"),
        );
        expect(await certificate()).toBe(before.vm);
        await new Promise((resolve) => setTimeout(resolve, 2 * INTERVAL * 1000));
        for (const pod of await livingPods()) {
            await kubectl("delete", "pod", "-n", "external-prometheus", pod, "--wait=false");
            // As long as it goes on, and until another one has taken its place.
            await new Promise((resolve) => setTimeout(resolve, 25_000));
        }
        await up();
        expect(await certificate()).not.toBe(before.vm);
        await new Promise((resolve) => setTimeout(resolve, INTERVAL * 1000));
    } finally {
        await crowd.stop();
    }
    expect(crowd.failures).toEqual([]);
    expect(crowd.answers()).toBeGreaterThan(500);
    const seconds = (Date.now() - begun) / 1000;
    const { taken: scrapes, failed } = await federated(begun);
    expect(failed).toBe(0);
    // Two jobs of two replicas each.
    expect(scrapes).toBeGreaterThanOrEqual(4 * Math.floor(seconds / INTERVAL - 1));
    console.info(`${crowd.answers()} requests and ${scrapes} scrapes in ${seconds.toFixed(0)} s`);
}

async function outage(): Promise<void> {
    const begun = Date.now();
    await breakLab("api");
    try {
        await new Promise((resolve) => setTimeout(resolve, 5 * INTERVAL * 1000));
        const { taken: scrapes, failed } = await federated(begun);
        expect(failed).toBe(0);
        expect(scrapes).toBeGreaterThanOrEqual(16);
    } finally {
        await heal();
    }
}

async function deadReplica(): Promise<void> {
    const begun = Date.now();
    const scale = (replicas: number) =>
        kubectl("scale", "statefulset/prometheus", "-n", "monitoring", `--replicas=${replicas}`);
    // Another one would take its place between two scrapes.
    await scale(1);
    try {
        const killed = ["prometheus-1", "--grace-period=0", "--force", "--ignore-not-found"];
        await kubectl("delete", "pod", "-n", "monitoring", ...killed);
        await waitFor(
            "the VM to miss it",
            () => query('min_over_time(up{job=~"federate/.*",replica="prometheus-1"}[1m]) == 0'),
            (series) => series.length > 0,
        );
    } finally {
        await scale(2);
    }
    expect((await scrapesSince(begun, 'up{job=~"federate/.*",replica="prometheus-0"}')).failed).toBe(0);
    const newest = await query('max(timestamp(up{job="kubernetes-pods",replica="prometheus-0"}))');
    expect(newest[0]?.values[0]?.[1]).toBeGreaterThan(begun / 1000 - 15);
    const jobs = await expectedJobs();
    await allUp(jobs);
    await waitFor(
        "both replicas to have something again",
        () => query('scrape_samples_scraped{job=~"federate/.*"} > 0'),
        (series) => series.length === 2 * jobs.filter(({ path }) => path === "federate").length,
    );
}

const TRIALS: readonly (readonly [string, () => Promise<void>])[] = [
    ["fails no scrape of the VM while its certificates, its pods and those of the VM are replaced", replacement],
    ["fails no scrape without an API server", outage],
    ["goes on with one replica where the other was killed", deadReplica],
];

it.each(sample("trials of the gateway", TRIALS, 1))("%s", async (_name, trial) => {
    onTestFailed(describeCluster);
    await trial();
});
