import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { endpointLines } from "../config/prometheus/endpoints";
import type { ScrapeSource } from "../config/source";
import { LISTEN_ADDRESS } from "../host/unit";
import { places } from "./declaredPaths";
import { attemptLines, type Plan, plan } from "./doctorPlan";
import { readAnswers, report } from "./doctorReport";
import { Failure, run } from "./failure";
import { lastLine } from "./process";
import { type Outputs, stackOutputs, stackVm } from "./stack";
import { jobKey } from "./table";
import { runOnVm, type Vm } from "./vm";

const URL = `http://${LISTEN_ADDRESS}`;
const ASKING_SECONDS = 60;
/** Of doctor.sh, for as many as it asks at a time. */
const [AT_A_TIME, ROUND_SECONDS] = [12, 12];

const Targets = z.object({
    data: z.object({
        activeTargets: z.array(
            z.object({
                scrapePool: z.string(),
                scrapeUrl: z.string(),
                health: z.string(),
                lastError: z.string(),
                labels: z.object({ instance: z.string() }),
            }),
        ),
    }),
});

void run(async () => {
    const [stack, cluster = "", ...rest] = process.argv.slice(2);
    if (stack === undefined || stack === "" || rest.length > 0) {
        throw new Failure("usage: make doctor STACK=<name of the stack> [CLUSTER=<name of a cluster>]");
    }
    const [outputs, vm] = await Promise.all([stackOutputs(stack), stackVm(stack)]);
    const sources = chosen(stack, outputs, cluster);
    const whole = await planned(vm, sources, new Set(outputs.jobs?.map(jobKey)));
    say(`Asking ${whole.attempts.length} times from ${vm.host}, as Prometheus would …`);
    const { text, isHealthy } = report(whole, readAnswers(await asked(vm, whole)));
    process.stdout.write(text);
    if (!isHealthy) {
        const words = await unmatched(vm, sources);
        process.stdout.write(words === "" ? "" : `\n${words}`);
    }
    return isHealthy ? 0 : 2;
});

function say(what: string): void {
    process.stderr.write(`${what}\n`);
}

function chosen(stack: string, { jobs, sources }: Outputs, cluster: string): readonly ScrapeSource[] {
    const names = sources.map(({ name }) => name);
    if (jobs === undefined) {
        throw new Failure(`The stack '${stack}' has no output 'jobs'. Deploy it first: 'pulumi up'.`);
    }
    if (names.length === 0) {
        throw new Failure(
            `The stack '${stack}' watches no cluster, by its output 'sources'. If it is to: set 'clusters' or 'sourceStacks', then 'pulumi up'.`,
        );
    }
    if (cluster !== "" && !names.includes(cluster)) {
        throw new Failure(`The stack '${stack}' watches no cluster '${cluster}', but: ${names.join(", ")}.`);
    }
    return sources.filter(({ name }) => cluster === "" || name === cluster);
}

async function planned(vm: Vm, sources: readonly ScrapeSource[], jobs: ReadonlySet<string>): Promise<Plan> {
    const { code, stdout, stderr } = await runOnVm(vm, {
        text: script("../host/documents.sh", "doctorSeen.sh"),
        values: { url: URL, etc: places("prometheus").etc },
        timeoutSeconds: ASKING_SECONDS,
        asRoot: true,
    });
    if (code !== 0) {
        throw new Failure(
            `The VM ${vm.host} answers, but its Prometheus at ${URL} does not: ${lastLine(stderr)}\n` +
                "Look at 'systemctl status prometheus' and 'journalctl -u prometheus' on the VM.",
        );
    }
    const [first = "", ...lines] = stdout.split("\n");
    const { activeTargets: targets } = Targets.parse(JSON.parse(first)).data;
    const shared = new Set(lines.flatMap((line) => /^shared (.*)/.exec(line)?.slice(1) ?? []));
    const seen = { jobs, targets, discovered: discovered(lines), shared };
    const plans = sources.map((source) => plan(source, seen));
    return {
        attempts: plans.flatMap(({ attempts }) => attempts),
        nobody: plans.flatMap(({ nobody }) => nobody),
    };
}

/** How many targets each job has before its rules drop any, by the metrics of Prometheus itself. */
function discovered(lines: readonly string[]): Map<string, number> {
    return new Map(
        lines.flatMap((line) => {
            const [, job, count] = /config="([^"]*)".*\} (\S+)$/.exec(line) ?? [];
            return job === undefined ? [] : [[job, Number(count)]];
        }),
    );
}

/** What each attempt has brought. As root, since nobody else but Prometheus reads its credentials. */
async function asked(vm: Vm, { attempts }: Plan): Promise<string> {
    const timeoutSeconds = 10 + Math.ceil(attempts.length / AT_A_TIME) * ROUND_SECONDS;
    const values = { attempts: attemptLines(attempts) };
    const { code, stdout, stderr } = await runOnVm(vm, {
        text: script("../host/offers.sh", "doctor.sh"),
        values,
        timeoutSeconds,
        asRoot: true,
    });
    if (code !== 0) {
        throw new Failure(
            `The VM ${vm.host} could not ask: ${lastLine(stderr) || `it took more than ${timeoutSeconds} s`}`,
        );
    }
    return stdout;
}

/** In words, which federations find nothing, and which jobs there are where they ask. */
async function unmatched(vm: Vm, sources: readonly ScrapeSource[]): Promise<string> {
    const values = { url: URL, endpoints: endpointLines(sources) };
    const text = `${script("../host/offers.sh")}\nunmatched "$url"`;
    const { stdout } = await runOnVm(vm, { text, values, timeoutSeconds: ASKING_SECONDS, asRoot: true });
    const lines = stdout.split("\n").filter((line) => sources.some(({ name }) => line.startsWith(`${name}/`)));
    return lines.map((line) => `${line}\n`).join("");
}

function script(...names: readonly string[]): string {
    return names.map((name) => readFileSync(join(__dirname, name), "utf8")).join("\n");
}
