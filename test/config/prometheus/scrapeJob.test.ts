import { describe, expect, it } from "vitest";
import { documents, localJobs, prometheusDocument } from "../../../config/prometheus/document";
import type { ScrapeConfig } from "../../../config/prometheus/types";
import { alertmanager, receiver, scrapeJob, SMALL } from "./scraping";

function rendered(changes: Parameters<typeof scrapeJob>[1]): ScrapeConfig {
    const jobs = localJobs({ ...SMALL, scrapeJobs: [scrapeJob("own", changes)] });
    const found = jobs.find(({ job }) => job === "own");
    if (found === undefined) throw new Error("no such job");
    return found.scrape;
}

const CREDENTIALS = "/usr/local/etc/prometheus/credentials";
const HTTP_SD = { url: "https://inventory.example.com/" };
const CLIENTS = [
    ["basic authentication", { username: "a" }, { basic_auth: { username: "a", password_file: "password" } }],
    [
        "a token",
        { authorization: { type: "Bearer" } },
        { authorization: { type: "Bearer", credentials_file: "credentials" } },
    ],
    [
        "another scheme than Bearer",
        { authorization: { type: "Token" } },
        { authorization: { type: "Token", credentials_file: "credentials" } },
    ],
    ["a certificate", { clientCertificate: "c" }, { tls_config: { cert_file: "client.crt", key_file: "client.key" } }],
] as const;

/** With whole paths in the place of names of files. */
function placed(fields: object, folder: string): object {
    const text = JSON.stringify(fields);
    return JSON.parse(text.replaceAll(/(_file":")/g, `$1${CREDENTIALS}/${folder}/`)) as object;
}

describe.each(CLIENTS)("a client with %s", (_what, client, fields) => {
    const job = { ...scrapeJob("own", { httpSd: HTTP_SD }), ...client } as ReturnType<typeof scrapeJob>;

    it("of a job names its own files and follows no redirect", () => {
        const [scrape] = localJobs({ ...SMALL, scrapeJobs: [job] }).flatMap((each) =>
            each.job === "own" ? [each] : [],
        );
        expect(scrape?.scrape).toMatchObject({ follow_redirects: false, ...placed(fields, "scrapeJobs.own") });
        // What the targets are shown is not for who lists them.
        expect(scrape?.scrape.http_sd_configs?.[0]).toEqual({ ...HTTP_SD, refresh_interval: "60s" });
    });

    it("of a list of targets shows nothing to the targets", () => {
        const { httpSd } = job;
        if (httpSd === undefined) throw new Error("no list");
        const listing = { ...scrapeJob("own"), httpSd: { ...httpSd, ...client } } as ReturnType<typeof scrapeJob>;
        const scrape = localJobs({ ...SMALL, scrapeJobs: [listing] }).find((each) => each.job === "own")?.scrape;
        expect(scrape?.http_sd_configs?.[0]).toMatchObject({
            follow_redirects: false,
            ...placed(fields, "scrapeJobs.own.httpSd"),
        });
        for (const field of ["basic_auth", "authorization", "tls_config", "follow_redirects"]) {
            expect(scrape).not.toHaveProperty(field);
        }
    });

    it("of an Alertmanager and of a remote write has the same fields", () => {
        const own = { ...alertmanager("own"), ...client } as ReturnType<typeof alertmanager>;
        const other = { ...receiver("own"), ...client } as ReturnType<typeof receiver>;
        const document = prometheusDocument({ ...SMALL, companions: [], alertmanagers: [own], remoteWrite: [other] });
        expect(document.alerting?.alertmanagers).toEqual([
            {
                scheme: "http",
                follow_redirects: false,
                ...placed(fields, "alertmanagers.own"),
                static_configs: [{ targets: ["203.0.113.40:9093"] }],
            },
        ]);
        expect(document.remote_write).toEqual([
            {
                name: "own",
                url: "https://metrics.example.com/write",
                follow_redirects: false,
                ...placed(fields, "remoteWrite.own"),
            },
        ]);
    });
});

