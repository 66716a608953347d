import { USUAL } from "../config/evidence";
import { isAnnotated, isEvidence } from "../config/source";
import { columns } from "./columns";
import { type Answer, type Diagnosis, diagnose } from "./doctorCauses";
import type { Attempt, Nobody, Plan } from "./doctorPlan";
import { silentClusters } from "./doctorSilence";
import { jobKey } from "./table";

const COLUMNS = ["CLUSTER", "JOB", "PATH", "ASKED", "RESULT"] as const;

export interface Report {
    readonly text: string;
    readonly isHealthy: boolean;
}

/** A line for each job and result; then what helps, once for each thing that is wrong. */
export function report({ attempts, nobody }: Plan, answers: ReadonlyMap<number, Answer>): Report {
    const silent = silentClusters(attempts, answers);
    const diagnosed = attempts.map((attempt, number) => {
        const answer = answers.get(number);
        return {
            attempt,
            ...(answer === undefined
                ? UNASKED
                : { ...diagnose(attempt, answer, silent.has(attempt.cluster)), samples: answer.samples }),
        };
    });
    const rows = new Map<string, { attempt: Attempt; result: string; asked: string[]; samples: number }>();
    for (const { attempt, result, samples } of diagnosed) {
        const key = JSON.stringify([attempt.cluster, attempt.job, attempt.path, result]);
        const row = rows.get(key) ?? { attempt, result, asked: [], samples: 0 };
        row.asked.push(attempt.instance);
        row.samples += samples;
        rows.set(key, row);
    }
    const lines = [...rows.values()].map(({ attempt: { cluster, job, path }, result, asked, samples }) => {
        return [cluster, job, path, few(asked), result === "ok" ? `${samples} series` : result];
    });
    const missing = nobody.map((each) => [each.cluster, each.job, each.path, "-", absence(each).result]);
    const remedies = new Map<string, Set<string>>();
    for (const { attempt, result, remedy } of [
        ...diagnosed,
        ...nobody.map((each) => ({ attempt: each, ...absence(each) })),
    ]) {
        if (remedy !== undefined) {
            const what = `${result}\n  ${remedy}\n`;
            remedies.set(what, (remedies.get(what) ?? new Set()).add(jobKey(attempt)));
        }
    }
    return {
        text:
            columns([COLUMNS, ...lines, ...missing]) +
            [...remedies].map(([what, jobs]) => `\n${[...jobs].join(", ")}: ${what}`).join(""),
        isHealthy: remedies.size === 0,
    };
}

const UNASKED = {
    result: "not asked",
    remedy: "the time of the whole was over before its turn came; ask for one cluster by CLUSTER=…",
    samples: 0,
};

function few([first = "-", ...more]: readonly string[]): string {
    return more.length === 0 ? first : `${first} and ${more.length} more`;
}

/** Why a job has no target at all. */
function absence({ job, discovered, isShared }: Nobody): Diagnosis {
    if (discovered === 0) {
        return {
            result: "no target was discovered",
            remedy: "see the lines of discovery above; where they are allowed, there is nothing of this kind in the cluster, or Prometheus has not asked yet",
        };
    }
    // Which rule has dropped a target Prometheus does not tell, so it may be none anywhere.
    return isShared
        ? { result: `none here: of ${discovered} that were discovered the other VMs have what is a target` }
        : { result: `no target: none of ${discovered} that were discovered is one`, remedy: condition(job) };
}

/** What something discovered must have in order to be a target of a job. */
function condition(job: string): string {
    if (isAnnotated(job)) {
        return 'none has the annotation prometheus.io/scrape: "true" and a port; docs/cluster.md has the annotations';
    }
    if (isEvidence(job) && USUAL[job].nodes === "controlPlane") {
        return "no node has the label node-role.kubernetes.io/control-plane; name targets for this job, or turn it off";
    }
    return job === "kubernetes-apiservers"
        ? "none is behind the port https of the Service kubernetes in the namespace default; see 'kubectl get endpointslices'"
        : "each is one as soon as Prometheus has put its list in order, which takes seconds: ask again; 'make drift' tells whether the job is as declared";
}

/** What a server says is somebody else's text, which must not act on a terminal. */
function printable(text: string): string {
    return text.replaceAll(/\p{Cc}/gu, " ");
}

/** The lines of doctor.sh, by the number of the attempt. */
export function readAnswers(stdout: string): Map<number, Answer> {
    return new Map(
        stdout
            .split("\n")
            .filter((line) => line !== "")
            .map((line) => {
                const [number, exit, status, samples, error = "", head = ""] = line.split("\t").map(printable);
                return [
                    Number(number),
                    {
                        exit: Number(exit),
                        status: status === "" ? undefined : Number(status),
                        samples: Number(samples),
                        error: error.trim(),
                        head,
                    },
                ];
            }),
    );
}
