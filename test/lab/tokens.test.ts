import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runProgram } from "../../operate/process";
import { SpareStack } from "../vm/spareStack";
import { SpareVm } from "../vm/spareVm";
import { API_SERVER, ask, succeeding } from "./apiServer";
import { BOUND, boundToken, claims, DIRECT } from "./boundTokens";
import { deploy, withTokens } from "./configuration";
import { allUp, expectedJobs, PATIENCE_SECONDS, PROJECT, pulumi, scrapesSince, up, vm, waitFor } from "./lab";
import { rights } from "./rights";

const ACCOUNTS = "/api/v1/namespaces/external-prometheus/serviceaccounts";

async function tokens(): Promise<Record<string, string>> {
    const text = await pulumi("stack", "output", "sourceCredentials", "--json", "--show-secrets");
    return (JSON.parse(text) as { lab: { tokens: Record<string, string> } }).lab.tokens;
}

beforeAll(async () => {
    await allUp(await expectedJobs());
});

afterAll(async () => {
    await up();
    await allUp(await expectedJobs());
});

describe("tokens that the VM gets itself", () => {
    let begun: number;
    let renewal: string;
    let secret: string;

    beforeAll(async () => {
        begun = Date.now();
        await deploy(withTokens(BOUND));
        renewal = (await tokens())["renewal"] ?? "";
        secret = String(claims(renewal)["kubernetes.io/serviceaccount/secret.name"]);
    });

    it("take the place of those of Secrets without a failed scrape, and change nothing at the next deployments", async () => {
        expect(Object.keys(await tokens())).toEqual(["renewal"]);
        for (let time = 0; time < 2; time += 1)
            expect(await deploy(withTokens(BOUND), "--expect-no-changes")).toMatch(/unchanged/);
        const args = ["-s", "-C", PROJECT, "drift", "STACK=lab"];
        const { code, stdout } = await runProgram("make", args, { timeoutSeconds: PATIENCE_SECONDS });
        expect(`${code ?? ""} ${stdout}`).toMatch(/^0 .* is as the stack 'lab' has declared it\.$/m);
        await waitFor(
            "three more scrapes",
            () => scrapesSince(begun + 15_000, DIRECT),
            ({ taken }) => taken >= 12,
        );
        expect(await scrapesSince(begun, DIRECT)).toMatchObject({ failed: 0 });
    });

    it("are got with a token that lies in one file of root's and nowhere else", async () => {
        const places = "/etc /root /run /tmp /usr/local /var/log /var/tmp";
        const piece = renewal.split(".")[2] ?? "";
        expect(piece.length).toBeGreaterThan(40);
        // No process of ours: the search itself reads it from stdin.
        const found = await vm(`grep -rlFf - ${places} 2>/dev/null || true`, { stdin: `${piece}\n` });
        expect(found).toBe("/usr/local/lib/external-prometheus/renewal/clusters/lab/authorization\n");
        expect(await vm("stat -c '%a %U:%G' /usr/local/lib/external-prometheus/renewal")).toBe("700 root:root\n");
    });

    it("are renewed on the VM by its timer, where Prometheus takes them up by itself", async () => {
        const before = await boundToken("kubelet");
        const since = Date.now();
        // As at half of their life: what they were asked for with is newer than they are.
        await vm("touch /usr/local/lib/external-prometheus/renewal/clusters/lab/request.json");
        await waitFor(
            "another token",
            () => boundToken("kubelet"),
            (token) => token !== before,
        );
        expect(claims(await boundToken("kubelet")).exp).toBeGreaterThan(claims(before).exp);
        await waitFor(
            "each target to be scraped with it",
            () => scrapesSince(since, DIRECT),
            ({ taken }) => taken >= 8,
        );
        expect(await scrapesSince(since, DIRECT)).toMatchObject({ failed: 0 });
    });

    it("can be asked for by an account that may do nothing else", async () => {
        const own = await rights("renewal", "external-prometheus");
        expect(own.may).toEqual([]);
        expect(own.denied).toBeGreaterThanOrEqual(60);
        expect((await rights("renewal", "")).may).toEqual([]);
        const scraping = await rights("kubelet", "external-prometheus");
        expect(scraping.may).toEqual(["get nodes/metrics"]);
    });

    function mint(account: string, spec: object, token = renewal, namespace = "external-prometheus") {
        const path = ACCOUNTS.replace("external-prometheus", namespace);
        return ask(`${API_SERVER}${path}/${account}/token`, {
            method: "POST",
            token,
            body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec },
        });
    }
    const bound = (kind: string, name: string) => ({ boundObjectRef: { apiVersion: "v1", kind, name } });
    const short = { expirationSeconds: 600 };
    const KUBELET = "external-prometheus-kubelet";

    it("are had by the one who stole that account's for no longer", async () => {
        const { status, body } = await mint(KUBELET, { ...short, ...bound("Secret", secret) });
        expect(status).toBe(201);
        const { token } = (JSON.parse(body) as { status: { token: string } }).status;
        expect(claims(token).exp - Date.now() / 1000).toBeLessThanOrEqual(601);
        // What scrapes can ask for none, and so prolong nothing.
        expect((await mint(KUBELET, { ...short, ...bound("Secret", secret) }, token)).status).toBe(403);
    });

    it.each<[string, string, () => object, number, string]>([
        ["unbound", KUBELET, () => short, 422, "must be bound to the Secret"],
        ["a second longer", KUBELET, () => ({ expirationSeconds: 601, ...bound("Secret", secret) }), 422, "600 s"],
        ["ten years", KUBELET, () => ({ expirationSeconds: 315_360_000, ...bound("Secret", secret) }), 422, "600 s"],
        [
            "bound to another Secret",
            KUBELET,
            () => ({ ...short, ...bound("Secret", "gateway-tls") }),
            422,
            "must be bound",
        ],
        // For which Kubernetes gives a year, if it is bound to a pod.
        ["3607 s", KUBELET, () => ({ expirationSeconds: 3607, ...bound("Secret", secret) }), 422, "600 s"],
        ["bound to a pod", KUBELET, () => ({ ...short, ...bound("Pod", "gateway") }), 422, "must be bound"],
        [
            "of its own",
            "external-prometheus-renewal",
            () => ({ ...short, ...bound("Secret", secret) }),
            403,
            "cannot create",
        ],
        ["of another account", "default", () => ({ ...short, ...bound("Secret", secret) }), 403, "cannot create"],
    ])("are not had by the one who stole that account's: %s", async (_what, account, spec, status, words) => {
        const answer = await mint(account, spec());
        expect([answer.status, answer.body]).toEqual([status, expect.stringContaining(words)]);
    });

    it("are not had unbound by an administrator either, who would leave one behind", async () => {
        const body = {
            apiVersion: "authentication.k8s.io/v1",
            kind: "TokenRequest",
            spec: { expirationSeconds: 86_400 },
        };
        const answer = await ask(`${API_SERVER}${ACCOUNTS}/${KUBELET}/token`, { method: "POST", body });
        expect(answer.status).toBe(422);
    });

    it("count no longer at the API server within a minute of the end of their account, and come again by pulumi up --refresh", async () => {
        const token = await boundToken("discovery");
        const status = async () => (await ask(`${API_SERVER}/api/v1/nodes`, { token })).status;
        expect(await status()).toBe(200);
        await succeeding(`${ACCOUNTS}/external-prometheus-discovery`, { method: "DELETE" });
        await waitFor("the token to count no longer", status, (seen) => seen === 401, 60);
        await deploy(withTokens(BOUND), "--refresh");
        await waitFor(
            "a token of the new account",
            () => boundToken("discovery"),
            (seen) => seen !== token,
        );
        await allUp(await expectedJobs());
    });
});

