import { EVIDENCE_JOBS, KUBERNETES_JOBS } from "../../config/source";
import { booleans, clash, hosts, lists, notText, objects, ports, type Row, wrong } from "./refusal";
import { LABEL, PEM } from "./refusalsOfClusters";

const ENDPOINT = "clusters.staging.endpoint";
const DIFFERENT = "must all be different, got ";

const IN_CLUSTER = `${ENDPOINT}.prometheus`;
const GATEWAY = `${ENDPOINT}.gateway`;
const BALANCED = "clusters.balanced.endpoint";
const BALANCER = `${BALANCED}.gateway.loadBalancer`;
const ROUTED = "clusters.routed.endpoint";
const GATEWAYED = "clusters.gatewayed.endpoint";
const OPEN = "clusters.open.endpoint";
const TWO = "must be one for each replica of the Prometheus, of which there are 2";
const ANNOTATION = "has a name that must be the key of an annotation in Kubernetes";

const ENDPOINTS: Row[] = [
    clash(
        ENDPOINT,
        { [ENDPOINT]: undefined },
        "is missing, but federated jobs need it: kubernetes-pods, kubernetes-service-",
    ),
    ...objects(ENDPOINT, "tls", "known here: prometheus, gateway,"),
    clash(ENDPOINT, { [GATEWAY]: undefined }, "must have one of gateway, ingress, apiServerProxy, url, got {"),
    clash(`${ENDPOINT}.apiServerProxy`, { [`${ENDPOINT}.apiServerProxy`]: {} }, "must not be set beside gateway"),
    clash(
        `${ENDPOINT}.url`,
        { [`${ENDPOINT}.url`]: { urls: ["https://prometheus.example.com"] } },
        "must not be set beside gateway",
    ),
    clash(
        `${ROUTED}.url`,
        { [`${ROUTED}.url`]: { urls: ["https://prometheus.example.com"] } },
        "must not be set beside ingress",
    ),
    ...objects("clusters.proxied.endpoint.apiServerProxy", "port", "known here: "),
];

