import { describe, expect, it } from "vitest";
import type { Attempt, Nobody } from "../../operate/doctorPlan";
import { readAnswers, report } from "../../operate/doctorReport";

function attempt(job: string, instance: string, changes: Partial<Attempt> = {}): Attempt {
    const url = `https://${instance}/metrics`;
    return { cluster: "eu", job, path: "direct", instance, url, client: {}, lastError: "", ...changes };
}

function nobody(job: string, discovered: number, isShared = false): Nobody {
    return { cluster: "eu", job, path: "direct", discovered, isShared };
}

const OK = "0\t200\t5\t\t";
const REFUSED = "7\t\t0\tconnect: Connection refused\t";

/** With these lines for the attempts, in their order. */
function reported(attempts: readonly Attempt[], lines: readonly string[], more: readonly Nobody[] = []) {
    const stdout = lines.map((line, number) => `${number}\t${line}\n`).join("");
    return report({ attempts, nobody: more }, readAnswers(stdout));
}

describe("the report", () => {
    it("has one line for the targets of a job that answer alike, with all that they gave", () => {
        const attempts = ["a:1", "b:1", "c:1"].map((instance) => attempt("node-exporter", instance));
        const { text, isHealthy } = reported(attempts, [OK, REFUSED, OK]);
        expect(
            text
                .split("\n")
                .map((line) => line.split(/ {2,}/))
                .slice(0, 3),
        ).toEqual([
            ["CLUSTER", "JOB", "PATH", "ASKED", "RESULT"],
            ["eu", "node-exporter", "direct", "a:1 and 1 more", "10 series"],
            ["eu", "node-exporter", "direct", "b:1", "connection refused"],
        ]);
        expect(isHealthy).toBe(false);
    });

    it("says once what helps against the same thing", () => {
        const attempts = [attempt("kubernetes-nodes", "a:1"), attempt("kubernetes-nodes-cadvisor", "a:1")];
        const { text } = reported(attempts, [REFUSED, REFUSED]);
        expect(text.match(/^eu.*: connection refused$/gm)).toEqual([
            "eu/kubernetes-nodes, eu/kubernetes-nodes-cadvisor: connection refused",
        ]);
        expect(reported(attempts, [OK, OK])).toMatchObject({ isHealthy: true });
        expect(reported(attempts, [OK, OK]).text).not.toContain("\n\n");
    });

    it.each([
        ["etcd", 3, "no target: none of 3 that were discovered is one", "node-role.kubernetes.io/control-plane"],
        ["kubernetes-pods", 9, "no target: none of 9 that were discovered is one", 'prometheus.io/scrape: "true"'],
        [
            "kubernetes-apiservers",
            2,
            "no target: none of 2 that were discovered is one",
            "port https of the Service kubernetes",
        ],
        ["node-exporter", 3, "no target: none of 3 that were discovered is one", "ask again"],
        ["kubernetes-nodes", 0, "no target was discovered", "the lines of discovery above"],
    ])("tells of %s without a target, of %i that were discovered", (job, discovered, result, remedy) => {
        const { text, isHealthy } = reported([], [], [nobody(job, discovered)]);
        expect(text).toContain(`  ${result}\n`);
        expect(text).toContain(remedy);
        expect(isHealthy).toBe(false);
    });

    it("tells for information that what was discovered is on other VMs, and whatever else is wrong all the same", () => {
        const { text, isHealthy } = reported([], [], [nobody("kubernetes-nodes", 3, true), nobody("etcd", 3, true)]);
        const result = "none here: of 3 that were discovered the other VMs have what is a target";
        expect(text.match(/none here.*$/gm)).toEqual([result, result]);
        expect(text).not.toContain("\n\n");
        expect(isHealthy).toBe(true);
        expect(reported([], [], [nobody("kubernetes-nodes", 0, true)]).text).toContain("no target was discovered\n");
        expect(reported([], [], [nobody("kubernetes-nodes", 0, true)]).isHealthy).toBe(false);
    });

    it("does not take for healthy what was not asked", () => {
        const { text, isHealthy } = reported([attempt("etcd", "a:1"), attempt("etcd", "b:1")], [OK]);
        expect(text).toMatch(/b:1 +not asked\n/);
        expect(isHealthy).toBe(false);
    });
});

