import { z } from "zod";
import { RENEWAL_FOLDER } from "../config/renewal";
import { type BundleFile, unbundle } from "../host/bundle";
import { type Identity, identityOf } from "../host/identity";
import { KEEPER_FOLDER } from "../host/keeper";
import { PROGRAM_NAMES, PROGRAMS } from "../host/programs";
import { scriptVariables } from "../host/render";
import type { StackState, Step } from "./declaredState";
import { Failure } from "./failure";
import type { Vm } from "./vm";

/** What a stack has declared about its VM, by the last successful run of each step. */
export interface Declared extends Identity {
    readonly vm: Vm;
    /** URN of the gate. */
    readonly gate: string;
    /** The stack, as the VM's mark names it. */
    readonly owner: string;
    /** In the order of their steps. */
    readonly programs: readonly DeclaredProgram[];
    readonly front?: DeclaredFront;
}

/** httpd before Prometheus. What a step that has not been run yet declares is empty. */
export interface DeclaredFront {
    readonly name: "front";
    /** URNs. */
    readonly steps: Partial<Record<StepName, string>>;
    /** Of Prometheus, from outside the VM. */
    readonly url: string;
    /** All files of a version, those that are secret among them. */
    readonly files: readonly BundleFile[];
}

/** The steps of one program in their order, each of which stands on those before it. */
export const STEPS = [
    "release",
    "credentials",
    "service",
    "configuration",
    "frontCredentials",
    "front",
    "verify",
] as const;
export type StepName = (typeof STEPS)[number];

/** What a step that has not been run yet declares is left out. */
export interface DeclaredProgram {
    readonly name: string;
    /** Where it listens. */
    readonly address: string;
    /** Path of a URL that answers when it is well. */
    readonly health: string;
    /** URNs. */
    readonly steps: Partial<Record<StepName, string>>;
    readonly release?: DeclaredRelease;
    /** Paths relative to the directory of credentials; secret. */
    readonly credentials?: readonly BundleFile[];
    /** By what the VM gets tokens itself; paths relative to its folder; secret. */
    readonly renewal?: readonly BundleFile[];
    /** What keeps lists of nodes; paths relative to its folder. */
    readonly keeper?: readonly BundleFile[];
    readonly service?: {
        /** Of the release that runs. */
        readonly version: string;
        readonly unit: BundleFile;
        /** Relative to the program's configuration directory. */
        readonly files: readonly BundleFile[];
    };
    /** The documents, relative to the version of the configuration that is current. */
    readonly configuration?: readonly BundleFile[];
}

export interface DeclaredRelease {
    readonly version: string;
    /** Of the tarball, by architecture; empty where none is known. */
    readonly sha256: Readonly<Record<string, string>>;
    /** Names of its executable files. */
    readonly binaries: readonly string[];
}

const COMPONENTS: Readonly<Record<string, StepName>> = {
    Release: "release",
    Credentials: "credentials",
    SystemdService: "service",
    PrometheusConfiguration: "configuration",
    FrontCredentials: "frontCredentials",
    HttpsFront: "front",
    Verify: "verify",
};

const Login = z.object({
    host: z.string(),
    port: z.number(),
    user: z.string(),
    hostKey: z.string(),
    privateKey: z.string(),
});
const Connection = Login.extend({ proxy: Login.optional() });

const ProgramName = z.enum(PROGRAM_NAMES).default("prometheus");

/** Reads what was declared out of a stack's state. */
export function declared(stack: string, { steps }: StackState): Declared {
    const gate = steps.find(({ component }) => component === "Gate");
    if (gate === undefined) {
        throw new Failure(`The stack '${stack}' has no VM, or was not deployed yet: its state holds no gate.`);
    }
    return {
        vm: Connection.parse(gate.connection),
        gate: gate.urn,
        owner: scriptVariables(gate.create)["owner"] ?? "",
        ...identityOf(gate.stdout),
        programs: programs(steps.filter(({ component }) => !FRONT.includes(component))),
        ...front(steps.filter(({ component }) => FRONT.includes(component))),
    };
}

const FRONT = ["FrontCredentials", "HttpsFront"];

function front(steps: readonly Step[]): Pick<Declared, "front"> {
    const last = steps.find(({ component }) => component === "HttpsFront");
    const urns = steps.map(({ component, urn }) => [COMPONENTS[component], urn]);
    return steps.length === 0
        ? {}
        : {
              front: {
                  name: "front",
                  steps: Object.fromEntries(urns) as DeclaredFront["steps"],
                  url: last === undefined ? "" : (scriptVariables(last.create)["url"] ?? ""),
                  files: last === undefined ? [] : steps.flatMap(({ stdin }) => unbundle(stdin)),
              },
          };
}

function programs(steps: readonly Step[]): DeclaredProgram[] {
    const found = new Map<string, DeclaredProgram>();
    for (const step of steps) {
        const name = COMPONENTS[step.component];
        if (name !== undefined) {
            const variables = scriptVariables(step.create);
            const program = ProgramName.parse(variables["program"]);
            const { address, health } = PROGRAMS[program];
            const known = found.get(program) ?? { name: program, address, health, steps: {} };
            found.set(program, {
                ...known,
                ...content(name, step, variables),
                steps: { ...known.steps, [name]: step.urn },
            });
        }
    }
    return [...found.values()];
}

/** What a step adds to what is known of its program. */
function content(name: StepName, step: Step, variables: Readonly<Record<string, string>>): Partial<DeclaredProgram> {
    const { version = "" } = variables;
    switch (name) {
        case "release": {
            const sha256 = { amd64: variables["sha256_amd64"] ?? "", arm64: variables["sha256_arm64"] ?? "" };
            return { release: { version, sha256, binaries: variables["binaries"]?.split(" ") ?? [] } };
        }
        case "credentials": {
            const [renewal, credentials] = takenOut(RENEWAL_FOLDER, unbundle(step.stdin));
            return { credentials, renewal };
        }
        case "service": {
            const [units, files] = partition(unbundle(step.stdin), ({ path }) => path.endsWith(".service"));
            const unit = units[0];
            return unit === undefined ? {} : { service: { version, unit, files } };
        }
        case "configuration": {
            const [keeper, configuration] = takenOut(KEEPER_FOLDER, unbundle(step.stdin));
            return { configuration, keeper };
        }
        case "frontCredentials":
        case "front":
        case "verify":
            return {};
    }
}

/** What is in a folder of a bundle, by its path there, and the rest. */
function takenOut(folder: string, files: readonly BundleFile[]): [inside: BundleFile[], rest: BundleFile[]] {
    const [inside, rest] = partition(files, ({ path }) => path.startsWith(`${folder}/`));
    return [inside.map((file) => ({ ...file, path: file.path.slice(folder.length + 1) })), rest];
}

function partition<T>(all: readonly T[], test: (each: T) => boolean): [yes: T[], no: T[]] {
    return [all.filter(test), all.filter((each) => !test(each))];
}