const IN_CLUSTERS: Row[] = [
    ...objects(IN_CLUSTER, "pod", "did you mean 'pods'?", [`${IN_CLUSTER}.namespace`, `${IN_CLUSTER}.pods`]),
    wrong(`${IN_CLUSTER}.flavour`, "helm", "must be custom or prometheus or kube-prometheus-stack or kube-prometheus"),
    notText("clusters.balanced.endpoint.prometheus.release"),
    wrong(`${BALANCED}.prometheus.release`, "A", `${LABEL}, got 'A'`),
    wrong(`${BALANCED}.prometheus.release`, "a".repeat(54), "must be at most 53 characters long, got 'aaa"),
    clash(
        `${BALANCED}.prometheus.release`,
        { [`${BALANCED}.prometheus.release`]: undefined },
        "is missing: with the flavour kube-prometheus-stack it tells the pods' names (or set pods)",
    ),
    clash(`${IN_CLUSTER}.release`, { [`${IN_CLUSTER}.release`]: "monitoring" }, "is of no use with the flavour custom"),
    wrong(`${IN_CLUSTER}.namespace`, undefined, "is missing: the namespace of the Prometheus in the cluster"),
    notText(`${IN_CLUSTER}.namespace`),
    wrong(`${IN_CLUSTER}.namespace`, "A/b", `${LABEL}, got 'A/b'`),
    wrong(`${BALANCED}.prometheus.replicas`, "2", "must be a number, got '2'"),
    wrong(`${BALANCED}.prometheus.replicas`, 1.5, "must be a whole number, got 1.5"),
    wrong(`${BALANCED}.prometheus.replicas`, 0, "must be at least 1, got 0"),
    wrong(`${BALANCED}.prometheus.replicas`, 17, "must be at most 16, got 17"),
    clash(
        `${IN_CLUSTER}.replicas`,
        { [`${IN_CLUSTER}.replicas`]: 2 },
        "must not be set beside pods or podLabels, which tell how many there are",
    ),
    wrong(
        `${IN_CLUSTER}.pods`,
        undefined,
        "is missing: the names of its pods, one a replica (or set flavour, or podLabels)",
    ),
    ...lists(`${IN_CLUSTER}.pods`, "prometheus-0"),
    wrong(`${IN_CLUSTER}.pods`, [], "must not be empty, got []", [`${GATEWAY}.nodePorts`]),
    wrong(`${IN_CLUSTER}.pods`, ["a", "a"], `${DIFFERENT}["a","a"]`),
    notText(`${IN_CLUSTER}.pods[0]`),
    wrong(`${IN_CLUSTER}.pods[0]`, "a.b", `${LABEL}, got 'a.b'`),
    wrong(`${GATEWAYED}.prometheus.podLabels`, "app", "must be an object, got 'app'"),
    wrong(`${GATEWAYED}.prometheus.podLabels`, {}, "must name a label, or all pods would be meant, got {}"),
    wrong(`${GATEWAYED}.prometheus.podLabels["a b"]`, "x", "has a name that must be the key of a label in Kubernetes"),
    wrong(`${GATEWAYED}.prometheus.podLabels.__proto__`, "x", "has a name that is not allowed"),
    notText(`${GATEWAYED}.prometheus.podLabels.app`),
    wrong(`${GATEWAYED}.prometheus.podLabels.app`, "a b", "must be the value of a label in Kubernetes, got 'a b'"),
    clash(
        `${IN_CLUSTER}.podLabels`,
        { [`${IN_CLUSTER}.podLabels`]: { app: "prometheus" } },
        "must not be set beside pods",
    ),
    ...ports(`${IN_CLUSTER}.port`),
    notText(`${BALANCED}.prometheus.routePrefix`),
    ...["prometheus", "/", "/a/", "/a b", "/a/.."].map((prefix) =>
        wrong(`${BALANCED}.prometheus.routePrefix`, prefix, `must be a path such as /prometheus, got '${prefix}'`),
    ),
    ...objects(`${IN_CLUSTER}.jobs`, "grafana", "known here: kubernetes-apiservers,"),
    wrong(`${BALANCED}.prometheus.nativeHistograms`, "yes", "must be true or false, got 'yes'"),
    ...[...KUBERNETES_JOBS, ...EVIDENCE_JOBS].flatMap((job) => [
        notText(`${IN_CLUSTER}.jobs.${job}`),
        wrong(`${IN_CLUSTER}.jobs.${job}`, "", "must not be empty, got ''"),
        wrong(`${IN_CLUSTER}.jobs.${job}`, "a\nb", "must be one line of text, got 'a\\nb'"),
        wrong(`${IN_CLUSTER}.jobs.${job}`, "a(", "must be a regular expression, got 'a('"),
    ]),
    ...["release", "namespace", "replicas", "pods", "podLabels", "routePrefix"].map((name) => {
        const values: Record<string, unknown> = { replicas: 2, pods: ["a"], podLabels: { a: "b" }, routePrefix: "/a" };
        return clash(
            `${OPEN}.prometheus.${name}`,
            { [`${OPEN}.prometheus.${name}`]: values[name] ?? "monitoring" },
            "is of no use beside url, which tells where the Prometheus is",
        );
    }),
];

