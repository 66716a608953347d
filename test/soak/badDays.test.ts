import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Finished } from "../../operate/process";
import { clusterCa } from "../lab/apiServer";
import { type Configuration, withConfiguration, withTokens } from "../lab/configuration";
import { allUp, controllerManager, expectedJobs, handle, kubectl, succeed, up } from "../lab/lab";
import { clusterState, labState, vmState } from "../lab/state";

// The rows of the table in docs/bad-days.md that are about the cluster's side; outage.test.ts has those about a dead one.

const UNATTENDED = ["--non-interactive", "--color=never"];
const CONTEXT = "lab";

interface Deployment {
    readonly change?: (configuration: Configuration) => void;
    /** In the place of the lab's own. */
    readonly kubeconfig?: string;
}

/** A command of Pulumi's on the lab's stack, however it ends. */
function run(
    command: "preview" | "up",
    args: readonly string[],
    { change, kubeconfig }: Deployment = {},
): Promise<Finished> {
    return withConfiguration(
        (configuration) => change?.(configuration),
        async (file) => {
            const at = ["--config-file", file];
            if (kubeconfig !== undefined) {
                const key = "external-prometheus:kubeconfigs.lab";
                const set = ["config", "set", "--secret", ...at, "--path", key];
                await succeed("pulumi config set", handle("pulumi", set, { stdin: kubeconfig }));
            }
            const flags = command === "up" ? ["--yes", "--skip-preview"] : [];
            return handle("pulumi", [command, ...flags, ...UNATTENDED, ...at, ...args]);
        },
    );
}

/** What it says when it fails, which never is a stack trace. */
async function failing(...args: Parameters<typeof run>): Promise<string> {
    const { code, stdout, stderr } = await run(...args);
    expect(code, stdout + stderr).not.toBe(0);
    expect(stdout + stderr).not.toMatch(/^\s+at .+:\d+:\d+\)?$/m);
    return stdout + stderr;
}

/** How many resources a preview would create, update and so on. */
async function changes(...args: Parameters<typeof run>): Promise<Record<string, number>> {
    const { code, stdout, stderr } = await run(args[0], [...args[1], "--json"], args[2]);
    expect(code, stderr).toBe(0);
    return (JSON.parse(stdout) as { changeSummary: Record<string, number> }).changeSummary;
}

/** Of an account with a cluster role, made for it; as `kubectl config` writes one. */
async function kubeconfigOf(account: string, role: string, ca = clusterCa()): Promise<string> {
    await kubectl("create", "serviceaccount", account, "-n", "default");
    await kubectl(
        "create",
        "clusterrolebinding",
        account,
        `--clusterrole=${role}`,
        `--serviceaccount=default:${account}`,
    );
    const token = (await kubectl("create", "token", account, "-n", "default")).trim();
    const cluster = {
        server: "https://10.98.0.10:6443",
        "certificate-authority-data": Buffer.from(ca).toString("base64"),
    };
    return JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name: CONTEXT, cluster }],
        users: [{ name: account, user: { token } }],
        contexts: [{ name: CONTEXT, context: { cluster: CONTEXT, user: account } }],
        "current-context": CONTEXT,
    });
}

const ACCOUNTS = ["bad-days-viewer", "bad-days-other"];
let before: { vm: string; cluster: string };

beforeAll(async () => {
    await up();
    before = await labState("uid");
});

afterEach(async () => {
    for (const account of ACCOUNTS) {
        await kubectl("delete", "serviceaccount", account, "-n", "default", "--ignore-not-found");
        await kubectl("delete", "clusterrolebinding", account, "--ignore-not-found");
    }
});

afterAll(async () => {
    await up();
    await allUp(await expectedJobs());
});

