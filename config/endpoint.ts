import { z } from "zod";
import { endpointIssues } from "./endpointIssues";
import { InClusterPrometheus, namespaceOf, type Replica, replicasOf } from "./inCluster";
import { matchersOf } from "./matchers";
import { Host, UserOfHttp } from "./lines";
import { ALWAYS, Certificate, Cidr, Port } from "./scalars";
import { type Jobs, ObjectName, type ScrapeSource } from "./source";

const Annotations = z.record(
    z.string().regex(/^[A-Za-z0-9][\w./-]{0,316}$/, "must be the key of an annotation in Kubernetes"),
    z.string(),
);

const Image = z.string().regex(/^[a-z0-9][\w.:/@-]*$/, "must be the name of a container image");

const Gateway = z
    .strictObject({
        nodeAddresses: z.array(Host).min(1).optional().describe("Addresses of nodes that the VM reaches"),
        nodePorts: z
            .array(z.int().min(30000).max(32767))
            .min(1)
            .optional()
            .describe("Ports on the nodes, one for each replica of the Prometheus, in their order"),
        loadBalancer: z
            .strictObject({
                address: Host.describe(
                    "Where the VM reaches it: an address that is reserved, or a name that leads to it",
                ),
                annotations: Annotations.default({}).describe(
                    "For the cloud's controller, such as the address to take",
                ),
                sourceRanges: z
                    .array(Cidr)
                    .min(1)
                    .optional()
                    .describe("Who may connect, where the cloud heeds it (default: whoever reaches it)"),
            })
            .optional()
            .describe("Instead of the nodes' ports, a Service of type LoadBalancer"),
        admittance: z
            .boolean()
            .default(false)
            .describe(
                "Whether a NetworkPolicy lets the gateway in at the Prometheus; only where others isolate that already, " +
                    "or it would be the first and shut out all else",
            ),
        image: Image.default("docker.io/library/nginx:1.28").describe("Image of the proxy, an nginx"),
        imagePullPolicy: z
            .enum(["Always", "IfNotPresent", "Never"])
            .optional()
            .describe("When it is pulled, if not as Kubernetes decides by the image's tag"),
    })
    .describe("By a reverse proxy with mutual TLS, made here, that lets through `/federate` and health only");

/** How the VM and what it asks know each other. */
const PROOF = {
    caCertificate: Certificate.optional().describe(
        "CA of its certificate, in PEM form, if not one that the VM trusts anyway",
    ),
    username: UserOfHttp.optional().describe(
        "The name that the VM gives; the password is in the secret `endpointPasswords`",
    ),
    clientCertificate: Certificate.optional().describe(
        "The certificate that the VM shows, in PEM form; its key is in the secret `endpointPrivateKeys`",
    ),
};

const Ingress = z
    .strictObject({
        hosts: z
            .array(Host)
            .min(1)
            .describe("Host names that lead to the controller, one for each replica of the Prometheus, in their order"),
        port: Port.default(443).describe("Port of the controller as the VM reaches it, for HTTPS"),
        className: ObjectName.optional().describe("`ingressClassName`, if not the cluster's default"),
        annotations: Annotations.default({}).describe("For the controller, which checks by them who asks"),
        tlsSecret: ObjectName.optional().describe(
            "Secret of the certificate for `hosts`, in the Prometheus's namespace",
        ),
        httpRoute: z
            .strictObject({
                gateway: ObjectName.describe("Name of the Gateway"),
                namespace: ObjectName.describe("Namespace of the Gateway"),
                sectionName: ObjectName.optional().describe("Its listener, if not each that fits"),
            })
            .optional()
            .describe("Instead of an Ingress, an HTTPRoute of the Gateway API"),
        ...PROOF,
    })
    .describe("By an Ingress or HTTPRoute, made here, of a controller that the cluster has");

const Url = z
    .strictObject({
        urls: z
            .array(
                z
                    .string()
                    .regex(
                        /^https?:\/\/([A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])(:[1-9]\d{0,4})?(\/(?!\.\.?(\/|$))[\w.~-]+)*$/,
                        "must be a URL of scheme, host, port and path, such as https://prometheus.example.com/k8s",
                    ),
            )
            .min(1)
            .describe("URL of each replica of the Prometheus, without `/federate`"),
        ...PROOF,
    })
    .describe("By URLs that are open already; nothing is made for them in the cluster");

const ApiServerProxy = z
    .strictObject({})
    .describe("Through the API server, with which this way dies; for where there is no other");

/** How the VM reaches the Prometheus in the cluster: one of four ways. */
export const EndpointConfig = z
    .strictObject({
        prometheus: InClusterPrometheus.prefault({}).describe("The Prometheus in the cluster"),
        gateway: Gateway.optional(),
        ingress: Ingress.optional(),
        apiServerProxy: ApiServerProxy.optional(),
        url: Url.optional(),
    })
    .superRefine(endpointIssues, ALWAYS);
export type EndpointConfig = z.infer<typeof EndpointConfig>;

/** Where the Prometheus is in the cluster. */
export interface Located {
    readonly namespace: string;
    readonly replicas: readonly Replica[];
    readonly port: number;
    /** Empty, or a path that begins with a slash. */
    readonly routePrefix: string;
}

export type GatewayEndpoint = { readonly kind: "gateway"; readonly prometheus: Located } & z.infer<typeof Gateway>;
export type IngressEndpoint = { readonly kind: "ingress"; readonly prometheus: Located } & z.infer<typeof Ingress>;
export type ProxyEndpoint = { readonly kind: "apiServerProxy"; readonly prometheus: Located };
export type UrlEndpoint = { readonly kind: "url" } & z.infer<typeof Url>;

/** One of the four ways, with what belongs to each federated job there. */
export type Endpoint = (GatewayEndpoint | IngressEndpoint | ProxyEndpoint | UrlEndpoint) & {
    readonly matchers: NonNullable<ScrapeSource["federation"]>["matchers"];
    readonly nativeHistograms: boolean;
};

/** The way that a configuration chooses; one that was checked chooses exactly one. */
export function chosenEndpoint({ prometheus, ...ways }: EndpointConfig, jobs: Jobs): Endpoint {
    const common = { matchers: matchersOf(prometheus, jobs), nativeHistograms: prometheus.nativeHistograms };
    if (ways.url) {
        return { kind: "url", ...common, ...ways.url };
    }
    const located = {
        namespace: namespaceOf(prometheus) ?? "",
        replicas: replicasOf(prometheus) ?? [],
        port: prometheus.port,
        routePrefix: prometheus.routePrefix ?? "",
    };
    if (ways.gateway) {
        return { kind: "gateway", ...common, prometheus: located, ...ways.gateway };
    }
    return ways.ingress
        ? { kind: "ingress", ...common, prometheus: located, ...ways.ingress }
        : { kind: "apiServerProxy", ...common, prometheus: located };
}
