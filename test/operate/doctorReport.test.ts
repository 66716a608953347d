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