describe("while a cluster's API server does not answer", () => {
    const api = (changes: Partial<Attempt> = {}) => attempt("API server", "k:6443", { path: "answers", ...changes });
    const lists = attempt("discovery", "nodes", { path: "discovery" });
    const itself = attempt("kubernetes-apiservers", "k1:6443");
    const suffering = [
        attempt("kubernetes-nodes", "a:10250"),
        attempt("kubernetes-nodes-cadvisor", "a:10250"),
        attempt("kube-scheduler", "k1:10259"),
        attempt("kube-controller-manager", "k1:10257"),
    ];
    const UNAUTHORIZED = "0\t401\t0\t\tUnauthorized";
    const SUFFERED = [UNAUTHORIZED, UNAUTHORIZED, REFUSED, REFUSED];
    const TIMEOUT = "28\t\t0\tcurl: (28) Operation timed out after 10001 milliseconds\t";
    const CUT = "35\t\t0\tcurl: (35) OpenSSL SSL_connect: SSL_ERROR_SYSCALL\t";
    const UNAVAILABLE = "0\t503\t0\t\tno server is available";
    const EXPECTED =
        /^eu\/kubernetes-nodes, eu\/kubernetes-nodes-cadvisor: 401.*\n {2}as expected while the API server does not answer.*first$/m;
    const ENDED =
        /^eu\/kube-scheduler, eu\/kube-controller-manager: connection refused\n {2}as expected .*lease.*first$/m;

    it.each([
        ["refuses", REFUSED, REFUSED, REFUSED],
        ["is silent", TIMEOUT, TIMEOUT, TIMEOUT],
        ["ends behind a load balancer", CUT, UNAVAILABLE, REFUSED],
        ["is not asked where the VM lacks its token", REFUSED, "26\t\t0\tthere is no /token\t", REFUSED],
    ])("names that as what is to be seen first, where it %s", (_, ...lines) => {
        const { text } = reported([api(), lists, itself, ...suffering], [...lines, ...SUFFERED]);
        expect(text).toMatch(EXPECTED);
        expect(text).toMatch(ENDED);
        expect(text).not.toMatch(/webhook|token has expired|--bind-address/);
    });

    it.each([
        ["one list is had", REFUSED, OK, REFUSED],
        ["one server of several answers", REFUSED, REFUSED, OK],
        ["one lets nobody in", REFUSED, REFUSED, UNAUTHORIZED],
        ["one answers with another certificate", REFUSED, REFUSED, "60\t\t0\tself-signed certificate\t"],
        ["one demands another certificate", REFUSED, REFUSED, "56\t\t0\talert certificate required\t"],
        ["nobody could be asked", ...Array<string>(3).fill("77\t\t0\tthere is no /ca.crt\t")],
        ["the VM does not know its name", ...Array<string>(3).fill("6\t\t0\tCould not resolve host\t")],
    ])("is not what the doctor says where %s", (_, ...lines) => {
        const { text } = reported([api(), lists, itself, ...suffering], [...lines, ...SUFFERED]);
        expect(text).not.toContain("as expected");
        expect(text).toMatch(/webhook.*token has expired/);
        expect(text).toMatch(/kubeadm lets kube-scheduler .*--bind-address/);
    });

    it("says so of no other cluster, of no other job, and of no other answer", () => {
        const others = [
            attempt("kubernetes-nodes", "b:10250", { cluster: "us" }),
            attempt("coredns", "c:9153"),
            attempt("etcd", "k1:2381"),
            attempt("kubernetes-nodes", "d:10250", { path: "federate" }),
            attempt("kubernetes-nodes", "e:10250"),
        ];
        const { text } = reported(
            [api(), api({ cluster: "us" }), ...others],
            [REFUSED, OK, UNAUTHORIZED, UNAUTHORIZED, REFUSED, UNAUTHORIZED, REFUSED],
        );
        expect(text).not.toContain("as expected");
    });
});
