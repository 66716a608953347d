import type { HttpServices } from "../../config/httpCredentials";
import type { HttpSecrets } from "../../config/httpSecrets";
import { CA, CLIENT_CERTIFICATE, CLIENT_KEY } from "./frontCertificates";

/** Nothing of a configuration is shared among its places, or a test that changes one would change all. */
function unshared<T>(value: T): T {
    return JSON.parse(JSON.stringify(value)) as T;
}

const BASIC = {
    caCertificate: CA,
    serverName: "metrics.example.com",
    insecureSkipVerify: false,
    clientCertificate: CLIENT_CERTIFICATE,
    username: "monitor",
    proxyUrl: "http://proxy.example.com:3128",
};
const TOKEN = { authorization: { type: "Bearer" } };
const BASIC_SECRETS = { password: "CANARY", privateKey: CLIENT_KEY };
const TOKEN_SECRETS = { credentials: "CANARY" };

/** Other servers and services, with a value in each place that they can have; one that holds them all comes last. */
export const SERVICES = unshared({
    scrapeJobs: {
        bearer: {
            fileSd: { files: ["/etc/targets/*.json"], refreshInterval: "5m" },
            httpSd: { url: "https://inventory.example.com/targets?role=db", refreshInterval: "60s", ...BASIC },
            dnsSd: { names: ["_metrics._tcp.example.com"], type: "A", port: 9100, refreshInterval: "30s" },
            targetLimit: 500,
            ...TOKEN,
        },
        listed: { httpSd: { url: "http://127.0.0.1:8080/", ...TOKEN } },
        probed: { targets: ["https://www.example.com/health?full=1"], probe: { module: "http_2xx" } },
        secured: {
            targets: ["db-0.example.com:9187"],
            scheme: "https",
            metricsPath: "/internal/metrics",
            params: { collect: ["locks", "replication"] },
            interval: "60s",
            labels: { site: "berlin" },
            honorLabels: false,
            sampleLimit: 10_000,
            bodySizeLimit: "10MB",
            ...BASIC,
        },
    },
    alertmanagers: {
        other: { targets: ["alerts.example.com:9093"], ...TOKEN },
        central: {
            targets: ["alerts-0.example.com:443", "alerts-1.example.com:443"],
            scheme: "https",
            pathPrefix: "/alertmanager",
            timeout: "5s",
            ...BASIC,
        },
    },
    remoteWrite: {
        other: { url: "http://127.0.0.1:9009/push", ...TOKEN },
        longterm: {
            url: "https://metrics.example.com/api/v1/write",
            remoteTimeout: "20s",
            sendNativeHistograms: true,
            ...BASIC,
        },
    },
});

/** What belongs to them. */
export const HTTP_SECRETS = unshared({
    scrapeJobs: {
        bearer: { ...TOKEN_SECRETS, httpSd: BASIC_SECRETS },
        listed: { httpSd: TOKEN_SECRETS },
        secured: BASIC_SECRETS,
    },
    alertmanagers: { other: TOKEN_SECRETS, central: BASIC_SECRETS },
    remoteWrite: { other: TOKEN_SECRETS, longterm: BASIC_SECRETS },
});

/** A secret of each kind for each client, whether or not it asks for one. */
export function secretsFor({ scrapeJobs, alertmanagers, remoteWrite }: HttpServices): HttpSecrets {
    const all = { password: "password", credentials: "token", privateKey: "key" };
    const each = <T>(services: readonly { name: string }[], value: T) =>
        Object.fromEntries(services.map(({ name }) => [name, value]));
    return {
        scrapeJobs: each(scrapeJobs, { ...all, httpSd: all }),
        alertmanagers: each(alertmanagers, all),
        remoteWrite: each(remoteWrite, all),
    };
}