describe("a right that is missing", () => {
    it("is named, and nothing on the VM is touched", async () => {
        const kubeconfig = await kubeconfigOf("bad-days-viewer", "view");
        const said = await failing("up", [], { kubeconfig, change: withTokens({ generation: 2 }) });
        expect(said).toMatch(
            /secrets .*is forbidden: User "system:serviceaccount:default:bad-days-viewer" cannot \w+ resource "secrets"/,
        );
        expect(await vmState()).toBe(before.vm);
        await up();
        expect(await clusterState("uid")).toBe(before.cluster);
    });
});

describe("a controller-manager that does nothing", () => {
    it("is waited for until it fills the token Secrets", async () => {
        const pid = controllerManager();
        process.kill(pid, "SIGSTOP");
        try {
            const deployed = run("up", [], { change: withTokens({ generation: 2 }) });
            await new Promise((resolve) => setTimeout(resolve, 10_000));
            process.kill(pid, "SIGCONT");
            const { code, stdout, stderr } = await deployed;
            expect(code, stdout + stderr).toBe(0);
        } finally {
            process.kill(pid, "SIGCONT");
        }
        await up();
        await allUp(await expectedJobs());
        before = await labState("uid");
    });
});

describe("another kubeconfig", () => {
    it("for the same cluster replaces nothing", async () => {
        const kubeconfig = await kubeconfigOf("bad-days-other", "cluster-admin");
        const summary = await changes("preview", [], { kubeconfig });
        // The provider alone.
        expect(Object.keys(summary).sort()).toEqual(["same", "update"]);
        expect(summary["update"]).toBe(1);
        const { code } = await run("up", [], { kubeconfig });
        expect(code).toBe(0);
        expect(await clusterState("uid")).toBe(before.cluster);
        expect(await vmState()).toBe(before.vm);
        // The one before is good no longer. A refresh asks with what the last deployment had; without one it is the new one.
        await kubectl("delete", "clusterrolebinding", "bad-days-other");
        await kubectl("delete", "serviceaccount", "bad-days-other", "-n", "default");
        expect(await failing("up", ["--refresh"])).toMatch(/unreachable|forbidden|Unauthorized/);
        await up();
        await up("--refresh");
        expect(await clusterState("uid")).toBe(before.cluster);
    });

    it("for another cluster is refused before anything else", async () => {
        const directory = mkdtempSync(join(tmpdir(), "external-prometheus-ca-"));
        const certificate = join(directory, "ca.crt");
        const request = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 2 -subj /CN=other -keyout ${directory}/key -out ${certificate}`;
        execFileSync("openssl", request.split(" "), { stdio: "pipe" });
        const kubeconfig = await kubeconfigOf("bad-days-other", "cluster-admin", readFileSync(certificate, "utf8"));
        rmSync(directory, { recursive: true });
        for (const command of ["preview", "up"] as const) {
            const said = await failing(command, [], { kubeconfig });
            expect(said).toContain("external-prometheus:kubeconfigs.lab is for another cluster");
        }
        expect(await clusterState("uid")).toBe(before.cluster);
    });
});

describe("somebody else's hand on one of our objects", () => {
    const account = ["serviceaccount", "external-prometheus-kubelet", "-n", "external-prometheus"];

    it("is named where it holds a field, and no longer in the way once it has set that back", async () => {
        const patch = (value: boolean) =>
            kubectl(
                "patch",
                ...account,
                "--field-manager=somebody",
                "--type=merge",
                "-p",
                JSON.stringify({ automountServiceAccountToken: value }),
            );
        await patch(true);
        const said = await failing("up", ["--refresh"]);
        expect(said).toMatch(/conflict with "somebody".*automountServiceAccountToken/s);
        expect(await vmState()).toBe(before.vm);
        await patch(false);
        await up("--refresh");
        await up("--expect-no-changes");
    });

    it("that took an object away is seen by a refresh, which makes it anew", async () => {
        await kubectl("delete", ...account);
        expect((await changes("preview", ["--refresh"]))["create"]).toBeGreaterThanOrEqual(1);
        await run("up", ["--refresh"]);
        await up("--refresh");
        await allUp(await expectedJobs());
    });
});
