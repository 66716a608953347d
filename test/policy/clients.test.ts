import { describe, expect, it } from "vitest";
import { uncheckedTls } from "./clients";
import { taking, whats } from "./deploying";

describe("the rule about TLS", () => {
    const skipping = "tls_config: { insecure_skip_verify: true }";
    const credentials = "/usr/local/etc/prometheus/credentials/eu";
    const found = (fields: string, name = "eu/etcd") =>
        whats(
            uncheckedTls(
                taking(
                    "clusters/eu.yml",
                    `scrape_configs:\n  - { job_name: ${name}, scheme: https, ${skipping}, ${fields} }\n`,
                ),
            ),
        );

    it("passes over a token that reads metrics and nothing else", () => {
        expect(found(`authorization: { credentials_file: ${credentials}/kubelet.token }`)).toEqual([]);
    });

    it.each([
        [`authorization: { credentials_file: ${credentials}/discovery.token }`, `${credentials}/discovery.token`],
        ["authorization: { credentials_file: /etc/kubelet.token }", "/etc/kubelet.token"],
        ["basic_auth: { username: u, password_file: /p }", "basic_auth"],
    ])("reports a job with %s", (fields, shown) => {
        expect(found(fields)).toEqual([
            `takes any certificate in clusters/eu.yml for the job eu/etcd, which shows ${shown}`,
        ]);
    });

    it("reports a job of an API server, and a discovery, whatever they show", () => {
        expect(found("metrics_path: /metrics", "eu/kubernetes-apiservers")).toEqual([
            "takes any certificate in clusters/eu.yml for the job eu/kubernetes-apiservers, which is an API server's",
        ]);
        const document = `scrape_configs:\n  - { job_name: x, kubernetes_sd_configs: [{ ${skipping} }] }\n`;
        expect(whats(uncheckedTls(taking("scrape/own.yml", document)))).toEqual([
            "takes any certificate in scrape/own.yml for kubernetes_sd_configs of the job x, which is an API server's",
        ]);
    });

    it.each(["alerting: { alertmanagers: [%] }", "remote_write: [%]"])("reports a client in %s", (place) => {
        const document = place.replace("%", `{ ${skipping}, authorization: { credentials_file: /t } }`);
        expect(whats(uncheckedTls(taking("prometheus.yml", document)))[0]).toContain("which shows /t");
    });

    it("reports what any header or token is shown to without TLS, unless it is the VM itself", () => {
        const token = "authorization: { credentials_file: /t }";
        const targets = (target: string) => `static_configs: [{ targets: ["${target}"] }]`;
        const plain = (document: string) => whats(uncheckedTls(taking("scrape/own.yml", document)));
        const job = (fields: string) => plain(`scrape_configs: [{ job_name: x, ${fields} }]\n`);
        const told = "asks without TLS in scrape/own.yml for";
        expect(job(`${token}, ${targets("192.0.2.1:80")}`)).toEqual([`${told} the job x, which shows /t`]);
        expect(job(`scheme: http, basic_auth: { username: u }`)).toEqual([`${told} the job x, which shows basic_auth`]);
        expect(job(`scheme: http, ${targets("192.0.2.1:80")}`)).toEqual([]);
        expect(job(`scheme: https, ${token}, ${targets("192.0.2.1:443")}`)).toEqual([]);
        const https = `scheme: https, ${token}`;
        const rule = (words: string) => `relabel_configs: [{ target_label: __scheme__${words} }]`;
        expect(job(`${https}, static_configs: [{ targets: [a], labels: { __scheme__: http } }]`)).toHaveLength(1);
        expect(job(`${https}, ${targets("a")}, ${rule(", source_labels: [a]")}`)).toHaveLength(1);
        expect(job(`${https}, ${targets("a")}, ${rule(", replacement: https")}`)).toEqual([]);
        const oauth2 = (url: string) => `scheme: https, ${targets("a")}, oauth2: { token_url: "${url}" }`;
        expect(job(oauth2("http://192.0.2.1/token"))).toEqual([`${told} the job x, which shows oauth2`]);
        expect(job(oauth2("https://192.0.2.1/token"))).toEqual([]);
        expect(job(`${token}, ${targets("127.0.0.1:9100")}`)).toEqual([]);
        expect(job(`${token}, ${targets("127.0.0.1:9100")}, dns_sd_configs: [{ names: [a] }]`)).toHaveLength(1);
        expect(job(`scheme: https, http_sd_configs: [{ url: "http://192.0.2.1/", ${token} }]`)).toEqual([
            `${told} http_sd_configs of the job x, which shows /t`,
        ]);
        expect(job(`scheme: https, http_sd_configs: [{ url: "http://localhost/", ${token} }]`)).toEqual([]);
        expect(job(`scheme: https, consul_sd_configs: [{ server: "192.0.2.1:8500", ${token} }]`)).toHaveLength(1);
        expect(plain(`alerting: { alertmanagers: [{ ${token}, ${targets("192.0.2.1:9093")} }] }`)).toHaveLength(1);
        expect(plain(`remote_write: [{ url: "HTTP://192.0.2.1/", proxy_url: "http://p", ${token} }]`)).toHaveLength(1);
        expect(plain(`remote_write: [{ url: "https://192.0.2.1/", proxy_url: "http://p", ${token} }]`)).toEqual([]);
    });

    it("reports headers of one's own, whatever they are taken from", () => {
        for (const given of ["files: [/t]", "values: [s]", "secrets: [s]"]) {
            expect(found(`http_headers: { X-Api-Key: { ${given} } }`)).toEqual([
                "takes any certificate in clusters/eu.yml for the job eu/etcd, which shows http_headers",
            ]);
        }
    });
});
