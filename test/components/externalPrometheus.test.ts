import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { expect, it } from "vitest";
import { ExternalPrometheus } from "../../components/externalPrometheus";
import { companion, PrometheusConfig } from "../../config/programs";
import { scriptVariables } from "../../host/render";
import { type Deployment, isKnown, startMocks, UNKNOWN, valueOf } from "../harness";
import { COMMAND, credentials, external, printed, PRIVATE_KEY, source, vm } from "./vm";

const STEPS = ["gate", "release", "credentials", "service", "configuration", "verify"];

async function deploy(...clusters: string[]): Promise<{ mocks: Deployment; prometheus: ExternalPrometheus }> {
    const mocks = await startMocks({ outputs: (_type, name) => ({ stdout: printed(name) }) });
    const prometheus = new ExternalPrometheus("prometheus", external(...clusters));
    await valueOf(prometheus.version);
    await mocks.settled();
    return { mocks, prometheus };
}

it.each([0, 3, 50])("runs the same six steps one after the other, for %i clusters", async (count) => {
    const { mocks } = await deploy(...Array.from({ length: count }, (_, i) => `c${i}`));
    // In the order in which they were made.
    expect(mocks.ofType(COMMAND).map(({ name }) => name)).toEqual(STEPS.map((step) => `prometheus-${step}`));
    for (const [i, type] of [
        "Release",
        "Credentials",
        "SystemdService",
        "PrometheusConfiguration",
        "Verify",
    ].entries()) {
        // What is in a component is registered after all that the component waits for was made.
        const step = mocks.find(`external-prometheus:index:${type}`, `prometheus-${STEPS[i + 1] ?? ""}`);
        expect(step.dependencies).toContain(`prometheus-${STEPS[i] ?? ""}`);
    }
});

it("has a parent for every step, a delete in the gate only, and triggers nowhere", async () => {
    const { mocks } = await deploy("a");
    for (const { name, parent, inputs } of mocks.ofType(COMMAND)) {
        expect(parent).toBe(name);
        expect("delete" in inputs).toBe(name === "prometheus-gate");
        expect(inputs).not.toHaveProperty("update");
        expect(inputs).not.toHaveProperty("triggers");
        expect(inputs).not.toHaveProperty("environment");
        expect(inputs["addPreviousOutputInEnv"]).toBe(false);
    }
});

it("keeps the key secret, and dials once in the gate and three times at most later", async () => {
    const { mocks } = await deploy("a");
    for (const { name, inputs, secrets } of mocks.ofType(COMMAND)) {
        const connection = inputs["connection"] as Record<string, unknown>;
        expect(connection["privateKey"]).toBe(PRIVATE_KEY);
        expect(secrets.some((path) => path === "connection" || path === "connection.privateKey")).toBe(true);
        expect(connection["dialErrorLimit"]).toBe(name === "prometheus-gate" ? 0 : 2);
        expect(connection["perDialTimeout"]).toBe(10);
        expect(connection["hostKey"]).toMatch(/^ssh-ed25519 /);
    }
});

it("has words for an error of the connection in every step", async () => {
    const { mocks } = await deploy("a");
    for (const { name, errorHooks } of mocks.ofType(COMMAND)) {
        expect(errorHooks).toEqual([name === "prometheus-gate" ? "prometheus-gate-boot" : "prometheus-gate-reach"]);
    }
});

it("goes over the jump host in every step, with the jump host's own key", async () => {
    const mocks = await startMocks({ outputs: (_type, name) => ({ stdout: printed(name) }) });
    const proxy = { host: "10.0.0.1", port: 2222, user: "jump", hostKey: "ssh-ed25519 AAAA" };
    const proxyPrivateKey = pulumi.secret("canary-proxy-key");
    new ExternalPrometheus("prometheus", { ...external("a"), vm: { ...vm, proxy }, proxyPrivateKey });
    await mocks.settled();
    for (const { inputs } of mocks.ofType(COMMAND)) {
        expect(inputs["connection"]).toMatchObject({ proxy: { ...proxy, privateKey: "canary-proxy-key" } });
    }
});

it("puts secrets on stdin of the credentials' step and nowhere else", async () => {
    const { mocks } = await deploy("a", "b");
    for (const { name, inputs, secrets } of mocks.ofType(COMMAND)) {
        const { stdin } = inputs;
        const isCredentials = name === "prometheus-credentials";
        expect(JSON.stringify({ ...inputs, connection: 0, stdin: 0 })).not.toContain("canary");
        expect(secrets.includes("stdin")).toBe(isCredentials);
        expect(String(stdin).includes("canary")).toBe(isCredentials);
        expect(secrets.filter((path) => !path.startsWith("connection") && path !== "stdin")).toEqual([]);
        expect(inputs["logging"]).toBe("stderr");
    }
});

it("gives each later step what the gate saw, so that a rebuilt VM gets all of them again", async () => {
    const { mocks } = await deploy("a");
    for (const { name, inputs } of mocks.ofType(COMMAND)) {
        expect(String(inputs["create"]).includes("cafe0001")).toBe(name !== "prometheus-gate");
    }
});

it("says where Prometheus is and which one runs", async () => {
    const { prometheus } = await deploy("a");
    expect(prometheus.url).toBe("http://127.0.0.1:9090/");
    expect(await valueOf(prometheus.version)).toBe("3.13.2");
});

