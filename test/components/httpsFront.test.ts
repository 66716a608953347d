import * as pulumi from "@pulumi/pulumi";
import { expect, it } from "vitest";
import { ExternalPrometheus } from "../../components/externalPrometheus";
import { FrontConfig } from "../../config/front";
import { companion } from "../../config/programs";
import type { Front } from "../../config/schema";
import { unbundle } from "../../host/bundle";
import { scriptVariables } from "../../host/render";
import { type Deployment, startMocks, UNKNOWN, valueOf } from "../harness";
import { PASSWORD_HASH } from "../config/environment";
import { CA, CERTIFICATE, KEY } from "../config/frontCertificates";
import { COMMAND, external, printed } from "./vm";

const BLACKBOX = { program: "blackbox_exporter", choice: companion("blackbox_exporter").parse({}) } as const;

function front(config: object, privateKey?: string): Front {
    return {
        config: FrontConfig.parse({
            serverName: "prometheus.example.com",
            aliases: ["192.0.2.1"],
            users: { alice: { roles: ["viewer"] } },
            ...config,
        }),
        ...(privateKey !== undefined && { privateKey: pulumi.secret(privateKey) }),
        passwordHashes: pulumi.secret<Readonly<Record<string, string>>>({ alice: PASSWORD_HASH }),
    };
}

async function deploy(
    config: object,
    { privateKey, preview = false }: { privateKey?: string; preview?: boolean } = {},
): Promise<{ mocks: Deployment; prometheus: ExternalPrometheus }> {
    const mocks = await startMocks({
        preview,
        outputs: (type, name) => ({
            stdout: printed(name),
            ...(type.startsWith("tls:") && {
                certPem: `${name}\n`,
                privateKeyPem: `secret of ${name}\n`,
                certRequestPem: "x",
            }),
        }),
    });
    const args = { ...external("a"), companions: [BLACKBOX], front: front(config, privateKey) };
    const prometheus = new ExternalPrometheus("prometheus", args);
    await mocks.settled();
    return { mocks, prometheus };
}

function files(mocks: Deployment, step: string): Record<string, string> {
    const stdin = mocks.find(COMMAND, step).inputs["stdin"];
    return Object.fromEntries(unbundle(String(stdin)).map(({ path, content }) => [path, content]));
}

it("comes by two steps after the configuration of Prometheus, before what stands beside it", async () => {
    const { mocks } = await deploy({});
    expect(mocks.ofType(COMMAND).map(({ name }) => name.replace("prometheus-", ""))).toEqual([
        "gate",
        "release",
        "credentials",
        "service",
        "configuration",
        "front-credentials",
        "front",
        "blackbox_exporter-release",
        "blackbox_exporter-service",
        "verify",
    ]);
    expect(mocks.find("external-prometheus:index:HttpsFront", "prometheus-front").dependencies).toContain(
        "prometheus-configuration",
    );
});

it("makes a CA with a certificate for every name, and another CA for the clients", async () => {
    const { mocks, prometheus } = await deploy({ clients: { grafana: { roles: ["viewer"] } } });
    const name = "prometheus-front-certificates";
    expect(mocks.find("tls:index/certRequest:CertRequest", `${name}-server-request`).inputs).toMatchObject({
        dnsNames: ["prometheus.example.com"],
        ipAddresses: ["192.0.2.1"],
    });
    expect(mocks.find("tls:index/locallySignedCert:LocallySignedCert", `${name}-server`).inputs).toMatchObject({
        caCertPem: `${name}-ca\n`,
        allowedUses: ["digital_signature", "server_auth"],
        validityPeriodHours: 365 * 24,
        earlyRenewalHours: 30 * 24,
    });
    expect(mocks.find("tls:index/locallySignedCert:LocallySignedCert", `${name}-client-grafana`).inputs).toMatchObject({
        caCertPem: `${name}-clients-ca\n`,
        allowedUses: ["digital_signature", "client_auth"],
    });
    for (const { inputs } of mocks.ofType("tls:index/privateKey:PrivateKey")) {
        expect(inputs).toEqual({ algorithm: "ECDSA", ecdsaCurve: "P256" });
    }
    expect(files(mocks, "prometheus-front-credentials")).toEqual({
        "ca.pem": `${name}-ca\n`,
        "clients.pem": `${name}-clients-ca\n`,
        "server.key": `secret of ${name}-server-key\n`,
        "server.pem": `${name}-server\n`,
        users: `alice:${PASSWORD_HASH}\n`,
    });
    expect(prometheus.url).toBe("https://prometheus.example.com/");
});