const GATEWAYS: Row[] = [
    ...objects(GATEWAY, "tls", "known here: nodeAddresses,"),
    wrong(`${GATEWAY}.nodeAddresses`, undefined, "is missing: addresses of nodes (or set loadBalancer)"),
    ...lists(`${GATEWAY}.nodeAddresses`, "203.0.113.11"),
    wrong(`${GATEWAY}.nodeAddresses`, [], "must not be empty, got []"),
    ...hosts(`${GATEWAY}.nodeAddresses[0]`),
    wrong(
        `${GATEWAY}.nodePorts`,
        undefined,
        "is missing: ports on the nodes, one for each replica (or set loadBalancer)",
    ),
    ...lists(`${GATEWAY}.nodePorts`, 30990),
    wrong(`${GATEWAY}.nodePorts`, [], "must not be empty, got []", [`${GATEWAY}.nodePorts`]),
    wrong(`${GATEWAY}.nodePorts`, [30990], `${TWO}, got [30990]`),
    wrong(`${GATEWAY}.nodePorts`, [30990, 30990], `${DIFFERENT}[30990,30990]`),
    clash(
        `${GATEWAYED}.ingress.hosts`,
        { [`${GATEWAYED}.ingress.hosts`]: ["a.example.com", "b.example.com"] },
        "must be one for each replica of the Prometheus, of which there is 1, got [",
    ),
    wrong(`${GATEWAY}.nodePorts[1]`, "30991", "must be a number, got '30991'"),
    wrong(`${GATEWAY}.nodePorts[1]`, 9090, "must be at least 30000, got 9090"),
    wrong(`${GATEWAY}.nodePorts[1]`, 32768, "must be at most 32767, got 32768"),
    ...[
        ["nodeAddresses", ["203.0.113.11"]],
        ["nodePorts", [30990, 30991]],
    ].map(([name, value]) =>
        clash(
            `${BALANCED}.gateway.${String(name)}`,
            { [`${BALANCED}.gateway.${String(name)}`]: value },
            "must not be set beside loadBalancer",
        ),
    ),
    ...objects(BALANCER, "ip", "known here: address,"),
    ...hosts(`${BALANCER}.address`, "Where the VM reaches it: an address that is reserved"),
    ...annotations(`${BALANCER}.annotations`),
    ...lists(`${BALANCER}.sourceRanges`, "198.51.100.20/32"),
    wrong(`${BALANCER}.sourceRanges`, [], "must not be empty, got []"),
    notText(`${BALANCER}.sourceRanges[0]`),
    ...["198.51.100.20", "198.51.100.20/33", "a/8", "::/129"].map((range) =>
        wrong(
            `${BALANCER}.sourceRanges[0]`,
            range,
            `must be a range of addresses such as 198.51.100.0/24, got '${range}'`,
        ),
    ),
    ...booleans(`${GATEWAY}.admittance`),
    notText(`${GATEWAY}.image`),
    wrong(`${GATEWAY}.image`, "nginx $(id)", "must be the name of a container image, got 'nginx $(id)'"),
    wrong(`${GATEWAY}.imagePullPolicy`, "never", "must be Always or IfNotPresent or Never, got 'never'"),
];

function annotations(key: string): Row[] {
    return [
        wrong(key, "text", "must be an object, got 'text'"),
        wrong(`${key}["a b"]`, "x", ANNOTATION),
        wrong(`${key}.__proto__`, "x", ANNOTATION.replace(/that .*/, "that is not allowed")),
        notText(`${key}.a`),
    ];
}

/** How the VM and what it asks know each other. */
function proof(key: string, secrets: readonly string[]): Row[] {
    const [password = "", privateKey = ""] = secrets;
    return [
        notText(`${key}.caCertificate`),
        wrong(`${key}.caCertificate`, "x", `${PEM}, got 'x'`),
        wrong(`${key}.username`, 5, "must be a string"),
        wrong(`${key}.username`, "monitor:CANARY", "must be a name without ':'"),
        clash(password, { [`${key}.username`]: undefined }, "belongs to no cluster whose endpoint has a username; "),
        notText(`${key}.clientCertificate`, 5, [privateKey]),
        wrong(`${key}.clientCertificate`, "x", `${PEM}, got 'x'`),
        clash(
            privateKey,
            { [`${key}.clientCertificate`]: undefined },
            "belongs to no cluster whose endpoint has a clientCertificate; ",
        ),
    ];
}

