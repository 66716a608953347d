import { describe, expect, it } from "vitest";
import { uncheckedTls } from "./clients";
import { taking, whats } from "./deploying";

describe("the rule about TLS", () => {
    const skipping = "tls_config: { insecure_skip_verify: true }";
    const credentials = "/usr/local/etc/prometheus/credentials/eu";
    const found = (fields: string, name = "eu/etcd") =>
        whats(
            uncheckedTls(
                taking("clusters/eu.yml", `scrape_configs:\n  - { job_name: ${name}, ${skipping}, ${fields} }\n`),
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
        expect(found("scheme: https", "eu/kubernetes-apiservers")).toEqual([
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
});
