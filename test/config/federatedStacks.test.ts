import { describe, expect, it } from "vitest";
import { FrontConfig } from "../../config/front";
import { entries, federationCredentials } from "../../config/outputs";
import { clusterJobs } from "../../config/prometheus/document";
import { each, KUBERNETES_JOBS, ScrapeSource } from "../../config/source";
import { federatedStack, watchedClusters } from "../../config/sourceStacks";
import { source } from "../components/vm";
import { CA, CERTIFICATE } from "./frontCertificates";

const FEDERATED_JOBS = each(KUBERNETES_JOBS, { path: "federate", interval: "30s" });

describe("another stack's own Prometheus", () => {
    const { federationSource } = entries(
        "monitor-b",
        FrontConfig.parse({ serverName: "b.example.com", clients: { global: { roles: ["federator"] } } }),
        { scrapeInterval: "30s" },
    );
    const pair = { certificate: CERTIFICATE, key: "canary-key" };
    const all = federationCredentials(["global"], { global: pair, grafana: pair }, CA);
    const read = (source: unknown, credentials: unknown, client = "global", isSecret = true) => {
        const stack = "organization/external-prometheus/monitor-b";
        return watchedClusters([federatedStack(stack, client, [source, credentials], isSecret)], []);
    };

    it("is a source under the stack's name, with what lets the named client in", () => {
        const { watched, problems } = read(federationSource, all);
        expect(problems).toEqual([]);
        expect(watched.map(({ source }) => source.name)).toEqual(["monitor-b"]);
        expect(watched[0]?.credentials.federation).toEqual({
            caCertificate: CA,
            clientCertificate: CERTIFICATE,
            clientKey: "canary-key",
        });
        const jobs = watched.flatMap(({ source }) => clusterJobs(source).map(({ job }) => job));
        expect(jobs).toEqual(["vital-signs", "recording-rules", "alerts"]);
    });

    it.each<[string, Parameters<typeof read>]>([
        ["has no output 'federationSource': it was not deployed", [undefined, all]],
        ["has no output 'federationCredentials': it was not deployed", [federationSource, undefined]],
        ["has no credentials of 'monitor-b': another passphrase", [federationSource, all, "grafana"]],
        ["has its output 'federationCredentials' in clear", [federationSource, all, "global", false]],
        ["whose output 'federationSource' cannot be understood", [{ ...federationSource, jobs: {} }, all]],
    ])("is refused where it %s", (says, args) => {
        const { problems } = read(...args);
        expect(problems).toHaveLength(1);
        expect(problems[0]?.key).toBe('federatedStacks["organization/external-prometheus/monitor-b"]');
        expect(problems[0]?.message).toContain(says);
        expect(JSON.stringify(problems)).not.toContain("canary");
    });
});

describe("a source that is no cluster", () => {
    const { server, caCertificate, ...rest } = source("eu");

    it.each<[string, object]>([
        ["scrapes something directly", {}],
        ["has a CA and no server", { jobs: FEDERATED_JOBS, caCertificate }],
        ["has a server and no CA", { jobs: FEDERATED_JOBS, server }],
        ["is known by the cluster's CA", { jobs: FEDERATED_JOBS, federation: { ...rest.federation, ca: "cluster" } }],
        ["has tokens", { jobs: FEDERATED_JOBS, boundTokens: { purposes: ["kubelet"], lifetimeSeconds: 600 } }],
    ])("is refused where it %s", (_what, changes) => {
        expect(ScrapeSource.safeParse({ ...rest, jobs: rest.jobs, ...changes }).error?.issues).toEqual([
            expect.objectContaining({ path: ["server"], message: "must be there, with caCertificate" }),
        ]);
    });

    it("is taken where all of it is federated", () => {
        expect(ScrapeSource.safeParse({ ...rest, jobs: FEDERATED_JOBS }).success).toBe(true);
    });
});
