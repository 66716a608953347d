import { beforeAll, describe, expect, it } from "vitest";
import { allUp, expectedJobs, kubectl, query, queryBy, vm, waitFor } from "./lab";

// What the VM keeps of the parts of a cluster that tell why it died, as the lab's own stack takes it.

beforeAll(async () => {
    await allUp(await expectedJobs());
});

describe("evidence", () => {
    it.each([
        ["etcd", "etcd_server_has_leader == 1"],
        ["kube-scheduler", 'scheduler_pending_pods{queue="active"}'],
        ["kube-controller-manager", 'workqueue_depth{name="deployment"}'],
        ["node-exporter", "node_memory_MemAvailable_bytes > 1e6"],
    ])("of %s is taken from the node itself", async (job, expression) => {
        const found = await query(`(${expression}) and on (instance, job) up{job="${job}"} == 1`);
        expect(found.map(({ metric }) => [metric["cluster"], metric["job"], metric["instance"]])).toEqual([
            ["lab", job, "node-1"],
        ]);
    });

    it("of kube-state-metrics has the labels that it has in the cluster, from each replica once", async () => {
        const selector = 'kube_deployment_spec_replicas{deployment="orders"}';
        const path = "/api/v1/namespaces/monitoring/pods/prometheus-0:9090/proxy/api/v1/query?query=";
        const inside = JSON.parse(await kubectl("get", "--raw", path + encodeURIComponent(selector))) as {
            data: { result: { metric: Record<string, string> }[] };
        };
        const [metric] = inside.data.result.map((each) => each.metric);
        const outside = await query(selector);
        expect(outside.map((each) => each.metric["replica"]).sort()).toEqual(["prometheus-0", "prometheus-1"]);
        for (const each of outside) {
            expect(each.metric).toMatchObject({ ...metric, cluster: "lab" });
        }
    });
});

describe("what is federated", () => {
    it("comes once: no series by two slices, and none of what the VM scrapes itself", async () => {
        for (const kind of ["duplicate_timestamp", "out_of_order"]) {
            // A scrape that fails ends its series at that moment, and the next one brings samples from just before: counted
            // once. What comes twice is counted at every scrape, of which there are several in 30 s.
            await waitFor(
                `no ${kind}`,
                () => queryBy("job", `increase(prometheus_target_scrapes_sample_${kind}_total[30s])`),
                (grown) => "prometheus" in grown && Object.values(grown).every((count) => count === 0),
            );
        }
        expect(await query('up{replica!="",job=~"kubernetes-(apiservers|nodes.*)|etcd|node-exporter"}')).toEqual([]);
    });

    it("has vital signs more often than the rest, and its alerts' state never", async () => {
        const signs = await queryBy("job", 'count by (job) (up{cluster="lab",replica!="",job!~"federate/.*"})');
        expect(signs).toEqual({ "kubernetes-pods": 4, "kubernetes-service-endpoints": 4 });
        expect(await query('ALERTS_FOR_STATE{replica!="",job!~"federate/.*"}')).toEqual([]);
    });
});

describe("witnesses", () => {
    it("record with which status the API server answers whoever has no credentials", async () => {
        const found = await query('probe_http_status_code{job="probe-apiserver"}');
        expect(found.map(({ metric, values }) => [metric["instance"], values.at(-1)?.[1]])).toEqual([
            ["https://10.98.0.10:6443/readyz", 200],
        ]);
    });

    it("see the kubelet of each node, by a list that is kept on the VM", async () => {
        const found = await query('probe_success{job="probe-kubelet"} == 1');
        expect(found.map(({ metric }) => metric["instance"])).toEqual(["node-1"]);
        const list = await vm("cat /usr/local/var/lib/prometheus/nodes/lab.json");
        expect(JSON.parse(list)).toEqual([
            { targets: ["10.98.0.10:10250"], labels: { __meta_kubernetes_node_name: "node-1" } },
        ]);
    });

    it("see each port of the gateway", async () => {
        const found = await query('probe_success{job="probe-federation"} == 1');
        expect(found.map(({ metric }) => metric["instance"]).sort()).toEqual(["10.98.0.10:30990", "10.98.0.10:30991"]);
    });
});