it("shows the documents in a first preview, in which nothing of the VM or of the clusters is known", async () => {
    const mocks = await startMocks({ preview: true });
    const token = new remote.Command("token", { connection: { host: "elsewhere" }, create: "true" }).stdout;
    const sourceCredentials = pulumi.secret(token.apply(() => ({ a: credentials() })));
    const prometheus = new ExternalPrometheus("prometheus", {
        ...external(),
        sources: [source("a")],
        sourceCredentials,
    });
    await mocks.settled();
    expect(mocks.ofType(COMMAND)).toHaveLength(STEPS.length + 1);
    expect(mocks.find(COMMAND, "prometheus-configuration").inputs["stdin"]).toContain("job_name: a/kubernetes-nodes\n");
    expect(mocks.find(COMMAND, "prometheus-credentials").inputs["stdin"]).toBe(UNKNOWN);
    expect(await isKnown(prometheus.version)).toBe(false);
});

it("brings each companion after the configuration, by a release and a service of its own", async () => {
    const mocks = await startMocks({ outputs: (_type, name) => ({ stdout: printed(name) }) });
    const companions = [
        { program: "node_exporter", choice: companion("node_exporter").parse({ extraFlags: ["--no-collector.arp"] }) },
        { program: "alertmanager", choice: companion("alertmanager").parse({}) },
    ] as const;
    new ExternalPrometheus("prometheus", { ...external("a"), companions });
    await mocks.settled();
    const order = [
        "prometheus-configuration",
        "prometheus-node_exporter-release",
        "prometheus-node_exporter-service",
        "prometheus-alertmanager-release",
    ];
    for (const [i, name] of order.slice(1).entries()) {
        const type = name.endsWith("release") ? "Release" : "SystemdService";
        expect(mocks.find(`external-prometheus:index:${type}`, name).dependencies).toContain(order[i]);
    }
    const step = (name: string) => mocks.find(COMMAND, name).inputs;
    expect(scriptVariables(String(step("prometheus-node_exporter-service")["create"]))["program"]).toBe(
        "node_exporter",
    );
    expect(step("prometheus-node_exporter-service")["stdin"]).toContain("--no-collector.arp");
    expect(step("prometheus-alertmanager-service")["stdin"]).toContain("==> alertmanager.yml 0640 <==");
    expect(scriptVariables(String(step("prometheus-configuration")["create"]))["programs"]).toBe(
        "prometheus node_exporter alertmanager",
    );
});

it.each([
    ["shows it by the node_exporter, with alerts", [], true],
    ["leaves a folder of the user's own alone", ["--collector.textfile.directory=/srv/metrics"], false],
])("of tokens that the VM gets itself %s", async (_what, extraFlags, shown) => {
    const mocks = await startMocks({ outputs: (_type, name) => ({ stdout: printed(name) }) });
    const boundTokens = { purposes: ["discovery" as const, "kubelet" as const], lifetimeSeconds: 600 };
    const choice = companion("node_exporter").parse({ extraFlags });
    new ExternalPrometheus("prometheus", {
        ...external("a"),
        sources: [{ ...source("a"), boundTokens }],
        sourceCredentials: { a: { ...credentials(), tokens: { renewal: "a.b.c" } } },
        companions: [{ program: "node_exporter", choice }],
    });
    await mocks.settled();
    const stdin = (name: string) => String(mocks.find(COMMAND, name).inputs["stdin"]);
    const flag = "--collector.textfile.directory=/usr/local/var/lib/external-prometheus/metrics";
    expect(stdin("prometheus-node_exporter-service").includes(flag)).toBe(shown);
    expect(stdin("prometheus-node_exporter-service").match(/textfile/g)).toHaveLength(1);
    expect(stdin("prometheus-configuration")).toContain("alert: TokenNotRenewed\n");
});

it("shows nothing of tokens where none is got on the VM", async () => {
    const { mocks } = await deploy("a");
    expect(mocks.find(COMMAND, "prometheus-configuration").inputs["stdin"]).not.toContain("TokenNotRenewed");
    expect(mocks.find(COMMAND, "prometheus-credentials").inputs["stdin"]).not.toContain(".renewal");
});

it("lets a program set up several VMs, each with companions of its own", async () => {
    const mocks = await startMocks({ outputs: (_type, name) => ({ stdout: printed(name) }) });
    const companions = [{ program: "node_exporter" as const, choice: companion("node_exporter").parse({}) }];
    for (const name of ["berlin", "paris"]) {
        new ExternalPrometheus(name, { ...external("a"), companions });
    }
    await mocks.settled();
    const urns = mocks.resources.map(({ type, name }) => `${type} ${name}`);
    expect(new Set(urns).size).toBe(urns.length);
    for (const { name } of mocks.resources) expect(name).toMatch(/^(berlin|paris)(-|$)/);
});

it("tells the service how much is kept only where one is adopted that may keep more", async () => {
    const told = async (adopt: boolean) => {
        const mocks = await startMocks({ outputs: (_type, name) => ({ stdout: printed(name) }) });
        const prometheus = PrometheusConfig.parse({ retention: { time: "90d", size: "80GB" } });
        const made = new ExternalPrometheus("prometheus", { ...external(), prometheus, vm: { ...vm, adopt } });
        await valueOf(made.version);
        await mocks.settled();
        return scriptVariables(String(mocks.find(COMMAND, "prometheus-service").inputs["create"]))["retention"];
    };
    expect(await told(true)).toBe("90d or 80GB");
    expect(await told(false)).toBeUndefined();
});
