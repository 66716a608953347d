import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Finished } from "../../operate/process";
import { SpareStack } from "../vm/spareStack";
import { SpareVm } from "../vm/spareVm";
import { breakLab, handle, heal, kubectl, prometheusOn, queryOn, scrapesSince, succeed, vm, waitFor } from "./lab";
import { readers } from "./readers";

// Three stacks that read each other: one that watches the lab's cluster under a second name, and two with a VM each, which watch
// both. The lab's own stack is the third that makes a cluster's side.

const SERVICE = "again";
/** The first replica of the Prometheus in the cluster, as somebody may have opened it. */
const OPEN = `
apiVersion: v1
kind: Service
metadata: { name: ${SERVICE}, namespace: monitoring }
spec:
    type: NodePort
    selector: { statefulset.kubernetes.io/pod-name: prometheus-0 }
    ports: [{ port: 9090, nodePort: 30995 }]
`;
const STACKS = ["organization/external-prometheus/lab", "organization/external-prometheus/production-again"];
/** Commands on a VM's stack take no longer than this on the worst day. */
const WORST_DAY = { seconds: 120 };
const UP = ["up", "--yes", "--skip-preview", "--non-interactive", "--color=never"];

const vms = { a: new SpareVm(10), b: new SpareVm(11) };
let again: SpareStack;
let monitors: Record<keyof typeof vms, SpareStack>;
/** Those that were made, however far that came. */
const made: SpareStack[] = [];

const shellOf =
    (name: keyof typeof vms): Parameters<typeof queryOn>[0] =>
    (text, run) =>
        vms[name].text(text, run);

async function monitor(name: keyof typeof vms): Promise<SpareStack> {
    const stack = await SpareStack.create(vms[name], `production-${name}`);
    made.push(stack);
    Object.assign(stack.configuration["prometheus"] as object, {
        scrapeInterval: "5s",
        externalLabels: { replica: name },
    });
    stack.configuration["sourceStacks"] = STACKS;
    return stack;
}

/** Both at the same time. */
function onBoth<T>(act: (stack: SpareStack) => Promise<T>): Promise<T[]> {
    return Promise.all([act(monitors.a), act(monitors.b)]);
}

/** When the files that Prometheus reads were last touched. */
const touched = (vm: SpareVm) => vm.text("find /usr/local/etc -printf '%p %C@\\n' | sort | sha256sum");

beforeAll(async () => {
    await succeed("kubectl apply", handle("kubectl", ["apply", "-f", "-"], { stdin: OPEN }));
    await Promise.all(Object.values(vms).map((vm) => vm.blank()));
    again = await SpareStack.create(vms.a, "production-again");
    made.push(again);
    for (const key of Object.keys(again.configuration)) Reflect.deleteProperty(again.configuration, key);
    const off = ["kubernetes-apiservers", "kubernetes-nodes", "kubernetes-nodes-cadvisor"];
    const caCertificate = await succeed(
        "kubectl config view",
        handle("kubectl", ["get", "configmap", "kube-root-ca.crt", "-o", "jsonpath={.data.ca\\.crt}"]),
    );
    again.configuration["clusters"] = {
        again: {
            server: "https://10.98.0.10:6443",
            caCertificate,
            jobs: {
                ...Object.fromEntries(off.map((job) => [job, { path: "off" }])),
                "kubernetes-pods": { interval: "5s" },
                "kubernetes-service-endpoints": { interval: "5s" },
                "vital-signs": { interval: "5s" },
            },
            endpoint: { url: { urls: ["http://10.98.0.10:30995"] } },
        },
    };
    await again.mustUp();
    const [a, b] = await Promise.all([monitor("a"), monitor("b")]);
    monitors = { a, b };
    await onBoth((stack) => stack.mustUp());
});

afterAll(async () => {
    await heal();
    await kubectl("delete", "service", "-n", "monitoring", SERVICE, "--ignore-not-found");
    for (const stack of made) await stack.remove();
    for (const vm of Object.values(vms)) await vm.gone();
});

