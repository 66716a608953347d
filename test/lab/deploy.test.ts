import { beforeAll, describe, expect, it } from "vitest";
import { KUBERNETES_JOBS } from "../../config/source";
import { allUp, expectedJobs, type Job, pulumi, query, queryBy, vm } from "./lab";
import { clusterState } from "./state";

const ETC = "/usr/local/etc/prometheus";

let jobs: readonly Job[];

beforeAll(async () => {
    jobs = await expectedJobs();
});

describe("the VM after up", () => {
    it("runs the wanted release as the user prometheus", async () => {
        expect(await vm("systemctl is-active prometheus")).toBe("active\n");
        expect(await vm("stat -c %U /proc/$(systemctl show -P MainPID prometheus)")).toBe("prometheus\n");
        expect(await vm("readlink -f /usr/local/prometheus")).toBe("/usr/local/prometheus-3.13.2.linux-amd64\n");
        const [build] = await query("prometheus_build_info");
        expect(build?.metric["version"]).toBe("3.13.2");
    });

    it("comes back after a reboot", async () => {
        expect(await vm("systemctl is-enabled prometheus")).toBe("enabled\n");
    });

    it("lets Prometheus listen on 127.0.0.1 alone, and httpd before it on all addresses", async () => {
        const listening = await vm("ss -ltnpH | grep '\"prometheus\"' | tr -s ' ' | cut -d ' ' -f 4");
        expect(listening).toBe("127.0.0.1:9090\n");
        const front = await vm("ss -ltnpH | grep '\"apache2\"' | tr -s ' ' | cut -d ' ' -f 4 | sort");
        expect(front).toBe("*:443\n*:80\n");
    });

    it("keeps configuration readable, and credentials from everyone but Prometheus", async () => {
        const stat = (paths: string) => vm(`cd ${ETC} && stat -L -c '%a %U:%G %n' ${paths}`);
        expect(await stat(". credentials clusters prometheus.yml clusters/lab.yml")).toBe(
            [
                "750 root:prometheus .",
                "750 root:prometheus credentials",
                "750 root:prometheus clusters",
                "640 root:prometheus prometheus.yml",
                "640 root:prometheus clusters/lab.yml",
                "",
            ].join("\n"),
        );
        const files = [
            "ca.crt",
            "discovery.token",
            "federation-ca.crt",
            "federation.crt",
            "federation.key",
            "kubelet.token",
            "metrics.token",
        ];
        expect(await stat("credentials/lab credentials/lab/*")).toBe(
            [
                "750 root:prometheus credentials/lab",
                ...files.map((file) => `640 root:prometheus credentials/lab/${file}`),
                "",
            ].join("\n"),
        );
    });

    it("keeps data away from other users", async () => {
        expect(await vm("stat -c '%a %U:%G' /usr/local/var/lib/prometheus")).toBe("750 prometheus:prometheus\n");
    });

    it("holds no secret in its documents, unit or command lines", async () => {
        const text = await pulumi("stack", "output", "sourceCredentials", "--json", "--show-secrets");
        const secrets = text.match(/eyJ[\w.-]{40,}|(?<=PRIVATE KEY-----\\n)[\w+/=]{40,}/g) ?? [];
        expect(secrets.length).toBeGreaterThanOrEqual(3);
        const readable = await vm(
            `cat ${ETC}/prometheus.yml ${ETC}/clusters/*.yml; systemctl cat prometheus; journalctl --no-pager;` +
                "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '",
        );
        expect(readable).toContain("scrape_configs:");
        expect(secrets.filter((secret) => readable.includes(secret))).toEqual([]);
        expect(readable).not.toContain("PRIVATE KEY");
    });
});

describe("the external Prometheus", () => {
    it("has every expected job up", async () => {
        const expected = [...KUBERNETES_JOBS, "prometheus"];
        expect(jobs.map(({ job }) => job)).toEqual(expect.arrayContaining(expected));
        expect(jobs.length).toBeGreaterThan(expected.length);
        await allUp(jobs);
    });

    it("has every job fed", async () => {
        const series = await queryBy("job", 'count by (job) ({job!="",__name__!~"up|scrape_.*"})');
        // Slices and evidence have the names that their series have in the cluster.
        const isNamed = ({ job, path }: (typeof jobs)[number]) => path !== "federate" || job.startsWith("kubernetes-");
        expect(jobs.filter(isNamed).filter(({ job }) => !((series[job] ?? 0) > 0))).toEqual([]);
    });

    it("has the federated jobs' series from both replicas of the cluster's Prometheus", async () => {
        const federated = jobs.filter(({ path }) => path === "federate").map(({ job }) => job);
        expect(federated.sort()).toEqual([
            "kube-state-metrics",
            "kubernetes-pods",
            "kubernetes-service-endpoints",
            "vital-signs",
        ]);
        for (const job of ["kubernetes-pods", "kubernetes-service-endpoints"]) {
            const up = await queryBy("replica", `count by (replica) (up{cluster="lab",job="${job}"} == 1)`);
            expect(Object.keys(up).sort(), job).toEqual(["prometheus-0", "prometheus-1"]);
        }
    });

    it("puts the cluster's name on every series of the cluster", async () => {
        const jobNames = KUBERNETES_JOBS.join("|");
        expect(await query(`count by (cluster) ({job=~"${jobNames}",cluster!="lab"})`)).toEqual([]);
    });
});

describe("the cluster after up", () => {
    it("holds no object of ours without our labels", async () => {
        const { deployment } = JSON.parse(await pulumi("stack", "export")) as {
            deployment: { resources: { type: string; outputs?: { kind: string; metadata: { name: string } } }[] };
        };
        const deployed = deployment.resources
            .filter(({ type }) => type.startsWith("kubernetes:"))
            .map(({ outputs }) => `${outputs?.kind ?? ""} ${outputs?.metadata.name ?? ""}`);
        const labelled = (await clusterState()).trim().split("\n");
        expect(labelled.map((line) => line.replace(/^(\S+) +\S+ +(\S+) .*$/, "$1 $2")).sort()).toEqual(deployed.sort());
        expect(deployed.length).toBeGreaterThan(10);
    });
});

describe("the stack's outputs", () => {
    it("are secret where they are credentials, and only there", async () => {
        const outputs = JSON.parse(await pulumi("stack", "output", "--json")) as Record<string, unknown>;
        const secret = Object.keys(outputs).filter((name) => outputs[name] === "[secret]");
        expect(secret.sort()).toEqual(["clientCertificates", "federationCredentials", "sourceCredentials"]);
        const open = Object.keys(outputs).filter((name) => outputs[name] !== "[secret]");
        expect(open.sort()).toEqual([
            ...["caCertificate", "grafanaDataSource", "jobs", "sources", "url", "users", "version"],
        ]);
        expect(outputs).toMatchObject({ url: "https://10.98.0.20/", version: "3.13.2", users: ["alice"] });
    });
});
