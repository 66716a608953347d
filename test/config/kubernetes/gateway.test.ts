import { describe, expect, it } from "vitest";
import {
    admittanceNetworkPolicy,
    gatewayDeployment,
    gatewayDisruptionBudget,
    gatewayNetworkPolicy,
    gatewayService,
} from "../../../config/kubernetes/gateway";
import { replicaService } from "../../../config/kubernetes/replicaService";
import { httpRoutes, ingress } from "../../../config/kubernetes/ingress";
import { labels, selector } from "../../../config/kubernetes/labels";
import { endpoint, endpointOf } from "./cluster";

const args = { cluster: "lab", namespace: "external-prometheus", endpoint };
const balanced = endpointOf("gateway", {
    loadBalancer: { address: "203.0.113.20", annotations: { a: "b" }, sourceRanges: ["198.51.100.20/32"] },
});
const hosts = ["a.example.com", "b.example.com"];
const routed = endpointOf(
    "ingress",
    { hosts, className: "internal", annotations: { auth: "basic" }, tlsSecret: "tls", username: "monitor" },
    { routePrefix: "/prometheus" },
);
const httpRoute = { gateway: "internal", namespace: "gateways", sectionName: "https" };
const gatewayed = endpointOf("ingress", { hosts, username: "monitor", httpRoute });
const deployment = gatewayDeployment({ ...args, configMap: "conf", secret: "cert", checksum: "sum" });

it.each([
    ["the Deployment", deployment],
    ["a replica's Service", replicaService("lab", endpoint.prometheus, 1)],
    ["the Service", gatewayService(args)],
    ["the disruption budget", gatewayDisruptionBudget(args)],
    ["the network policy", gatewayNetworkPolicy(args)],
    [
        "the policy at a replica",
        admittanceNetworkPolicy(args, { name: "prometheus-0", selector: { app: "prometheus" } }),
    ],
    ["the Service of a load balancer", gatewayService({ ...args, endpoint: balanced })],
    ["the Ingress", ingress("lab", routed)],
    ["the first HTTPRoute", httpRoutes("lab", gatewayed)[0]],
])("%s is as recorded", (_, object) => {
    expect(object).toMatchSnapshot();
});

describe("selectors", () => {
    const all = [
        gatewayService(args).spec,
        gatewayDisruptionBudget(args).spec,
        gatewayNetworkPolicy(args).spec,
        deployment.spec,
    ];
    it("are parts of the pods' labels, and tell clusters and components apart", () => {
        expect(labels("lab", "gateway")).toMatchObject(selector("lab", "gateway"));
        for (const spec of all) expect(JSON.stringify(spec)).toContain(JSON.stringify(selector("lab", "gateway")));
        expect(selector("lab", "gateway")).not.toEqual(selector("other", "gateway"));
        expect(selector("lab", "gateway")).not.toEqual(selector("lab", "scrape-access"));
    });
    it("finds each replica by its own name, in the Prometheus's namespace", () => {
        const services = [0, 1].map((i) => replicaService("lab", endpoint.prometheus, i));
        expect(services.map(({ spec }) => spec)).toMatchObject([
            { selector: { "statefulset.kubernetes.io/pod-name": "prometheus-0" } },
            { selector: { "statefulset.kubernetes.io/pod-name": "prometheus-1" } },
        ]);
        expect(services.map(({ metadata }) => metadata)).toMatchObject([
            { namespace: "monitoring", name: "external-prometheus-replica-0" },
            { namespace: "monitoring", name: "external-prometheus-replica-1" },
        ]);
    });
});

it("leaves no route but /federate, one host a replica", () => {
    expect(JSON.stringify(ingress("lab", routed).spec).match(/"path":"[^"]*"/g)).toEqual(
        hosts.map(() => '"path":"/prometheus/federate"'),
    );
    expect(httpRoutes("lab", gatewayed).map(({ spec }) => spec.hostnames)).toEqual(hosts.map((host) => [host]));
    expect(httpRoutes("lab", routed)).toEqual([]);
});

it("hands the image and its pull policy on", () => {
    const own = { ...endpoint, image: "registry.example.com/nginx:1", imagePullPolicy: "Never" as const };
    const object = gatewayDeployment({ ...args, endpoint: own, configMap: "c", secret: "s", checksum: "x" });
    expect(JSON.stringify(object)).toContain('"image":"registry.example.com/nginx:1","imagePullPolicy":"Never"');
    expect(JSON.stringify(deployment)).not.toContain("imagePullPolicy");
});

it("does not open the probes' port to the outside", () => {
    expect(JSON.stringify(gatewayService(args))).not.toContain("8080");
    expect(JSON.stringify(gatewayNetworkPolicy(args))).not.toContain("8080");
});