const INGRESSES: Row[] = [
    ...objects(`${GATEWAYED}.ingress`, "host", "did you mean \'hosts\'?", ["endpointPasswords.gatewayed"]),
    wrong(`${ROUTED}.ingress.hosts`, undefined, "is missing: Host names that lead to the controller, one for each"),
    ...lists(`${ROUTED}.ingress.hosts`, "prometheus.example.com"),
    wrong(`${ROUTED}.ingress.hosts`, [], "must not be empty, got []", [`${ROUTED}.ingress.hosts`]),
    wrong(`${ROUTED}.ingress.hosts`, ["a.example.com"], `${TWO}, got [`),
    wrong(`${ROUTED}.ingress.hosts`, ["a", "a"], `${DIFFERENT}["a","a"]`),
    ...hosts(`${ROUTED}.ingress.hosts[0]`),
    ...ports(`${ROUTED}.ingress.port`),
    notText(`${ROUTED}.ingress.className`),
    wrong(`${ROUTED}.ingress.className`, "A", `${LABEL}, got 'A'`),
    ...annotations(`${ROUTED}.ingress.annotations`),
    notText(`${ROUTED}.ingress.tlsSecret`),
    wrong(`${ROUTED}.ingress.tlsSecret`, "A", `${LABEL}, got 'A'`),
    ...["className", "tlsSecret"].map((name) =>
        clash(
            `${GATEWAYED}.ingress.${name}`,
            { [`${GATEWAYED}.ingress.${name}`]: "internal" },
            "must not be set beside httpRoute, whose Gateway has a class and certificates",
        ),
    ),
    ...objects(`${GATEWAYED}.ingress.httpRoute`, "name", "known here: gateway, namespace, sectionName"),
    ...["gateway", "namespace"].flatMap((name) => [
        wrong(`${GATEWAYED}.ingress.httpRoute.${name}`, undefined, "is missing: Name"),
        notText(`${GATEWAYED}.ingress.httpRoute.${name}`),
        wrong(`${GATEWAYED}.ingress.httpRoute.${name}`, "A", `${LABEL}, got 'A'`),
    ]),
    notText(`${GATEWAYED}.ingress.httpRoute.sectionName`),
    wrong(`${GATEWAYED}.ingress.httpRoute.sectionName`, "A", `${LABEL}, got 'A'`),
    ...proof(`${ROUTED}.ingress`, ["endpointPasswords.routed", "endpointPrivateKeys.routed"]),
    clash(
        `${GATEWAYED}.ingress.username`,
        { [`${GATEWAYED}.ingress.username`]: undefined },
        "is missing: an Ingress without username or clientCertificate would show all series to everybody",
        ["endpointPasswords.gatewayed"],
    ),
];

const HTTP = "http://prometheus.example.com";
const URL = "must be a URL of scheme, host, port and path, such as https://prometheus.example.com/k8s";

const URLS: Row[] = [
    ...objects(`${OPEN}.url`, "uri", "known here: urls,", ["endpointPasswords.open", "endpointPrivateKeys.open"]),
    wrong(`${OPEN}.url.urls`, undefined, "is missing: URL of each replica of the Prometheus, without `/federate`"),
    ...lists(`${OPEN}.url.urls`, "https://prometheus.example.com"),
    wrong(`${OPEN}.url.urls`, [], "must not be empty, got []"),
    wrong(`${OPEN}.url.urls`, ["https://a", "https://a"], `${DIFFERENT}["https://a","https://a"]`),
    wrong(
        `${OPEN}.url.urls`,
        ["https://a", HTTP],
        "must all be of one scheme, http or https, got [",
        ["caCertificate", "username", "clientCertificate"].map((name) => `${OPEN}.url.${name}`),
    ),
    notText(`${OPEN}.url.urls[0]`),
    wrong(`${OPEN}.url.urls[0]`, "prometheus:9090", `${URL}, got 'prometheus:9090'`),
    wrong(`${OPEN}.url.urls[0]`, "https://h/..", `${URL}, got 'https://h/..'`),
    wrong(`${OPEN}.url.urls[0]`, "https://prometheus.example.com/", `${URL}, got 'https://prometheus.example.com/'`),
    wrong(`${OPEN}.url.urls[0]`, "https://u:hunter2@h", `${URL}, got a value that is not shown`),
    ...["caCertificate", "username", "clientCertificate"].map((name, _, all) =>
        clash(
            `${OPEN}.url.${name}`,
            { [`${OPEN}.url.urls`]: [HTTP] },
            "needs urls that all begin with https://",
            all.filter((other) => other !== name).map((other) => `${OPEN}.url.${other}`),
        ),
    ),
    ...proof(`${OPEN}.url`, ["endpointPasswords.open", "endpointPrivateKeys.open"]),
];

/** Of the ways to the Prometheus in a cluster. */
export const ENDPOINT_ROWS: readonly Row[] = [...ENDPOINTS, ...IN_CLUSTERS, ...GATEWAYS, ...INGRESSES, ...URLS];
