import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Finished, runProgram } from "../../operate/process";

/** The handles of the running lab, as people use them; and what tests ask of it again and again. */
export const PROJECT = join(__dirname, "../..");

/**
 * A program that has not ended by then hangs. Machines differ, and the suites share one, so that what takes five seconds
 * here may take a minute there: a limit of its own has only what is promised to take no longer.
 */
export const PATIENCE_SECONDS = 600;
/** The same of what is asked for again and again, which must end before the program that asks. */
export const WAIT_SECONDS = 300;

export interface Run {
    readonly stdin?: string;
    /** @default PATIENCE_SECONDS */
    readonly seconds?: number;
}

/** Runs `lab/<name>` to its end, however it ends. */
export function handle(
    name: string,
    args: readonly string[],
    { stdin, seconds = PATIENCE_SECONDS }: Run = {},
): Promise<Finished> {
    return runProgram(join(PROJECT, "lab", name), args, {
        timeoutSeconds: seconds,
        ...(stdin === undefined ? {} : { stdin }),
    });
}

/** Stdout of a program that must succeed; else an error that shows all it said. */
export async function succeed(what: string, finished: Promise<Finished>): Promise<string> {
    const { code, stdout, stderr } = await finished;
    if (code !== 0) {
        throw new Error(`${what} ended with ${code ?? "a signal"}:\n${stdout}${stderr}`);
    }
    return stdout;
}

/** As root on the VM. */
export function vm(shellText: string, run?: Run): Promise<string> {
    return succeed(`lab/vm '${shellText}'`, handle("vm", [shellText], run));
}

export function kubectl(...args: string[]): Promise<string> {
    return succeed(`lab/kubectl ${args.join(" ")}`, handle("kubectl", args));
}

export function pulumi(...args: string[]): Promise<string> {
    return succeed(`lab/pulumi ${args.join(" ")}`, handle("pulumi", args));
}

/** Deploys the lab's stack as it is configured. */
export function up(...args: string[]): Promise<string> {
    return pulumi("up", "--yes", "--skip-preview", "--non-interactive", "--color=never", ...args);
}

export function preview(...args: string[]): Promise<string> {
    return pulumi("preview", "--non-interactive", "--color=never", ...args);
}

/** The cluster's controller-manager, a process of this machine. */
export function controllerManager(): number {
    return Number.parseInt(readFileSync("/var/lib/external-prometheus-lab/run/kube-controller-manager.pid", "utf8"));
}

export function breakLab(what: "api" | "cluster" | "kubelet" | "network" | "vm"): Promise<string> {
    return succeed(`lab/break ${what}`, handle("break", [what]));
}

export function heal(): Promise<string> {
    return succeed("lab/heal", handle("heal", []));
}

/** A line of the stack's output `jobs`. */
export interface Job {
    readonly cluster: string;
    readonly job: string;
    readonly path: string;
    readonly interval: string;
}

export async function expectedJobs(): Promise<Job[]> {
    return JSON.parse(await pulumi("stack", "output", "jobs", "--json")) as Job[];
}

/** What a job's `up` is called; the series of slices and of evidence have the names that they have in the cluster. */
function ownName({ job, path }: Job): string {
    return path === "federate" && !job.startsWith("kubernetes-") ? `federate/${job}` : job;
}

/** Waits until each job has a target that is up. */
export async function allUp(jobs: readonly Job[]): Promise<void> {
    await waitFor(
        "every job to be up",
        () => queryBy("job", "count by (job) (up == 1)"),
        (count) => jobs.every((job) => (count[ownName(job)] ?? 0) > 0),
    );
}

export interface Series {
    readonly metric: Readonly<Record<string, string>>;
    /** `[time in seconds, value]`, oldest first. */
    readonly values: readonly (readonly [number, number])[];
}

interface Answer {
    readonly data: {
        readonly result: readonly {
            readonly metric: Record<string, string>;
            readonly value?: [number, string];
            readonly values?: [number, string][];
        }[];
    };
}

/** What the external Prometheus answers to a query now, or at a time in seconds; a range selector gives raw samples. */
export function query(promql: string, time?: number): Promise<Series[]> {
    return queryOn(vm, promql, time);
}

/** The same of the Prometheus on another VM. */
export async function queryOn(shell: typeof vm, promql: string, time?: number): Promise<Series[]> {
    const at = time === undefined ? [] : [`time=${time}`];
    const answer = (await prometheusOn(shell, "query", [`query=${promql}`, ...at])) as Answer;
    return answer.data.result.map(({ metric, value, values }) => ({
        metric,
        values: (values ?? (value === undefined ? [] : [value])).map(([at, text]) => [at, Number(text)] as const),
    }));
}

/** The value of each series of an instant query by one of its labels. */
export async function queryBy(label: string, promql: string, time?: number): Promise<Record<string, number>> {
    const series = await query(promql, time);
    return Object.fromEntries(series.map(({ metric, values }) => [metric[label] ?? "", values.at(-1)?.[1] ?? NaN]));
}

/** Raw samples of `up` since then, in milliseconds: how many scrapes were taken, how many of them failed, of how many jobs. */
export async function scrapesSince(
    since: number,
    up: string,
    shell = vm,
): Promise<{ taken: number; failed: number; jobs: number }> {
    const series = await queryOn(shell, `${up}[${Math.ceil((Date.now() - since) / 1000) + 1}s]`);
    const values = series.flatMap(({ values }) => values.map(([, value]) => value));
    return {
        taken: values.length,
        failed: values.filter((value) => value !== 1).length,
        jobs: new Set(series.map(({ metric }) => metric["job"])).size,
    };
}

/** The answer of the external Prometheus's API to a GET, asked on the VM, where alone it listens. */
export function prometheus(path: string, parameters: readonly string[] = []): Promise<unknown> {
    return prometheusOn(vm, path, parameters);
}

/** The same of the Prometheus on another VM. */
export async function prometheusOn(
    shell: typeof vm,
    path: string,
    parameters: readonly string[] = [],
): Promise<unknown> {
    // Parameters travel on stdin in curl's own configuration format: a query needs no quoting for two shells.
    const stdin = parameters.map((text) => `data-urlencode = ${JSON.stringify(text)}\n`).join("");
    const text = await shell(
        `curl -sS --fail-with-body --max-time 30 --get -K - http://127.0.0.1:9090/api/v1/${path}`,
        {
            stdin,
        },
    );
    return JSON.parse(text) as unknown;
}

/** Asks until the answer is as wanted; then hands it back. Else fails with the last answer. */
export async function waitFor<T>(
    what: string,
    ask: () => Promise<T>,
    wanted: (answer: T) => boolean,
    seconds = WAIT_SECONDS,
): Promise<T> {
    const end = Date.now() + seconds * 1000;
    for (;;) {
        const answer = await ask();
        if (wanted(answer)) {
            return answer;
        }
        if (Date.now() > end) {
            throw new Error(`waited ${seconds} s in vain for ${what}; the last answer was ${JSON.stringify(answer)}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 1000));
    }
}