describe("two VMs that watch the clusters of other stacks", () => {
    it("are told of both, each by the stack that made its side, and need nothing of Kubernetes themselves", async () => {
        for (const outputs of await onBoth((stack) => stack.outputs())) {
            expect(Object.keys(outputs["sources"] as object)).toEqual(["again", "lab"]);
            expect(outputs["watchedCredentials"]).toBe("[secret]");
        }
        const state = JSON.parse(await monitors.a.export()) as { deployment: { resources: { type: string }[] } };
        expect(state.deployment.resources.filter(({ type }) => type.includes("kubernetes"))).toEqual([]);
    });

    it("hold the same series", async () => {
        const names = async (name: keyof typeof vms) => {
            // One by one what is federated; of what each scrapes itself, whose series come and go by the minute, the names.
            const series = await queryOn(
                shellOf(name),
                'last_over_time({cluster!="",job=~"kubernetes-pods|federate/.+"}[30s]) or ' +
                    'group by (__name__, cluster, job, instance) (last_over_time({cluster!="",job!~"probe-.+"}[1m]))',
            );
            return series.map(({ metric }) => JSON.stringify(Object.entries(metric).sort())).sort();
        };
        const [a] = await waitFor(
            "the same series on both",
            async () => [await names("a"), await names("b")] as const,
            ([a, b]) => a.length > 50 && JSON.stringify(a) === JSON.stringify(b),
        );
        expect(a.filter((series) => series.includes('["cluster","again"]')).length).toBeGreaterThan(10);
        const ofLab = a.filter((series) => series.includes('["cluster","lab"]'));
        for (const job of ["kubernetes-pods", "kubernetes-apiservers", "kubernetes-nodes-cadvisor", "etcd"]) {
            expect(ofLab.filter((series) => series.includes(`["job","${job}"]`)).length, job).toBeGreaterThan(3);
        }
    });

    it("change nothing in three more deployments", async () => {
        for (let i = 0; i < 3; i++) {
            await onBoth((stack) => stack.mustUp("--expect-no-changes"));
            await again.mustUp("--expect-no-changes");
        }
    });
});

describe("a stack of which nothing right is read", () => {
    let state: string;

    /** Of the stack `production-again`, with a change to one of its outputs. */
    const damaged = (change: (outputs: Record<string, Record<string, Record<string, unknown>>>) => void) => {
        const copy = JSON.parse(state) as {
            deployment: { resources: { type: string; outputs: Parameters<typeof change>[0] }[] };
        };
        const stack = copy.deployment.resources.find(({ type }) => type === "pulumi:pulumi:Stack");
        change(stack?.outputs ?? {});
        return JSON.stringify(copy);
    };

    beforeAll(async () => {
        state = await again.export();
    });

    afterAll(async () => {
        await again.import(state);
    });

    it("is refused with its name, its output and what helps, before anything is touched", async () => {
        await again.import(damaged(({ sources }) => Object.assign(sources?.["again"] ?? {}, { version: 99 })));
        const before = await touched(vms.a);
        const { code, stdout, stderr } = await monitors.a.up();
        const said = stdout + stderr;
        expect(code).not.toBe(0);
        expect(said).toContain(`(${STACKS[1] ?? ""}) has a cluster 'again' of version 99; this program reads 1 to`);
        expect(said).toContain("add again to heldClusters");
        expect(said).not.toMatch(/^ +at /m);
        expect(await touched(vms.a)).toBe(before);
    });

    it("does not keep the others waiting where its cluster is held, which goes on as it was", async () => {
        const { configuration } = monitors.a;
        const before = await touched(vms.a);
        configuration["heldClusters"] = ["again"];
        await monitors.a.mustUp("--expect-no-changes");
        // A second time, by what the first one has told.
        await monitors.a.mustUp("--expect-no-changes");
        expect(await touched(vms.a)).toBe(before);
        configuration["sourceStacks"] = STACKS.slice(0, 1);
        await monitors.a.mustUp("--expect-no-changes");
        configuration["sourceStacks"] = STACKS;
        delete configuration["heldClusters"];
    });

    it("is refused where another passphrase keeps its secrets", async () => {
        // The salt decides, with the passphrase, about the key. No command of Pulumi's would write such a state.
        const saltOf = (text: string) => /"salt": "([^"]+)"/.exec(text)?.[1] ?? "";
        const salt = saltOf(await monitors.b.export());
        writeFileSync(again.stateFile, readFileSync(again.stateFile, "utf8").replace(saltOf(state), salt));
        const { code, stdout, stderr } = await monitors.a.preview();
        expect(code).not.toBe(0);
        expect(stdout + stderr).toContain("PULUMI_CONFIG_PASSPHRASE");
        expect(stdout + stderr).toContain("production-again");
    });
});