it("takes a certificate that is given, and makes none", async () => {
    const given = { certificate: CERTIFICATE, caCertificate: CA, aliases: [] };
    const { mocks, prometheus } = await deploy(given, { privateKey: KEY });
    expect(mocks.ofType("tls:index/privateKey:PrivateKey")).toEqual([]);
    expect(files(mocks, "prometheus-front-credentials")).toMatchObject({
        "server.pem": CERTIFICATE,
        "server.key": KEY,
        "ca.pem": CA,
    });
    const { caCertificate } = prometheus.front ?? {};
    expect(caCertificate && (await valueOf(caCertificate))).toBe(CA);
});

it("leaves a certificate where it lies on the VM", async () => {
    const { mocks, prometheus } = await deploy({ certificateFile: "/etc/acme/a.pem", keyFile: "/root/a.key" });
    expect(Object.keys(files(mocks, "prometheus-front-credentials"))).toEqual(["users"]);
    const { "front.conf": document, "unit.conf": unit } = files(mocks, "prometheus-front");
    expect(document).toContain("SSLCertificateFile /etc/acme/a.pem\n");
    expect(document).toContain("SSLCertificateKeyFile /root/a.key\n");
    expect(document).toContain("/.well-known/acme-challenge/");
    expect(unit).toContain("ProtectHome=read-only\n");
    expect(prometheus.front?.caCertificate).toBeUndefined();
});

it("shows all but the secrets, already in a first preview", async () => {
    const { mocks } = await deploy({ clients: { grafana: { roles: ["viewer"] } } }, { preview: true });
    const credentials = mocks.find(COMMAND, "prometheus-front-credentials");
    expect(credentials.inputs["stdin"]).toBe(UNKNOWN);
    const step = mocks.find(COMMAND, "prometheus-front");
    expect(step.secrets.filter((path) => !path.startsWith("connection"))).toEqual([]);
    expect(step.inputs["stdin"]).toContain("ServerName prometheus.example.com\n");
    expect(step.inputs["stdin"]).not.toContain(PASSWORD_HASH);
});

it("keeps the credentials secret, in the step and in the log", async () => {
    const { mocks } = await deploy({});
    const { secrets, inputs } = mocks.find(COMMAND, "prometheus-front-credentials");
    expect(secrets).toContain("stdin");
    expect(inputs["logging"]).toBe("none");
    const { create } = mocks.find(COMMAND, "prometheus-front").inputs;
    expect(scriptVariables(String(create))).toMatchObject({
        url: "https://prometheus.example.com/",
        credentials: "prometheus-front-credentials done\n",
    });
});

it("tells Prometheus its URL, lets it take writes only for a writer, and keeps httpd where there is a front", async () => {
    const unit = (mocks: Deployment) => files(mocks, "prometheus-service")["prometheus.service"];
    const { mocks } = await deploy({ path: "/prometheus/" });
    expect(unit(mocks)).toContain(
        " --web.external-url=https://prometheus.example.com/prometheus/ --web.route-prefix=/",
    );
    expect(unit(mocks)).not.toContain("remote-write");
    const { create } = mocks.find(COMMAND, "prometheus-configuration").inputs;
    expect(scriptVariables(String(create))["programs"]).toBe("prometheus blackbox_exporter httpd");
    const writing = await deploy({ clients: { shipper: { roles: ["writer"] } } });
    expect(unit(writing.mocks)).toContain(" --web.enable-remote-write-receiver");
});

it("is watched by the blackbox_exporter, with rules of its own", async () => {
    const { mocks } = await deploy({});
    const documents = files(mocks, "prometheus-configuration");
    expect(documents["prometheus.yml"]).toContain("- rules/external-prometheus/front.yml\n");
    expect(documents["prometheus.yml"]).toContain("job_name: front\n");
    expect(documents["rules/external-prometheus/front.yml"]).toContain("alert: FrontCertificateExpiresSoon\n");
    expect(files(mocks, "prometheus-blackbox_exporter-service")["blackbox_exporter.yml"]).toContain(
        "server_name: prometheus.example.com\n",
    );
});
