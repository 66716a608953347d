import { commandWords } from "../host/unit";
import type { DeclaredProgram, StepName } from "./declared";
import { places, releaseFolder, STATE } from "./declaredPaths";
import { architecture } from "./driftFiles";
import { type Facts, noFacts, type ProgramFacts } from "./driftFacts";
import { type Finding, NOTHING } from "./driftFinding";
import { listenAddress, socketAddress } from "./driftSockets";

type Check = (program: DeclaredProgram, seen: ProgramFacts, facts: Facts) => readonly Row[];
type Row = readonly [step: StepName | undefined, what: string, found: string, declared: string];

/** What differs in a program's account, its unit and its process. */
export function serviceFindings(program: DeclaredProgram, facts: Facts): Finding[] {
    const seen = facts.programs.get(program.name) ?? noFacts();
    const checks = [...(program.release ? [account] : []), ...(program.service ? [unit, process, ports] : [])];
    return checks
        .flatMap((check) => check(program, seen, facts))
        .map(([step, what, found, declared]) => {
            const repair = step && { program: program.name, step };
            return { what, found, declared, repair };
        });
}

const HOME = "/nonexistent";
const SHELL = "/usr/sbin/nologin";

/** Of a process that was started from one of this program's units. */
const SANDBOX = "CapEff:0000000000000000 NoNewPrivs:1 Seccomp:2";

const account: Check = ({ name }, { passwd, group, groups, sharers, hasPassword }, { entries }) => {
    if (passwd === undefined) {
        return [["release", `user ${name}`, "missing", "a system user"]];
    }
    const [, , uid = "", , , home = "", shell = ""] = passwd.split(":");
    const members = group?.split(":")[3] ?? "";
    // One that was adopted with a Prometheus keeps its numbers.
    const isAdopted = name === "prometheus" && entries.has(`${STATE}/adopted`);
    const isSystem = Number(uid) > 0 && (Number(uid) < 1000 || isAdopted);
    return rows(
        !isSystem && [undefined, `user ${name}`, `uid ${uid}`, "a uid from 1 to 999"],
        hasPassword && ["release", `user ${name}`, "has a password", "no password"],
        home !== HOME && ["release", `home of ${name}`, home, HOME],
        shell !== SHELL && ["release", `shell of ${name}`, shell, SHELL],
        group === undefined && ["release", `group ${name}`, "missing", "a system group"],
        groups.join() !== name && ["release", `groups of ${name}`, groups.join(" "), name],
        // Which of the two has to go is for a person to say.
        sharers.length > 0 && [
            undefined,
            `uid or group of ${name}`,
            `also of ${sharers.join(", ")}`,
            `of ${name} alone`,
        ],
        members !== "" && ["release", `members of group ${name}`, members, NOTHING],
    );
};

const unit: Check = ({ name }, { unit: properties }) => {
    const { LoadState = "", ActiveState = "", SubState = "", UnitFileState = "", FragmentPath = "" } = properties;
    const service = `${name}.service`;
    const path = places(name).unit;
    const dropIns = (properties["DropInPaths"] ?? "").split(" ").filter((dropIn) => {
        // Those of a distribution for all services are not about this one.
        return dropIn !== "" && !dropIn.includes("/lib/systemd/system/service.d/");
    });
    const isLoaded = LoadState === "loaded";
    return rows(
        !isLoaded && ["service", service, LoadState, "loaded"],
        isLoaded && FragmentPath !== path && ["service", service, `from ${FragmentPath}`, `from ${path}`],
        isLoaded && UnitFileState !== "enabled" && ["service", service, UnitFileState, "enabled"],
        ActiveState !== "active" && ["service", service, `${ActiveState} (${SubState})`, "active"],
        properties["NeedDaemonReload"] === "yes" && ["service", service, "not as its files are now", "daemon-reload"],
        ...dropIns.map((dropIn): Row => {
            // One for all services is somebody's decision about the machine.
            return dropIn.includes("/service.d/")
                ? [undefined, dropIn, `overrides ${service}`, NOTHING]
                : ["service", dropIn, "overrides the unit", NOTHING];
        }),
    );
};

function isRunning({ unit: { MainPID = "0" }, executable }: ProgramFacts): boolean {
    return MainPID !== "0" && executable !== undefined;
}

const process: Check = ({ name, service }, seen, facts) => {
    if (service === undefined || !isRunning(seen)) {
        return [];
    }
    const { executable = "", uid = "", sandbox = "", passwd } = seen;
    const declared = `${releaseFolder(name, service.version, architecture(facts))}/${name}`;
    const [, ...running] = seen.arguments;
    const [, ...flags] = execStart(service.unit.content);
    const more = running.filter((flag) => !flags.includes(flag));
    const less = flags.filter((flag) => !running.includes(flag));
    const wanted = passwd?.split(":")[2];
    return rows(
        executable !== declared && ["service", `running ${name}`, executable, declared],
        more.length + less.length > 0 && ["service", `flags of ${name}`, listed(more), listed(less)],
        sandbox !== SANDBOX && ["service", `sandbox of ${name}`, sandbox, SANDBOX],
        wanted !== undefined && uid !== wanted && ["service", `running ${name}`, `as uid ${uid}`, `as uid ${wanted}`],
    );
};

const ports: Check = ({ name, service }, seen) => {
    if (service === undefined || !isRunning(seen)) {
        return [];
    }
    const declared = execStart(service.unit.content).flatMap(listenAddress);
    const open = seen.listens.map(socketAddress);
    return [
        ...open.filter((each) => !declared.includes(each)).map((each): Row => port(each, `${name} listens`, NOTHING)),
        ...declared.filter((each) => !open.includes(each)).map((each): Row => port(each, NOTHING, `${name} listens`)),
    ];
};

function port(address: string, found: string, declared: string): Row {
    return ["service", `port ${address}`, found, declared];
}

function execStart(unitText: string): string[] {
    return commandWords(/^ExecStart=(.*)$/m.exec(unitText)?.[1] ?? "");
}

function listed(words: readonly string[]): string {
    return words.length === 0 ? NOTHING : words.join(" ");
}

function rows(...candidates: readonly (Row | false)[]): Row[] {
    return candidates.filter((row) => row !== false);
}