describe("a VM whose clusters are another stack's", () => {
    const spare = new SpareVm(8);
    let monitor: SpareStack | undefined;

    beforeAll(async () => {
        await deploy(withTokens(undefined));
        await spare.blank();
        monitor = await SpareStack.create(spare, "tokens-monitor");
        monitor.configuration["sourceStacks"] = ["organization/external-prometheus/lab"];
    });

    afterAll(async () => {
        await monitor?.remove();
        await spare.gone();
    });

    /** The monitor's scrapes of the cluster since then. */
    const seen = (since: number) =>
        scrapesSince(since, 'up{cluster="lab",job=~"kubernetes-(apiservers|nodes).*|federate/.*"}', (text, run) =>
            spare.text(text, run),
        );

    const token = () => spare.text("cat /usr/local/etc/prometheus/credentials/lab/kubelet.token");

    it("watches them with the other stack's sources and credentials, and without a kubeconfig", async () => {
        const begun = Date.now();
        await monitor?.mustUp();
        await waitFor(
            "each job's first scrapes",
            () => seen(begun),
            ({ taken, jobs }) => jobs === 8 && taken >= 24,
        );
        expect(readFileSync(join(PROJECT, "Pulumi.lab.yaml"), "utf8")).not.toContain("sourceStacks");
        expect(Object.keys((await monitor?.outputs())?.["sourceCredentials"] as object)).toEqual([]);
    });

    it("fails no scrape while their tokens are replaced, however much later its own stack is deployed", async () => {
        const begun = Date.now();
        const before = await token();
        await deploy(withTokens({ generation: 2, previous: "secret" }));
        // The VM has the old ones, which the cluster still takes.
        await waitFor(
            "two more scrapes of each target",
            () => seen(begun),
            ({ taken }) => taken >= 24,
        );
        expect(await token()).toBe(before);
        await monitor?.mustUp();
        expect(await token()).not.toBe(before);
        await deploy(withTokens({ generation: 2 }));
        const after = Date.now();
        await waitFor(
            "two more scrapes of each target",
            () => seen(after),
            ({ taken }) => taken >= 24,
        );
        expect(await seen(begun)).toMatchObject({ failed: 0, jobs: 8 });
        const old = await ask(`${API_SERVER}/api/v1/nodes`, { token: before.trim() });
        // Known no longer, and not only without the right.
        await waitFor(
            "the old token to count no longer",
            async () => (await ask(`${API_SERVER}/metrics`, { token: before.trim() })).status,
            (status) => status === 401,
        );
        expect([401, 403]).toContain(old.status);
    });

    it("says which stack lacks what, with nothing touched", async () => {
        const mark = await spare.text("find /usr/local/etc -printf '%p %C@\\n' | sort | sha256sum");
        if (monitor !== undefined) {
            monitor.configuration["sourceStacks"] = [
                "organization/external-prometheus/lab",
                "organization/external-prometheus/nowhere",
            ];
        }
        const { code, stdout, stderr } = (await monitor?.up()) ?? { code: 0, stdout: "", stderr: "" };
        expect(code).not.toBe(0);
        expect(stdout + stderr).toContain("nowhere");
        expect(stdout + stderr).not.toMatch(/^ +at /m);
        expect(await spare.text("find /usr/local/etc -printf '%p %C@\\n' | sort | sha256sum")).toBe(mark);
    });
});
