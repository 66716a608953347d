import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { join } from "node:path";
import { type Finished, runProgram } from "../../operate/process";
import { withConfiguration } from "./configuration";
import {
    allUp,
    breakLab,
    expectedJobs,
    handle,
    heal,
    type Job,
    kubectl,
    PATIENCE_SECONDS,
    PROJECT,
    succeed,
    up,
    vm,
    waitFor,
} from "./lab";

let jobs: readonly Job[];

beforeAll(async () => {
    jobs = await expectedJobs();
    await allUp(jobs);
});

interface Binding {
    readonly metadata: {
        readonly name: string;
        readonly labels?: object;
        readonly annotations?: object;
        readonly managedFields: readonly { readonly manager: string }[];
    };
    readonly subjects?: readonly { readonly name: string }[];
}

/** An entry point of operate/: what make wraps, without make's own exit code. */
function doctor(...args: readonly string[]): Promise<Finished> {
    process.env["PULUMI"] = join(PROJECT, "lab/pulumi");
    const entry = join(PROJECT, "operate/doctor.ts");
    return runProgram(process.execPath, ["--import", "tsx", entry, ...args], { timeoutSeconds: PATIENCE_SECONDS });
}

/** Cells of the table's lines, by what was tried: cluster/job and the path. */
function table({ stdout }: Finished): Map<string, string[]> {
    const [lines = ""] = stdout.split("\n\n");
    return new Map(
        lines
            .trim()
            .split("\n")
            .slice(1)
            .map((line) => {
                const [cluster = "", job = "", path = "", ...rest] = line.split(/ {2,}/);
                return [`${cluster}/${job} ${path}`, rest];
            }),
    );
}

describe("the doctor", () => {
    it("finds each way into a healthy cluster open, and touches nothing", async () => {
        const state = () =>
            vm("find /usr/local/etc /etc -printf '%p %s %C@\\n' | sort; systemctl show -P MainPID prometheus");
        const before = await state();
        const asked = await doctor("lab");
        expect(asked.stdout).not.toContain("\n\n");
        expect(asked).toMatchObject({ code: 0, stderr: "Asking 21 times from 10.98.0.20, as Prometheus would …\n" });
        const found = table(asked);
        expect(found.get("lab/API server answers")).toEqual(["10.98.0.10:6443", "ready"]);
        expect(found.get("lab/discovery discovery")?.at(-1)).toBe("allowed");
        const ofCluster = jobs.filter(({ cluster, job }) => cluster === "lab" && !job.startsWith("probe-"));
        expect(ofCluster.length).toBeGreaterThan(10);
        for (const { job, path } of ofCluster) {
            expect(found.get(`lab/${job} ${path}`)?.at(-1), job).toMatch(/^[1-9]\d* series$/);
        }
        expect(await state()).toBe(before);
    });

    it("is called by make, for one cluster of a stack", async () => {
        const make = await runProgram("make", ["-s", "-C", PROJECT, "doctor", "STACK=lab", "CLUSTER=lab"], {
            timeoutSeconds: PATIENCE_SECONDS,
        });
        expect(make).toMatchObject({ code: 0 });
        expect(await doctor("lab", "other")).toEqual({
            ...{ code: 1, stdout: "" },
            stderr: "The stack 'lab' watches no cluster 'other', but: lab.\n",
        });
        expect((await doctor()).stderr).toMatch(/^usage: make doctor/);
    });

    it("tells which right lacks", async () => {
        const bindings = await kubectl("get", "clusterrolebindings", "-o", "json", "--show-managed-fields");
        const { items } = JSON.parse(bindings) as { items: Binding[] };
        const binding = items.find(({ subjects = [] }) =>
            subjects.some(({ name }) => name === "external-prometheus-discovery"),
        );
        if (binding === undefined) throw new Error("nobody may discover anything");
        const { name, managedFields, labels, annotations } = binding.metadata;
        await kubectl("delete", "clusterrolebinding", name);
        try {
            const asked = await waitFor(
                "the API server to refuse",
                () => doctor("lab"),
                ({ code }) => code === 2,
            );
            expect(asked.stdout).toMatch(/^lab +discovery +discovery +nodes +403: nodes is forbidden: User "system:/m);
            expect(asked.stdout).toMatch(
                /^lab\/discovery: 403: nodes is forbidden.*\n {2}deploy the stack .* ClusterRoles/m,
            );
        } finally {
            // In the name of who has made it, so that it remains that one's.
            const manager = `--field-manager=${managedFields[0]?.manager ?? ""}`;
            const stdin = JSON.stringify({ ...binding, metadata: { name, labels, annotations } });
            await succeed(
                "kubectl apply",
                handle("kubectl", ["apply", "--server-side", manager, "-f", "-"], { stdin }),
            );
        }
        await waitFor(
            "the API server to let in",
            () => doctor("lab"),
            ({ code }) => code === 0,
        );
    });
});

describe("a kubelet that has signed its certificate itself", () => {
    const KUBELET_JOBS = ["kubernetes-nodes", "kubernetes-nodes-cadvisor"];

    beforeAll(() => breakLab("kubelet"));
    afterAll(async () => {
        await heal();
        await up();
        await allUp(jobs);
    });

    it("is known as such, and what helps is told", async () => {
        const asked = await doctor("lab");
        expect(asked.code).toBe(2);
        const found = table(asked);
        for (const job of KUBELET_JOBS) {
            expect(found.get(`lab/${job} direct`)).toEqual([
                "node-1",
                "x509: the server has signed its certificate itself",
            ]);
            expect(asked.stdout).toContain(
                `\nlab/${job}: x509: the server has signed its certificate itself\n` +
                    "  set serverTLSBootstrap: true in the kubelets' configuration and approve their requests (kubectl certificate " +
                    `approve), or set clusters.lab.jobs.${job}.insecureSkipVerify, whose token opens nothing but metrics\n`,
            );
        }
    });

    it("is scraped by what was told", async () => {
        await withConfiguration(
            ({ clusters }) => {
                const { jobs: chosen } = clusters?.["lab"] as { jobs: Record<string, object> };
                for (const job of KUBELET_JOBS) {
                    chosen[job] = { ...chosen[job], insecureSkipVerify: true };
                }
            },
            (configFile) => up("--config-file", configFile),
        );
        await allUp(jobs.filter(({ job }) => KUBELET_JOBS.includes(job)));
        expect((await doctor("lab")).code).toBe(0);
    });
});
