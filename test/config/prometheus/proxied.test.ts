import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as yaml from "js-yaml";
import { afterAll, describe, expect, it } from "vitest";
import { guardExporter } from "../../../config/prometheus/guard";
import type { ScrapeConfig } from "../../../config/prometheus/types";
import type { AnnotatedJob, Jobs } from "../../../config/source";
import { clusterDocument, source } from "./scraping";

const directory = mkdtempSync(join(tmpdir(), "external-prometheus-proxied-"));
afterAll(() => {
    rmSync(directory, { recursive: true });
});

function proxiedJobs(job: AnnotatedJob, namespaces: string[]): Jobs {
    return { ...source().jobs, [job]: { path: "apiServerProxy", interval: "30s", namespaces } };
}

function proxied(job: AnnotatedJob, namespaces = ["*"], server?: string): ScrapeConfig {
    const jobs = proxiedJobs(job, namespaces);
    const { scrape_configs } = clusterDocument(source("staging", { jobs, ...(server !== undefined && { server }) }));
    const found = scrape_configs.find(({ job_name }) => job_name === `staging/${job}`);
    if (found === undefined) throw new Error(`no job ${job}`);
    return found;
}

type Labels = Readonly<Record<string, string>>;

/** Targets that Prometheus makes of what its discovery says of each, by its own relabelling; undefined for what it drops. */
function targets(config: ScrapeConfig, discovered: readonly Labels[]): (Labels | undefined)[] {
    const file = join(directory, "targets.json");
    writeFileSync(file, JSON.stringify(discovered.map((labels) => ({ targets: ["192.0.2.99:1"], labels }))));
    const { job_name, scrape_interval, scrape_timeout, scheme, relabel_configs } = config;
    const job = { job_name, scrape_interval, scrape_timeout, scheme, relabel_configs };
    const document = { scrape_configs: [{ ...job, file_sd_configs: [{ files: [file] }] }] };
    const path = join(directory, "prometheus.yml");
    writeFileSync(path, yaml.dump(document));
    const args = ["check", "service-discovery", "--timeout=1s", path, job_name];
    const text = execFileSync("promtool", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    const found = JSON.parse(text) as { discoveredLabels: Labels; labels: Labels }[];
    return discovered.map((labels) => {
        const match = found.find(({ discoveredLabels }) =>
            Object.entries(labels).every(([name, value]) => (discoveredLabels[name] ?? "") === value),
        );
        if (match === undefined) throw new Error(`promtool does not know ${JSON.stringify(labels)}`);
        return Object.keys(match.labels).length === 0 ? undefined : match.labels;
    });
}

/** As Kubernetes says it of a container's port of a running pod. */
function pod(name: string, annotations: Labels = {}, changes: Labels = {}): Labels {
    return {
        __meta_kubernetes_namespace: "shop",
        __meta_kubernetes_pod_name: name,
        __meta_kubernetes_pod_ip: "10.97.0.5",
        __meta_kubernetes_pod_node_name: "node-1",
        __meta_kubernetes_pod_phase: "Running",
        __meta_kubernetes_pod_container_init: "false",
        __meta_kubernetes_pod_container_port_number: "8080",
        ...annotated("pod", { scrape: "true", ...annotations }),
        ...changes,
    };
}

/** As it says it of a port of a pod behind a Service. */
function endpoint(name: string, annotations: Labels = {}, changes: Labels = {}): Labels {
    return {
        ...pod(name, {}, { __meta_kubernetes_service_name: "catalog", __meta_kubernetes_endpointslice_port: "8081" }),
        ...annotated("service", { scrape: "true", ...annotations }),
        ...changes,
    };
}

function annotated(kind: string, annotations: Labels): Labels {
    const entries = Object.entries(annotations);
    return Object.fromEntries(
        entries.map(([name, value]) => [`__meta_kubernetes_${kind}_annotation_prometheus_io_${name}`, value]),
    );
}

function request(target: Labels | undefined): string | undefined {
    const { __scheme__, __address__, __metrics_path__ } = target ?? {};
    return target && `${__scheme__ ?? ""}://${__address__ ?? ""}${__metrics_path__ ?? ""}`;
}

const PODS = "https://k8s.example.com:6443/api/v1/namespaces/shop/pods";

describe("a pod", () => {
    const config = proxied("kubernetes-pods");

    it("is asked for by the API server, under the labels that it has in the cluster", () => {
        const [target] = targets(config, [
            pod("a-1", {}, { __meta_kubernetes_pod_label_app_kubernetes_io_name: "orders" }),
        ]);
        expect(request(target)).toBe(`${PODS}/a-1:8080/proxy/metrics`);
        const shown = Object.entries(target ?? {}).filter(([label]) => !label.startsWith("__"));
        expect(Object.fromEntries(shown)).toEqual({
            app_kubernetes_io_name: "orders",
            cluster: "staging",
            instance: "10.97.0.5:8080",
            job: "kubernetes-pods",
            namespace: "shop",
            node: "node-1",
            pod: "a-1",
        });
    });

    it("says by annotations what follows its own path, and with which parameters", () => {
        const discovered = [
            pod("a", { port: "9000", path: "/internal/metrics", param_module: "x" }),
            pod("b", { path: "metrics" }),
            pod("c", { path: "/" }),
            pod("d", { scheme: "https" }),
            pod("e", { scheme: "ftp" }),
            pod("f", { path: "/a@b/~c:d=e/f.g,(h)" }),
            pod("g", { path: "/..hidden/...a/b." }),
        ];
        const found = targets(config, discovered);
        expect(found.map(request)).toEqual(
            [
                "a:9000/proxy/internal/metrics",
                "b:8080/proxy/metrics",
                "c:8080/proxy/",
                "https:d:8080/proxy/metrics",
                "e:8080/proxy/metrics",
                "f:8080/proxy/a@b/~c:d=e/f.g,(h)",
                "g:8080/proxy/..hidden/...a/b.",
            ].map((path) => `${PODS}/${path}`),
        );
        expect(found[0]).toMatchObject({ instance: "10.97.0.5:9000", __param_module: "x" });
    });

    it("has an address of IPv6 in brackets", () => {
        const [target] = targets(config, [pod("a", {}, { __meta_kubernetes_pod_ip: "2001:db8::5" })]);
        expect(target).toMatchObject({ instance: "[2001:db8::5]:8080" });
        expect(request(target)).toBe(`${PODS}/a:8080/proxy/metrics`);
    });

    it("is a target for each of its ports, or for the one that it names", () => {
        const port = (name: string, number: string, annotations: Labels = {}) =>
            pod(name, annotations, { __meta_kubernetes_pod_container_port_number: number });
        expect(
            targets(config, [
                port("a", "1"),
                port("a", "2"),
                port("b", "3", { port: "9" }),
                port("b", "4", { port: "9" }),
            ]).map((target) => target?.["instance"]),
        ).toEqual(["10.97.0.5:1", "10.97.0.5:2", "10.97.0.5:9", "10.97.0.5:9"]);
    });

    it.each<[string, Labels, Labels]>([
        ["that does not want to be", { scrape: "false" }, {}],
        ["that waits", {}, { __meta_kubernetes_pod_phase: "Pending" }],
        ["that has ended well", {}, { __meta_kubernetes_pod_phase: "Succeeded" }],
        ["that has failed", {}, { __meta_kubernetes_pod_phase: "Failed" }],
        ["by its init container", {}, { __meta_kubernetes_pod_container_init: "true" }],
        ["without a port", {}, { __meta_kubernetes_pod_container_port_number: "" }],
        ["without an address", {}, { __meta_kubernetes_pod_ip: "" }],
    ])("is not scraped %s", (_, annotations, changes) => {
        expect(targets(config, [pod("a", annotations, changes)])).toEqual([undefined]);
    });

    it("is scraped without a port of its own where it names one", () => {
        const [target] = targets(config, [
            pod("a", { port: "9000" }, { __meta_kubernetes_pod_container_port_number: "" }),
        ]);
        expect(request(target)).toBe(`${PODS}/a:9000/proxy/metrics`);
    });

    it("is scraped slowly where it says so, under the name that the charts give that job", () => {
        const [slow, other, alone] = targets(config, [
            pod("a", { scrape_slow: "true" }),
            pod("b", { scrape_slow: "false" }),
            pod("c", { scrape: "", scrape_slow: "true" }),
        ]);
        const times = (target: Labels | undefined) => [
            target?.["job"],
            target?.["__scrape_interval__"],
            target?.["__scrape_timeout__"],
        ];
        expect(times(slow)).toEqual(["kubernetes-pods-slow", "4m", "30s"]);
        expect(times(alone)).toEqual(times(slow));
        expect(times(other)).toEqual(["kubernetes-pods", "30s", "10s"]);
    });

    it("is no target with a path that leads elsewhere", () => {
        const paths = [
            "../secrets",
            "/../../../secrets",
            "/a/../b",
            "/a/..",
            "..",
            "/./metrics",
            "/a/.",
            "/%2e%2e/secrets",
            "/.%2E/secrets",
            "/a%2fb",
            "/metrics?x=y",
            "/metrics#x",
            "//evil.example.com/metrics",
            "/a//b",
            "/a;b",
            "/a\\..\\b",
            "/a b",
            "/a\nb",
            "/a\u0000b",
            "/ä",
            "/a\u202e",
        ];
        const found = targets(
            config,
            paths.map((path) => pod("a", { path })),
        );
        expect(paths.filter((_, n) => found[n] !== undefined)).toEqual([]);
    });

    it.each<[string, Labels, Labels]>([
        ["a port that is none", { port: "8080/proxy/../../../../secrets" }, {}],
        ["a port with a host", { port: "evil.example.com:80" }, {}],
        ["a scheme", { scheme: "https://evil.example.com/?" }, {}],
        ["a label named job", {}, { __meta_kubernetes_pod_label_job: "kubernetes-nodes" }],
        ["a label named cluster", {}, { __meta_kubernetes_pod_label_cluster: "other" }],
        ["a label named instance", {}, { __meta_kubernetes_pod_label_instance: "other" }],
        ["a label named namespace", {}, { __meta_kubernetes_pod_label_namespace: "other" }],
        ["parameters like labels", { param__scheme__: "http", param_x: "y" }, {}],
    ])("sends the token to no other place and has no other name by %s", (_, annotations, changes) => {
        const [plain, hostile] = targets(config, [
            pod("a"),
            pod("a", annotations, { ...changes, __tmp_tried: "true" }),
        ]);
        const own = (target: Labels | undefined) =>
            Object.fromEntries(Object.entries(target ?? {}).filter(([name]) => !/^__(param|tmp)_/.test(name)));
        expect(own(hostile)).toEqual(own(plain));
    });

    it("is looked for in the namespaces that are named, by another token than it is reached with", () => {
        const { kubernetes_sd_configs, authorization, follow_redirects, honor_labels } = proxied("kubernetes-pods", [
            "shop",
            "bank",
        ]);
        expect(kubernetes_sd_configs).toMatchObject([{ role: "pod", namespaces: { names: ["shop", "bank"] } }]);
        expect(kubernetes_sd_configs?.[0]?.authorization.credentials_file).toMatch(/\/discovery\.token$/);
        expect(authorization?.credentials_file).toMatch(/\/proxy\.token$/);
        expect(follow_redirects).toBe(false);
        expect(honor_labels).toBeUndefined();
        expect(config.kubernetes_sd_configs?.[0]?.namespaces).toBeUndefined();
    });

    it("is reached below the path of an API server that has one", () => {
        const behind = proxied("kubernetes-pods", ["*"], "https://hub.example.com/k8s/c-1.x/");
        expect(request(targets(behind, [pod("a")])[0])).toBe(
            "https://hub.example.com:443/k8s/c-1.x/api/v1/namespaces/shop/pods/a:8080/proxy/metrics",
        );
    });
});

describe("a pod behind a Service", () => {
    const config = proxied("kubernetes-service-endpoints");

    it("is reached itself, under its Service's labels", () => {
        const [target] = targets(config, [
            endpoint("a-1", { path: "/x" }, { __meta_kubernetes_service_label_app: "catalog" }),
        ]);
        expect(request(target)).toBe(`${PODS}/a-1:8081/proxy/x`);
        const shown = Object.entries(target ?? {}).filter(([label]) => !label.startsWith("__"));
        expect(Object.fromEntries(shown)).toEqual({
            app: "catalog",
            cluster: "staging",
            instance: "10.97.0.5:8081",
            job: "kubernetes-service-endpoints",
            namespace: "shop",
            node: "node-1",
            service: "catalog",
        });
    });

    it("has the port that its Service names before all others", () => {
        const [own, named] = targets(config, [
            endpoint("a", {}, { __meta_kubernetes_endpointslice_port: "" }),
            endpoint("b", { port: "9000" }),
        ]);
        expect(own).toMatchObject({ instance: "10.97.0.5:8080" });
        expect(named).toMatchObject({ instance: "10.97.0.5:9000" });
    });

    it("is none without a pod, which the API server could not reach", () => {
        expect(targets(config, [endpoint("", {})])).toEqual([undefined]);
    });

    it("keeps its labels, but under no name of another job or cluster", () => {
        expect(config).toMatchObject({ honor_labels: true });
        const proxying = source("staging", { jobs: proxiedJobs("kubernetes-service-endpoints", ["*"]) });
        expect(config.metric_relabel_configs).toEqual(guardExporter(proxying, "kubernetes-service-endpoints"));
        expect(config.metric_relabel_configs?.[0]?.regex).toContain("|(kubernetes-pods(-slow)?);.*|");
    });
});
