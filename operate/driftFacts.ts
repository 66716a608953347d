/** What is at a path of the VM. */
export interface Entry {
    readonly kind: "file" | "directory" | "link" | "something else";
    /** Octal, four digits. */
    readonly mode: string;
    /** `user:group` */
    readonly owner: string;
    /** When the content was last written, in seconds of the VM's clock. */
    readonly written: number;
    /** When anything about it was last changed, its name and its rights included; unlike the other, nobody can set it back. */
    readonly changed: number;
    /** Where a link leads. */
    target?: string;
    /** sha256 of a file, where it was asked for. */
    sum?: string;
}

/** What a VM has of one program; empty or undefined where it has nothing. */
export interface ProgramFacts {
    passwd?: string;
    group?: string;
    /** Names of the user's groups. */
    groups: string[];
    /** Other accounts that have its uid, or its group as their own. */
    readonly sharers: string[];
    /** Whether one could log in by a password. */
    hasPassword: boolean;
    /** A path below its data directory that belongs to somebody else, and to whom. */
    foreign?: { readonly path: string; readonly owner: string };
    /** systemd's properties of the service. */
    readonly unit: Record<string, string>;
    /** Of the running process. */
    executable?: string;
    uid?: string;
    /** What the kernel holds it to, as /proc/PID/status has it: capabilities, NoNewPrivs, Seccomp. */
    sandbox?: string;
    readonly arguments: string[];
    /** Addresses of the TCP sockets that it listens on, as /proc/net/tcp has them. */
    readonly listens: string[];
    /** Whether it says that it is well. */
    answers: boolean;
    /** Of its last reload, by name. */
    readonly metrics: Record<string, number>;
    /** Answer of /api/v1/scrape_pools. */
    pools?: string;
    /** Heads of the groups of /api/v1/rules, each `"name":…,"file":…`. */
    readonly ruleGroups: string[];
}

/** What operate/drift.sh found on a VM. */
export interface Facts {
    machineId: string;
    /** As `uname -m` has it. */
    architecture: string;
    /** The lines of the mark: owner, component, word. */
    readonly mark: string[];
    /** By absolute path. */
    readonly entries: Map<string, Entry>;
    /** Lines of the record of a release, by its folder. */
    readonly records: Map<string, string[]>;
    readonly programs: Map<string, ProgramFacts>;
    readonly front: FrontFacts;
}

/** What a VM has of httpd before Prometheus; empty where it has nothing. */
export interface FrontFacts {
    /** httpd's, as the distribution calls it. */
    service: string;
    /** The file of ours in httpd's own directory. */
    site: string;
    /** systemd's properties of the service. */
    readonly unit: Record<string, string>;
    /** Which of the versions answers. */
    version: string;
}

/** Reads the output of operate/drift.sh; undefined if it is not whole. */
export function readFacts(output: string): Facts | undefined {
    const facts: Facts = {
        machineId: "",
        architecture: "",
        mark: [],
        entries: new Map(),
        records: new Map(),
        programs: new Map(),
        front: { service: "", site: "", unit: {}, version: "" },
    };
    const records = output.split("\0");
    for (const record of records.slice(records.indexOf("begin") + 1)) {
        const [kind, rest] = cut(record);
        READERS[kind]?.(facts, rest);
    }
    return records.at(-2) === "end" && facts.machineId !== "" ? facts : undefined;
}

/** What the script has nothing to say of. */
export function noFacts(): ProgramFacts {
    return {
        groups: [],
        sharers: [],
        hasPassword: false,
        unit: {},
        arguments: [],
        listens: [],
        answers: false,
        metrics: {},
        ruleGroups: [],
    };
}

type Reader = (facts: Facts, rest: string) => void;

/** By the first word of a record. */
const READERS: Readonly<Record<string, Reader>> = {
    "machine-id": (facts, rest) => (facts.machineId = rest),
    architecture: (facts, rest) => (facts.architecture = rest),
    mark: ({ mark }, rest) => mark.push(rest),
    entry: readEntry,
    target: ({ entries }, rest) => {
        const last = [...entries.values()].at(-1);
        if (last !== undefined) {
            last.target = rest;
        }
    },
    sum: ({ entries }, rest) => {
        const [sum, path] = cut(rest);
        const entry = entries.get(`/${path.trimStart()}`);
        if (entry !== undefined) {
            entry.sum = sum;
        }
    },
    record: ({ records }, rest) => {
        const [folder, line] = cut(rest);
        records.set(folder, [...(records.get(folder) ?? []), line]);
    },
    "front-service": ({ front }, rest) => (front.service = rest),
    "front-site": ({ front }, rest) => (front.site = rest),
    "front-unit": ({ front }, rest) => {
        readProperty(front.unit, rest);
    },
    "front-version": ({ front }, rest) => (front.version = rest),
    passwd: ofProgram((program, value) => (program.passwd = value)),
    group: ofProgram((program, value) => (program.group = value)),
    groups: ofProgram((program, value) => (program.groups = value.split(" "))),
    password: ofProgram((program) => (program.hasPassword = true)),
    foreign: ofProgram((program, value) => {
        const [owner, path] = cut(value);
        program.foreign = { owner, path: `/${path}` };
    }),
    unit: ofProgram(({ unit }, value) => {
        readProperty(unit, value);
    }),
    executable: ofProgram((program, value) => (program.executable = value)),
    uid: ofProgram((program, value) => (program.uid = value)),
    sandbox: ofProgram((program, value) => (program.sandbox = value)),
    sharer: ofProgram((program, value) => program.sharers.push(value)),
    argument: ofProgram((program, value) => program.arguments.push(value)),
    listens: ofProgram((program, value) => program.listens.push(value)),
    answers: ofProgram((program) => (program.answers = true)),
    metric: ofProgram(({ metrics }, value) => {
        const [name, number] = cut(value);
        metrics[name] = Number(number);
    }),
    pools: ofProgram((program, value) => (program.pools = value)),
    rules: ofProgram((program, value) => program.ruleGroups.push(value)),
};

function ofProgram(read: (program: ProgramFacts, value: string) => void): Reader {
    return ({ programs }, rest) => {
        const [name, value] = cut(rest);
        const program = programs.get(name) ?? noFacts();
        programs.set(name, program);
        read(program, value);
    };
}

const KINDS: Readonly<Record<string, Entry["kind"]>> = { f: "file", d: "directory", l: "link" };

function readEntry({ entries }: Facts, rest: string): void {
    const [, type = "", mode = "", owner = "", written = "", changed = "", path = ""] =
        /^(\S+) (\S+) (\S+) (\S+) (\S+) (.*)$/s.exec(rest) ?? [];
    entries.set(`/${path}`, {
        kind: KINDS[type] ?? "something else",
        mode: mode.padStart(4, "0"),
        owner,
        written: Number(written),
        changed: Number(changed),
    });
}

/** A word, and all that follows the blank behind it. */
function cut(text: string): [word: string, rest: string] {
    const [, word = "", rest = ""] = /^(\S*) ?(.*)$/s.exec(text) ?? [];
    return [word, rest];
}

/** As `systemctl show` prints it. */
function readProperty(unit: Record<string, string>, line: string): void {
    const [, key = "", setting = ""] = /^(\w+)=(.*)$/s.exec(line) ?? [];
    unit[key] = setting;
}
