import type { z } from "zod";
import { Flavour, replicasOf } from "./inCluster";
import { field, isObject } from "./scalars";

type Path = (string | number)[];

type Refuse = (path: Path, message: string, params?: { remove: true }) => void;

/** Sets it right by taking the key away. */
const REMOVE = { remove: true } as const;

const WAYS = ["gateway", "ingress", "apiServerProxy", "url"] as const;

/** What is wrong with an endpoint as a whole. Sees values that are about to be refused, and passes over them. */
export function endpointIssues(endpoint: unknown, context: z.RefinementCtx): void {
    const refuse: Refuse = (path, message, params) => {
        context.addIssue({ code: "custom", path, message, params });
    };
    if (!isObject(endpoint)) {
        return;
    }
    const named = WAYS.filter((each) => endpoint[each] !== undefined);
    const objects = named.filter((each) => isObject(endpoint[each]));
    const [way, ...others] = objects.length > 0 ? objects : named;
    if (way === undefined) {
        refuse([], `must have one of ${WAYS.join(", ")}`);
        return;
    }
    others.forEach((other) => {
        refuse([other], `must not be set beside ${way}`, REMOVE);
    });
    const prometheus = endpoint["prometheus"] ?? {};
    if (way === "url") {
        const unused = ["release", "namespace", "replicas", "pods", "podLabels", "routePrefix"];
        unused
            .filter((name) => field(prometheus, name) !== undefined)
            .forEach((name) => {
                refuse(["prometheus", name], "is of no use beside url, which tells where the Prometheus is", REMOVE);
            });
        urlIssues(endpoint.url, refuse);
        return;
    }
    prometheusIssues(prometheus, refuse);
    const count = replicaCount(prometheus);
    if (way === "gateway" && isObject(endpoint.gateway)) {
        gatewayIssues(endpoint.gateway, count, refuse);
    }
    if (way === "ingress" && isObject(endpoint.ingress)) {
        ingressIssues(endpoint.ingress, count, refuse);
    }
}

function prometheusIssues(prometheus: unknown, refuse: Refuse): void {
    const given = (name: string) => field(prometheus, name) !== undefined;
    const flavour = Flavour.catch("custom").parse(field(prometheus, "flavour"));
    const isRelease = flavour === "prometheus" || flavour === "kube-prometheus-stack";
    if (!given("namespace") && flavour !== "kube-prometheus") {
        refuse(["prometheus", "namespace"], "is missing: the namespace of the Prometheus in the cluster");
    }
    if (given("pods") || given("podLabels")) {
        if (given("pods") && given("podLabels")) {
            refuse(["prometheus", "podLabels"], "must not be set beside pods", REMOVE);
        }
        if (given("replicas")) {
            const message = "must not be set beside pods or podLabels, which tell how many there are";
            refuse(["prometheus", "replicas"], message, REMOVE);
        }
    } else if (isRelease && !given("release")) {
        refuse(
            ["prometheus", "release"],
            `is missing: with the flavour ${flavour} it tells the pods' names (or set pods)`,
        );
    } else if (flavour === "custom") {
        refuse(
            ["prometheus", "pods"],
            "is missing: the names of its pods, one a replica (or set flavour, or podLabels)",
        );
    }
    if (given("release") && !isRelease) {
        refuse(["prometheus", "release"], `is of no use with the flavour ${flavour}`, REMOVE);
    }
    different(["prometheus", "pods"], field(prometheus, "pods"), refuse);
}

/** How many replicas there are; undefined where that cannot be told. */
function replicaCount(prometheus: unknown): number | undefined {
    const text = (name: string) => {
        const value = field(prometheus, name);
        return typeof value === "string" ? value : undefined;
    };
    const pods = field(prometheus, "pods");
    const replicas = field(prometheus, "replicas");
    if (pods !== undefined && !Array.isArray(pods)) {
        return undefined;
    }
    return replicasOf({
        flavour: Flavour.catch("custom").parse(field(prometheus, "flavour")),
        release: text("release"),
        pods: pods?.map(String),
        podLabels: field(prometheus, "podLabels") === undefined ? undefined : {},
        replicas: typeof replicas === "number" && replicas >= 1 && replicas <= 16 ? replicas : undefined,
    })?.length;
}

function gatewayIssues(gateway: unknown, count: number | undefined, refuse: Refuse): void {
    const at = (name: string): Path => ["gateway", name];
    const hasBalancer = field(gateway, "loadBalancer") !== undefined;
    for (const name of ["nodeAddresses", "nodePorts"]) {
        const value = field(gateway, name);
        if (value === undefined && !hasBalancer) {
            const meaning = name === "nodePorts" ? "ports on the nodes, one for each replica" : "addresses of nodes";
            refuse(at(name), `is missing: ${meaning} (or set loadBalancer)`);
        }
        if (value !== undefined && hasBalancer) {
            refuse(at(name), "must not be set beside loadBalancer", REMOVE);
        }
    }
    onePerReplica(at("nodePorts"), field(gateway, "nodePorts"), count, refuse);
}

function ingressIssues(ingress: unknown, count: number | undefined, refuse: Refuse): void {
    const given = (name: string) => (field(ingress, name) ?? undefined) !== undefined;
    onePerReplica(["ingress", "hosts"], field(ingress, "hosts"), count, refuse);
    if (!given("username") && !given("clientCertificate")) {
        const message =
            "is missing: an Ingress without username or clientCertificate would show all series to everybody";
        refuse(["ingress", "username"], message);
    }
    if (given("httpRoute")) {
        ["className", "tlsSecret"].filter(given).forEach((name) => {
            const message = "must not be set beside httpRoute, whose Gateway has a class and certificates";
            refuse(["ingress", name], message, REMOVE);
        });
    }
}

function urlIssues(url: unknown, refuse: Refuse): void {
    const urls = field(url, "urls");
    different(["url", "urls"], urls, refuse);
    if (Array.isArray(urls) && urls.some((each) => String(each).startsWith("http://"))) {
        ["caCertificate", "username", "clientCertificate"]
            .filter((name) => field(url, name) !== undefined)
            .forEach((name) => {
                refuse(["url", name], "needs urls that all begin with https://", REMOVE);
            });
    }
    if (Array.isArray(urls) && new Set(urls.map((each) => String(each).split(":")[0])).size > 1) {
        refuse(["url", "urls"], "must all be of one scheme, http or https");
    }
}

function onePerReplica(path: Path, values: unknown, count: number | undefined, refuse: Refuse): void {
    if (Array.isArray(values) && count !== undefined && values.length !== count) {
        refuse(
            path,
            `must be one for each replica of the Prometheus, of which there ${count === 1 ? "is 1" : `are ${count}`}`,
        );
    }
    different(path, values, refuse);
}

function different(path: Path, values: unknown, refuse: Refuse): void {
    if (Array.isArray(values) && new Set(values).size !== values.length) {
        refuse(path, "must all be different");
    }
}
