import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Declared, declared } from "./declared";
import { configurationFindings } from "./driftConfiguration";
import { type Facts, readFacts } from "./driftFacts";
import { fileFindings, recordFindings, strangerFindings } from "./driftFiles";
import { frontFindings } from "./driftFront";
import type { Finding } from "./driftFinding";
import { keeperFindings } from "./driftKeeper";
import { renewalFindings } from "./driftRenewal";
import { serviceFindings } from "./driftService";
import { Failure } from "./failure";
import { lastLine } from "./process";
import { lastUpdateFailed, stackState } from "./stack";
import { runOnVm } from "./vm";

const TIMEOUT_SECONDS = 180;
/** A deployment holds the lock for one step at a time. */
const LOCK_SECONDS = 60;

export interface Look {
    readonly declared: Declared;
    readonly findings: readonly Finding[];
    /** What one must know of the stack to read the findings. */
    readonly notes: readonly string[];
}

/** Compares a stack's VM with what the stack has declared. Changes nothing. */
export async function look(stack: string): Promise<Look> {
    const [state, failed] = await Promise.all([stackState(stack), lastUpdateFailed(stack)]);
    const expected = declared(stack, state);
    const facts = await ask(expected);
    const findings = compare(expected, facts);
    // A deployment that ran meanwhile makes a difference of its own.
    if (findings.length > 0 && (await stackState(stack)).time !== state.time) {
        throw new Failure(`The stack '${stack}' was deployed meanwhile. Look again.`);
    }
    return { declared: expected, findings, notes: notes(stack, expected, state.pending, failed) };
}

async function ask({ vm, programs, front }: Declared): Promise<Facts> {
    const lines = programs.map(({ name, address, health, release, service }) => {
        return [name, address, health, release?.version ?? service?.version ?? "none"].join(" ");
    });
    const { code, stdout, stderr } = await runOnVm(vm, {
        text: readFileSync(join(__dirname, "drift.sh"), "utf8"),
        values: { programs: lines.join("\n"), front_url: front?.url ?? "", lock_seconds: String(LOCK_SECONDS) },
        timeoutSeconds: TIMEOUT_SECONDS,
        asRoot: true,
    });
    const facts = readFacts(stdout);
    if (code !== 0 || facts === undefined) {
        const reason = code === 124 ? `it took longer than ${TIMEOUT_SECONDS} s` : lastLine(stderr);
        throw new Failure(`Could not look at the VM ${vm.host}: ${reason || "its answer is not whole"}`);
    }
    return facts;
}

/** Nothing else is looked at on a machine that is not the one that was set up. */
export function compare(expected: Declared, facts: Facts): Finding[] {
    const stranger = machineFindings(expected, facts);
    return stranger.length > 0
        ? stranger
        : [
              ...recordFindings(expected.programs, facts),
              ...strangerFindings(expected.programs, facts),
              ...expected.programs.flatMap((program) => [
                  ...fileFindings(program, facts),
                  ...serviceFindings(program, facts),
                  ...configurationFindings(program, facts),
              ]),
              ...renewalFindings(expected.programs, facts),
              ...keeperFindings(expected.programs, facts),
              ...frontFindings(expected.front, expected.programs, facts),
          ];
}

function machineFindings({ machineId, mark, owner }: Declared, facts: Facts): Finding[] {
    const [itsOwner, , itsMark] = facts.mark;
    if (facts.machineId !== machineId) {
        const found = `machine id ${facts.machineId}`;
        // To replace the gate would first remove what still carries the stack's mark, data included where the stack says so.
        return itsOwner === owner
            ? [{ what: "machine id (restored, or cloned?)", found, declared: machineId }]
            : [{ what: "the machine (rebuilt?)", found, declared: machineId, repair: "machine" }];
    }
    if (itsOwner === undefined) {
        return [{ what: "the machine's mark (rebuilt?)", found: "missing", declared: owner, repair: "machine" }];
    }
    if (itsOwner !== owner) {
        return [{ what: "owner of the machine", found: itsOwner, declared: owner }];
    }
    return itsMark === mark
        ? []
        : [{ what: "installation (is the state an old copy?)", found: itsMark ?? "no mark", declared: mark }];
}

function notes(stack: string, { programs }: Declared, pending: readonly string[], failed: boolean): string[] {
    const unfinished = programs.filter(({ steps }) => steps.service === undefined).map(({ name }) => name);
    return [
        ...(pending.length > 0 ? [`A deployment of '${stack}' is running, or was cut: ${pending.join(", ")}.`] : []),
        ...(failed
            ? [
                  `The last deployment of '${stack}' failed: the VM is compared with what each step last did with success.`,
              ]
            : []),
        ...unfinished.map((name) => `${name} is not deployed yet as a service; 'pulumi up' goes on with it.`),
    ];
}
