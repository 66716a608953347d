import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { FrontConfig } from "../../config/front";
import { entries } from "../../config/outputs";
import { ScrapeSource } from "../../config/source";
import { CA, CERTIFICATE } from "./frontCertificates";

function front(changes: Partial<z.input<typeof FrontConfig>> = {}) {
    const users = { alice: { roles: ["viewer" as const] } };
    return FrontConfig.parse({ serverName: "prometheus.example.com", users, ...changes });
}

const PROMETHEUS = { scrapeInterval: "30s" } as const;

describe("what others may read of a front", () => {
    it("is a data source for Grafana where somebody may look", () => {
        expect(entries("prod", front({ path: "/prometheus/" }), PROMETHEUS)).toEqual({
            grafanaDataSource: {
                name: "prod",
                type: "prometheus",
                access: "proxy",
                url: "https://prometheus.example.com/prometheus/",
                jsonData: {
                    httpMethod: "POST",
                    timeInterval: "30s",
                    tlsAuth: false,
                    tlsAuthWithCACert: true,
                    serverName: "prometheus.example.com",
                },
            },
        });
    });

    it.each([
        ["a machine may look", { clients: { grafana: { roles: ["viewer" as const] } } }, { tlsAuth: true }],
        ["machines may do other things", { clients: { other: { roles: ["federator" as const] } } }, { tlsAuth: false }],
        ["everybody trusts the certificate", { certificate: CERTIFICATE }, { tlsAuthWithCACert: false }],
        [
            "another CA has signed the certificate",
            { certificate: CERTIFICATE, caCertificate: CA },
            { tlsAuthWithCACert: true },
        ],
    ])("tells Grafana what it needs where %s", (_where, changes, jsonData) => {
        expect(entries("prod", front(changes), PROMETHEUS).grafanaDataSource?.jsonData).toMatchObject(jsonData);
    });

    it("is where to write to where somebody may write, and nothing for Grafana where nobody may look", () => {
        const users = { alice: { roles: ["writer" as const] } };
        expect(entries("prod", front({ users }), PROMETHEUS)).toEqual({
            remoteWriteUrl: "https://prometheus.example.com/api/v1/write",
        });
    });

    it("is a source for another Prometheus where a machine may federate by a certificate that is made here", () => {
        const clients = { global: { roles: ["federator" as const] } };
        const { federationSource } = entries("prod", front({ clients, path: "/prometheus/" }), PROMETHEUS);
        expect(ScrapeSource.parse(federationSource)).toMatchObject({
            name: "prod",
            federation: {
                targets: [{ address: "prometheus.example.com:443", metricsPath: "/prometheus/federate" }],
                ca: "own",
                shows: ["certificate"],
            },
        });
        expect(federationSource?.server).toBeUndefined();
        // By another CA, no certificate is made here; the other is no name that a cluster can have.
        const given = { clients, clientCaCertificate: CA };
        expect(entries("prod", front(given), PROMETHEUS)).not.toHaveProperty("federationSource");
        expect(entries("Prod_EU", front({ clients }), PROMETHEUS)).not.toHaveProperty("federationSource");
    });

    it("is where the Alertmanager is, if that is behind it", () => {
        expect(
            entries("prod", front({ path: "/prometheus/", alertmanagerPath: "/alertmanager/" }), PROMETHEUS)
                .alertmanagerUrl,
        ).toBe("https://prometheus.example.com/alertmanager/");
    });
});
