import { z } from "zod";
import { ScrapeSource } from "../config/source";
import { VmConfig } from "../config/vm";
import { Export, readState, type StackState } from "./declaredState";
import { Failure } from "./failure";
import { runProgram } from "./process";
import type { Vm } from "./vm";

/** The stack outputs that commands read; a stack without a VM side has no `url`. */
const Outputs = z.object({
    url: z.string().optional(),
    jobs: z.array(z.object({ cluster: z.string(), job: z.string(), path: z.string() })).optional(),
    // What an older program has left is told no hints by.
    sources: z
        .record(z.string(), ScrapeSource)
        .catch({})
        .transform((sources) => Object.values(sources)),
});
export type Outputs = z.infer<typeof Outputs>;

const Configuration = z.record(z.string(), z.object({ value: z.string().optional() }));

const History = z.array(z.object({ result: z.string() }));

const KEY = "external-prometheus";
const TIMEOUT_SECONDS = 120;

/** Reads what the last `pulumi up` of a stack left as outputs; the secret ones stay hidden. */
export async function stackOutputs(stack: string): Promise<Outputs> {
    const text = await pulumi(stack, "stack", "output", "--json");
    return parse(Outputs, text, `the outputs of the stack '${stack}'`);
}

/** Reads from a stack's configuration how its VM is reached. */
export async function stackVm(stack: string): Promise<Vm> {
    const text = await pulumi(stack, "config", "--json", "--show-secrets");
    const configuration = parse(Configuration, text, `the configuration of the stack '${stack}'`);
    const vm = configuration[`${KEY}:vm`]?.value;
    const privateKey = configuration[`${KEY}:vmPrivateKey`]?.value;
    if (vm === undefined || privateKey === undefined) {
        const missing = vm === undefined ? "vm" : "vmPrivateKey";
        throw new Failure(`The stack '${stack}' has no VM: its configuration lacks ${KEY}:${missing}.`);
    }
    const { host, port, user, hostKey, proxy } = parse(VmConfig, vm, `${KEY}:vm of the stack '${stack}'`);
    const proxyPrivateKey = configuration[`${KEY}:vmProxyPrivateKey`]?.value ?? privateKey;
    return {
        host,
        port,
        user,
        hostKey,
        privateKey,
        ...(proxy && { proxy: { ...proxy, privateKey: proxyPrivateKey } }),
    };
}

/** Reads what the deployments of a stack have left as its state, secrets in clear: keep it in memory only. */
export async function stackState(stack: string): Promise<StackState> {
    const text = await pulumi(stack, "stack", "export", "--show-secrets");
    return readState(parse(Export, text, `the state of the stack '${stack}'`));
}

/** Whether the last deployment of a stack ended without success. */
export async function lastUpdateFailed(stack: string): Promise<boolean> {
    const text = await pulumi(stack, "stack", "history", "--json", "--page-size", "1");
    const [last] = parse(History, text, `the history of the stack '${stack}'`);
    return last?.result === "failed";
}

/** The CLI is `pulumi`, or what the environment variable PULUMI names: a stack may need an environment of its own. */
export function pulumiProgram(): string {
    return process.env["PULUMI"] ?? "pulumi";
}

async function pulumi(stack: string, ...args: string[]): Promise<string> {
    const program = pulumiProgram();
    const command = `'${program} ${args.join(" ")} --stack ${stack}'`;
    const finished = await runProgram(program, [...args, "--stack", stack, "--non-interactive"], {
        timeoutSeconds: TIMEOUT_SECONDS,
    }).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Failure(`Cannot run ${command}: ${reason}. Put Pulumi's CLI on PATH, or name it by PULUMI.`);
    });
    if (finished.code !== 0) {
        const reason = finished.code === undefined ? `no answer within ${TIMEOUT_SECONDS} s` : finished.stderr.trim();
        throw new Failure(
            `Cannot read the stack '${stack}': ${command} says: ${reason}\n` +
                "Check the stack's name ('pulumi stack ls'), and that you are logged in to its backend and can decrypt its " +
                "secrets, as for 'pulumi up'.",
        );
    }
    return finished.stdout;
}

/** Never echoes a value: some are secret. */
function parse<T>(schema: z.ZodType<T>, text: string, what: string): T {
    const result = schema.safeParse(json(text));
    if (!result.success) {
        throw new Failure(`Cannot understand ${what}:\n${z.prettifyError(result.error)}`);
    }
    return result.data;
}

function json(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}