describe("two VMs that share the work", () => {
    /** What a VM scrapes of the lab's cluster: job and instance. These have no blackbox_exporter to probe with. */
    async function targets(shell: Parameters<typeof queryOn>[0]): Promise<string[]> {
        interface Target {
            readonly scrapePool: string;
            readonly labels: Readonly<Record<string, string>>;
        }
        const answer = await prometheusOn(shell, "targets", ["state=active"]);
        const { activeTargets } = (answer as { data: { activeTargets: Target[] } }).data;
        return activeTargets
            .filter(({ scrapePool }) => /^lab[/](?!probe-)/.test(scrapePool))
            .map(({ scrapePool, labels }) => `${scrapePool.slice("lab/".length)} ${labels["instance"] ?? ""}`)
            .sort();
    }
    const isEverywhere = (target: string) => target.startsWith("kubernetes-apiservers-static ");

    it("have each target of a cluster on one of them, and on both what tells whether the cluster is there", async () => {
        for (const [index, stack] of Object.values(monitors).entries()) {
            Object.assign(stack.configuration["prometheus"] as object, { shard: { index, of: 2 } });
        }
        await onBoth((stack) => stack.mustUp());
        const whole = await targets(vm);
        const shared = whole.filter((target) => !isEverywhere(target));
        const [a, b] = await waitFor(
            "all targets on the two together",
            async () => [await targets(shellOf("a")), await targets(shellOf("b"))] as const,
            (both) => new Set(both.flat()).size >= new Set(whole).size,
        );
        expect(a.filter(isEverywhere)).toEqual(whole.filter(isEverywhere));
        expect(b.filter(isEverywhere)).toEqual(whole.filter(isEverywhere));
        const parts = [a, b].map((part) => part.filter((target) => !isEverywhere(target)));
        expect(parts.flat().sort()).toEqual(shared);
        expect(Math.min(...parts.map((part) => part.length))).toBeGreaterThan(0);
        // The next deployments of both are of stacks with the whole each.
        for (const { configuration } of Object.values(monitors)) {
            Reflect.deleteProperty(configuration["prometheus"] as object, "shard");
        }
    });
});

readers(() => ({ giver: monitors.a, taker: monitors.b, address: vms.a.address, shell: shellOf("b") }));

describe("with every cluster dead", () => {
    let since: number;

    beforeAll(async () => {
        await breakLab("cluster");
        since = Date.now();
        await waitFor(
            "the VM to have missed them",
            () => scrapesSince(since, 'up{cluster!=""}', shellOf("a")),
            ({ failed }) => failed > 4,
        );
    });

    const worked = async (run: Promise<Finished>) => {
        const { code, stdout, stderr } = await run;
        expect(code, stdout + stderr).toBe(0);
        return stdout;
    };

    it("previews and deploys the stacks of the VMs in two minutes at most, and finds nothing to change", async () => {
        const preview = ["preview", "--non-interactive", "--color=never", "--expect-no-changes"];
        for (const args of [preview, [...UP, "--expect-no-changes"]]) {
            await onBoth((stack) => worked(stack.run(args, WORST_DAY)));
        }
    });

    it("brings a new rule to both in two minutes at most", async () => {
        for (const stack of Object.values(monitors)) {
            Object.assign(stack.configuration["prometheus"] as object, { ruleFiles: ["test/config/user/rules.yml"] });
        }
        await onBoth((stack) => worked(stack.run(UP, WORST_DAY)));
        for (const name of ["a", "b"] as const) {
            const group = 'prometheus_rule_group_rules{rule_group=~".*rules[.]yml.*"}';
            await waitFor(
                "Prometheus to have told of the new group in a scrape of itself",
                () => queryOn(shellOf(name), group),
                (series) => series.length > 0,
            );
        }
    });

    it("still shows the last of each cluster", async () => {
        const series = await queryOn(shellOf("b"), 'count by (cluster) (count_over_time(up{cluster!=""}[10m]))');
        expect(series.map(({ metric }) => metric["cluster"]).sort()).toEqual(["again", "lab", "production-a"]);
    });
});