describe("a job of the user's own", () => {
    it("has limits, and the labels of its targets, whether or not it says so", () => {
        expect(rendered({})).toEqual({
            ...{ job_name: "own", scrape_interval: "30s", scrape_timeout: "10s" },
            ...{ sample_limit: 200_000, label_limit: 64, body_size_limit: "200MB" },
            ...{ fallback_scrape_protocol: "PrometheusText0.0.4", scheme: "http", metrics_path: "/metrics" },
            static_configs: [{ targets: ["198.51.100.31:9100"] }],
            metric_relabel_configs: [
                { source_labels: ["cluster"], regex: "(.+)", target_label: "exported_cluster" },
                { target_label: "cluster", replacement: "" },
            ],
        });
        expect(rendered({ honorLabels: true, sampleLimit: 5, bodySizeLimit: "1MB" })).toMatchObject({
            ...{ honor_labels: true, sample_limit: 5, body_size_limit: "1MB" },
        });
    });

    it("has parameters in the order of their names", () => {
        const { params = {} } = rendered({ params: { b: ["2", "1"], a: ["x"] } });
        expect(Object.entries(params)).toEqual([
            ["a", ["x"]],
            ["b", ["2", "1"]],
        ]);
    });

    it("shows a bearer token where no other scheme is named", () => {
        expect(rendered({ authorization: {} }).authorization?.type).toBe("Bearer");
    });

    it("needs nothing but TLS of its own to be shown no credentials, and then follows redirects", () => {
        const { tls_config, proxy_url, follow_redirects } = rendered({
            scheme: "https",
            serverName: "name",
            insecureSkipVerify: true,
            proxyUrl: "http://proxy:3128",
        });
        expect(tls_config).toEqual({ server_name: "name", insecure_skip_verify: true });
        expect([proxy_url, follow_redirects]).toEqual(["http://proxy:3128", undefined]);
    });

    it("gives what is discovered its labels too, a dollar sign as it is", () => {
        const fileSd = { files: ["/etc/targets/*.json"] };
        const { relabel_configs, static_configs, target_limit } = rendered({ fileSd, labels: { b: "5 $1", a: "" } });
        expect(relabel_configs).toEqual([
            { target_label: "cluster", replacement: "" },
            { target_label: "job", replacement: "own" },
            { target_label: "a", replacement: "" },
            { target_label: "b", replacement: "5 $$1" },
        ]);
        expect(static_configs).toEqual([{ targets: ["198.51.100.31:9100"] }]);
        expect(target_limit).toBe(1_000);
    });

    it("has targets from files, from a server, and from the DNS", () => {
        const found = rendered({
            fileSd: { files: ["/a.json"], refreshInterval: "1m" },
            httpSd: HTTP_SD,
            dnsSd: { names: ["_m._tcp.example.com"] },
        });
        expect(found.file_sd_configs).toEqual([{ files: ["/a.json"], refresh_interval: "1m" }]);
        expect(found.http_sd_configs).toEqual([{ ...HTTP_SD, refresh_interval: "60s" }]);
        expect(found.dns_sd_configs).toEqual([
            { names: ["_m._tcp.example.com"], type: "SRV", refresh_interval: "30s" },
        ]);
        expect(rendered({ dnsSd: { names: ["a"], type: "A", port: 1 } }).dns_sd_configs?.[0]).toMatchObject({
            type: "A",
            port: 1,
        });
    });

    it("asks the blackbox_exporter about each target that it probes", () => {
        const target = "https://www.example.com/";
        const probed = rendered({ targets: [target], probe: { module: "http_2xx" }, labels: { site: "berlin" } });
        expect(probed).toMatchObject({ metrics_path: "/probe", params: { module: ["http_2xx"] } });
        expect(probed.static_configs).toEqual([{ targets: [target], labels: { site: "berlin" } }]);
        expect(probed.relabel_configs).toEqual([
            { source_labels: ["__address__"], target_label: "__param_target" },
            { source_labels: ["__param_target"], target_label: "instance" },
            { target_label: "__address__", replacement: "127.0.0.1:9115" },
        ]);
        expect(probed).not.toHaveProperty("scheme");
    });
});

describe("what leaves this Prometheus", () => {
    it("has labels of its own, of which Prometheus reads none as a variable", () => {
        const externalLabels = { site: "berlin", price: "$HOME ${HOME} $$" };
        const labels = (version: string) =>
            prometheusDocument({ ...SMALL, prometheus: { ...SMALL.prometheus, version, externalLabels } }).global
                .external_labels;
        for (const version of ["3.13.2", "3.0.0-rc.0", "3.0.0"]) {
            expect(labels(version)).toEqual({ price: "$$HOME $${HOME} $$$$", site: "berlin" });
        }
        // An older one reads none, and sends what stands there.
        expect(labels("2.55.1")).toEqual(externalLabels);
        expect(prometheusDocument(SMALL).global).not.toHaveProperty("external_labels");
    });

    it("goes to every Alertmanager, that on the VM first, and to every storage, by their names", () => {
        const others = {
            alertmanagers: [
                alertmanager("b"),
                alertmanager("a", { scheme: "https", pathPrefix: "/am", timeout: "5s", targets: ["a:1"] }),
            ],
            remoteWrite: [receiver("b"), receiver("a", { remoteTimeout: "5s", sendNativeHistograms: true })],
        };
        const { alerting, remote_write } = prometheusDocument({ ...SMALL, ...others });
        expect(alerting?.alertmanagers).toEqual([
            { static_configs: [{ targets: ["127.0.0.1:9093"] }] },
            { scheme: "https", path_prefix: "/am", timeout: "5s", static_configs: [{ targets: ["a:1"] }] },
            { scheme: "http", static_configs: [{ targets: ["203.0.113.40:9093"] }] },
        ]);
        const url = "https://metrics.example.com/write";
        expect(remote_write).toEqual([
            { name: "a", url, remote_timeout: "5s", send_native_histograms: true },
            { name: "b", url },
        ]);
        const without = documents({ ...SMALL, companions: [] });
        expect(without.find(({ path }) => path === "prometheus.yml")?.content).not.toMatch(/alerting|remote_write/);
    });
});
