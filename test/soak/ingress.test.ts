import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { httpRoutes, ingress } from "../../config/kubernetes/ingress";
import { runProgram } from "../../operate/process";
import { endpointOf } from "../config/kubernetes/cluster";
import { withConfiguration } from "../lab/configuration";
import { allUp, expectedJobs, handle, kubectl, PROJECT, query, succeed, up, vm, waitFor } from "../lab/lab";

// A real controller of Ingresses and of the Gateway API, Traefik, on the cluster's node. It takes five minutes to build.

const HOSTS = ["prometheus-0.example.com", "prometheus-1.example.com"];
const ROUTED = ["prometheus-0.example.net", "prometheus-1.example.net"];
const PORT = 8443;
const ROUTED_PORT = 8444;
const PASSWORD = "correct horse battery staple";
const directory = mkdtempSync(join(tmpdir(), "external-prometheus-ingress-"));
const file = (name: string) => join(directory, name);
const KINDS = ["gatewayclasses", "gateways", "httproutes", "grpcroutes", "referencegrants", "backendtlspolicies"];
let traefik: ChildProcess | undefined;
let build: string;

/** Made by hand, since the lab's plugin for Kubernetes knows none of these kinds. */
async function create(object: object): Promise<void> {
    writeFileSync(file("object.json"), JSON.stringify(object));
    await kubectl("create", "-f", file("object.json"));
}

async function startTraefik(): Promise<void> {
    const script = join(PROJECT, "lab/tools/build.sh");
    const built = runProgram(script, ["--path", "traefik"], { timeoutSeconds: 40 * 60 });
    build = (await succeed(script, built)).trim();
    for (const kind of KINDS) await kubectl("create", "-f", join(build, `${kind}.yaml`));
    await kubectl("create", "serviceaccount", "soak-traefik", "-n", "default");
    await kubectl(
        "create",
        "clusterrolebinding",
        "soak-traefik",
        "--clusterrole=cluster-admin",
        "--serviceaccount=default:soak-traefik",
    );
    const token = (await kubectl("create", "token", "soak-traefik", "-n", "default", "--duration=2h")).trim();
    await create({
        apiVersion: "networking.k8s.io/v1",
        kind: "IngressClass",
        metadata: { name: "soak-traefik" },
        spec: { controller: "traefik.io/ingress-controller" },
    });
    execFileSync("htpasswd", ["-ciB", file("users"), "monitor"], { input: PASSWORD, stdio: ["pipe", "pipe", "pipe"] });
    const middlewares = { password: { basicAuth: { usersFile: file("users") } } };
    writeFileSync(file("middlewares.yml"), JSON.stringify({ http: { middlewares } }));
    const cluster = {
        endpoint: "https://10.98.0.10:6443",
        token,
        certAuthFilePath: "/var/lib/external-prometheus-lab/cluster/pki/ca.crt",
    };
    const configuration = {
        // TLS as its chart has it: a router without it is never asked over HTTPS, whatever the Ingress says. A route of the
        // Gateway API names nobody who may ask, so there it is the entry point that does.
        entryPoints: {
            ingresses: { address: `:${PORT}`, http: { tls: {} } },
            routes: { address: `:${ROUTED_PORT}`, http: { tls: {}, middlewares: ["password@file"] } },
        },
        providers: {
            file: { filename: file("middlewares.yml") },
            kubernetesIngress: { ...cluster, ingressClass: "soak-traefik" },
            kubernetesGateway: cluster,
        },
    };
    writeFileSync(file("traefik.yml"), JSON.stringify(configuration), { mode: 0o600 });
    const log = openSync(file("log"), "w");
    const args = ["netns", "exec", "eplab-cluster", join(build, "traefik"), `--configFile=${file("traefik.yml")}`];
    traefik = spawn("ip", args, { stdio: ["ignore", log, log] });
    closeSync(log);
}

