import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { withConfiguration } from "../lab/configuration";
import { runProgram } from "../../operate/process";
import { allUp, expectedJobs, handle, kubectl, PROJECT, query, succeed, up, vm, waitFor } from "../lab/lab";

// A real Ingress controller, Traefik, on the cluster's node. It takes a quarter of an hour to build.

const HOSTS = ["prometheus-0.example.com", "prometheus-1.example.com"];
const PORT = 8443;
const PASSWORD = "correct horse battery staple";
const directory = mkdtempSync(join(tmpdir(), "external-prometheus-ingress-"));
const file = (name: string) => join(directory, name);
let traefik: ChildProcess | undefined;

async function startTraefik(): Promise<void> {
    const build = join(PROJECT, "lab/tools/build.sh");
    const path = await succeed(build, runProgram(build, ["--path", "traefik"], { timeoutSeconds: 40 * 60 }));
    await kubectl("create", "serviceaccount", "soak-traefik", "-n", "default");
    await kubectl(
        "create",
        "clusterrolebinding",
        "soak-traefik",
        "--clusterrole=cluster-admin",
        "--serviceaccount=default:soak-traefik",
    );
    const token = (await kubectl("create", "token", "soak-traefik", "-n", "default", "--duration=2h")).trim();
    const ingressClass = {
        apiVersion: "networking.k8s.io/v1",
        kind: "IngressClass",
        metadata: { name: "soak-traefik" },
        spec: { controller: "traefik.io/ingress-controller" },
    };
    writeFileSync(file("class.json"), JSON.stringify(ingressClass));
    await kubectl("create", "-f", file("class.json"));
    execFileSync("htpasswd", ["-ciB", file("users"), "monitor"], { input: PASSWORD, stdio: ["pipe", "pipe", "pipe"] });
    const middlewares = { password: { basicAuth: { usersFile: file("users") } } };
    writeFileSync(file("middlewares.yml"), JSON.stringify({ http: { middlewares } }));
    const configuration = {
        entryPoints: { websecure: { address: `:${PORT}` } },
        providers: {
            file: { filename: file("middlewares.yml") },
            kubernetesIngress: {
                endpoint: "https://10.98.0.10:6443",
                token,
                certAuthFilePath: "/var/lib/external-prometheus-lab/cluster/pki/ca.crt",
                ingressClass: "soak-traefik",
            },
        },
    };
    writeFileSync(file("traefik.yml"), JSON.stringify(configuration), { mode: 0o600 });
    const log = openSync(file("log"), "w");
    const args = [
        "netns",
        "exec",
        "eplab-cluster",
        join(path.trim(), "traefik"),
        `--configFile=${file("traefik.yml")}`,
    ];
    traefik = spawn("ip", args, { stdio: ["ignore", log, log] });
    closeSync(log);
}

beforeAll(async () => {
    const names = HOSTS.map((host) => `DNS:${host}`).join();
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
    await vm(`cp /etc/hosts /root/hosts.before && echo '10.98.0.10 ${HOSTS.join(" ")}' >>/etc/hosts`);
    await withConfiguration(
        ({ clusters }) => {
            Object.assign(clusters?.["lab"] as object, {
                endpoint: {
                    prometheus: { namespace: "monitoring", pods: ["prometheus-0", "prometheus-1"] },
                    ingress: {
                        hosts: HOSTS,
                        port: PORT,
                        className: "soak-traefik",
                        tlsSecret: "soak-tls",
                        caCertificate: readFileSync(file("tls.crt"), "utf8"),
                        username: "monitor",
                        annotations: { "traefik.ingress.kubernetes.io/router.middlewares": "password@file" },
                    },
                },
            });
        },
        async (path) => {
            const at = ["--config-file", path, "--path", "external-prometheus:endpointPasswords.lab"];
            const set = ["config", "set", "--secret", ...at];
            await succeed("pulumi config set", handle("pulumi", set, { stdin: `${PASSWORD}\n` }));
            await up("--config-file", path);
        },
    );
}, 3_000_000);

afterAll(async () => {
    await vm("mv /root/hosts.before /etc/hosts");
    await up();
    traefik?.kill();
    for (const object of ["clusterrolebinding/soak-traefik", "ingressclass/soak-traefik"]) {
        await kubectl("delete", object, "--ignore-not-found");
    }
    await kubectl("delete", "serviceaccount/soak-traefik", "-n", "default", "--ignore-not-found");
    await kubectl("delete", "secret/soak-tls", "-n", "monitoring", "--ignore-not-found");
    rmSync(directory, { recursive: true });
    await allUp(await expectedJobs(), 120);
});

it("brings each replica's series through a real Ingress controller, for the password and for /federate alone", async () => {
    const targets = () => query(`up{job=~"federate/.*",instance=~".*example.com:${PORT}"} == 1`);
    await waitFor("both jobs of both replicas", 120, targets, (series) => series.length === 4);
    const series = await query('count by (replica) (up{job="kubernetes-pods"})');
    expect(series.map(({ metric }) => metric["replica"]).sort()).toEqual(["prometheus-0", "prometheus-1"]);

    const asked = (path: string, user = "") =>
        vm(`curl -sk -o /dev/null -w '%{http_code}' ${user} 'https://${HOSTS[0] ?? ""}:${PORT}${path}'`);
    const user = `-u 'monitor:${PASSWORD}'`;
    const federate = "/federate?match[]=up";
    expect(await asked(federate.replace("[]", "%5B%5D"), user)).toBe("200");
    expect(await asked(federate.replace("[]", "%5B%5D"))).toBe("401");
    expect(await asked(federate.replace("[]", "%5B%5D"), "-u monitor:wrong")).toBe("401");
    for (const path of ["/", "/api/v1/query?query=up", "/federate/", "/federate/x", "/metrics", "/-/reload"]) {
        expect(await asked(path, user), path).toBe("404");
    }
});