beforeAll(async () => {
    const names = [...HOSTS, ...ROUTED].map((host) => `DNS:${host}`).join();
    const request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 2 -subj /CN=ingress";
    const files = ["-addext", `subjectAltName=${names}`, "-keyout", file("tls.key"), "-out", file("tls.crt")];
    execFileSync("openssl", [...request.split(" "), ...files], { stdio: "pipe" });
    await kubectl(
        "create",
        "secret",
        "tls",
        "soak-tls",
        "-n",
        "monitoring",
        `--cert=${file("tls.crt")}`,
        `--key=${file("tls.key")}`,
    );
    await startTraefik();
    await vm(`cp /etc/hosts /root/hosts.before && echo '10.98.0.10 ${[...HOSTS, ...ROUTED].join(" ")}' >>/etc/hosts`);
    // They lead to the Services that the lab's own gateway has.
    const { metadata, spec } = ingress("lab", ingressed) as { metadata: object; spec: object };
    await create({
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: { ...metadata, name: "soak" },
        spec,
    });
    await create({
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "GatewayClass",
        metadata: { name: "soak-traefik" },
        spec: { controllerName: "traefik.io/gateway-controller" },
    });
    await create({
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "Gateway",
        metadata: { name: "soak", namespace: "monitoring" },
        spec: {
            gatewayClassName: "soak-traefik",
            listeners: [
                {
                    name: "https",
                    port: ROUTED_PORT,
                    protocol: "HTTPS",
                    tls: { certificateRefs: [{ name: "soak-tls" }] },
                },
            ],
        },
    });
    for (const [i, route] of httpRoutes("lab", routed).entries()) {
        await create({ ...route, metadata: { ...route.metadata, name: `soak-${i}` } });
    }
    await withConfiguration(
        ({ clusters }) => {
            const { server, caCertificate } = clusters?.["lab"] as Record<string, unknown>;
            const off = ["apiservers", "nodes", "nodes-cadvisor", "service-endpoints"];
            Object.assign(clusters ?? {}, {
                routed: {
                    server,
                    caCertificate,
                    jobs: Object.fromEntries(off.map((job) => [`kubernetes-${job}`, { path: "off" }])),
                    endpoint: {
                        url: {
                            urls: HOSTS.map((host) => `https://${host}:${PORT}`),
                            caCertificate: readFileSync(file("tls.crt"), "utf8"),
                            username: "monitor",
                        },
                    },
                },
            });
        },
        async (path) => {
            const at = ["--config-file", path, "--path", "external-prometheus:endpointPasswords.routed"];
            const set = ["config", "set", "--secret", ...at];
            await succeed("pulumi config set", handle("pulumi", set, { stdin: `${PASSWORD}\n` }));
            await up("--config-file", path);
        },
    );
}, 3_000_000);

afterAll(async () => {
    // Before anything that can fail where the set-up did, since nobody else would end it.
    traefik?.kill();
    await vm("[ ! -e /root/hosts.before ] || mv /root/hosts.before /etc/hosts");
    await up();
    await kubectl("delete", "ingress", "soak", "-n", "monitoring", "--ignore-not-found");
    await kubectl("delete", "-n", "default", "--ignore-not-found", "serviceaccount/soak-traefik");
    for (const object of ["clusterrolebinding/soak-traefik", "ingressclass/soak-traefik"]) {
        await kubectl("delete", object, "--ignore-not-found");
    }
    await kubectl("delete", "secret/soak-tls", "-n", "monitoring", "--ignore-not-found");
    // With them goes what is of their kind.
    for (const kind of KINDS) {
        await kubectl("delete", "--ignore-not-found", "customresourcedefinition", `${kind}.gateway.networking.k8s.io`);
    }
    rmSync(directory, { recursive: true });
    await allUp(await expectedJobs());
});

const ingressed = endpointOf("ingress", {
    hosts: HOSTS,
    port: PORT,
    className: "soak-traefik",
    tlsSecret: "soak-tls",
    username: "monitor",
    annotations: { "traefik.ingress.kubernetes.io/router.middlewares": "password@file" },
});
const routed = endpointOf("ingress", {
    hosts: ROUTED,
    port: ROUTED_PORT,
    username: "monitor",
    httpRoute: { gateway: "soak", namespace: "monitoring", sectionName: "https" },
});

const MONITOR = `-u 'monitor:${PASSWORD}'`;
const FEDERATE = "/federate?match%5B%5D=up";

/** The status of an answer, as the VM gets it. */
function asked(target: string, path: string, options = ""): Promise<string> {
    return vm(`curl -sk -o /dev/null -w '%{http_code}' ${options} 'https://${target}${path}'`);
}

it("brings each replica's series through a real Ingress controller", async () => {
    const targets = () => query(`up{job=~"federate/.*",instance=~".*example.com:${PORT}"} == 1`);
    await waitFor("both replicas", targets, (series) => series.length === 2);
    const series = await query('count by (replica) (up{job="kubernetes-pods",cluster="routed"})');
    expect(series.map(({ metric }) => metric["replica"]).sort()).toEqual(HOSTS.map((host) => `${host}:${PORT}`));
});

it.each([
    ["the Ingress", HOSTS.map((host) => `${host}:${PORT}`)],
    ["the routes of the Gateway API", ROUTED.map((host) => `${host}:${ROUTED_PORT}`)],
])("opens /federate and nothing else by %s, for who knows the password", async (_, targets) => {
    for (const host of targets) {
        await waitFor(
            `${host} to answer`,
            () => asked(host, FEDERATE, MONITOR),
            (status) => status === "200",
        );
        expect(await asked(host, FEDERATE)).toBe("401");
        expect(await asked(host, FEDERATE, "-u monitor:wrong")).toBe("401");
        for (const path of ["/", "/api/v1/query?query=up", "/federate/", "/federate/x", "/metrics", "/-/reload"]) {
            expect(await asked(host, path, MONITOR), path).toBe("404");
        }
    }
});

it("lets a route of the Gateway API be read alone", async () => {
    for (const method of ["POST", "PUT", "DELETE"]) {
        expect(await asked(`${ROUTED[0] ?? ""}:${ROUTED_PORT}`, FEDERATE, `${MONITOR} -X ${method}`)).toBe("404");
    }
});
