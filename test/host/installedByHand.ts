import { cpSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { Machine } from "./machine";
import { ETC } from "./serving";

export const DATA = "usr/local/var/lib/prometheus";
export const LINK = "usr/local/prometheus";
export const OLD = "usr/local/prometheus-2.42.0.linux-amd64";
export const UNIT = "etc/systemd/system/prometheus.service";
export const STATE = "usr/local/lib/external-prometheus";
export const ASIDE = `${STATE}/set-aside`;
export const ADOPT = { adopt: "true" };

/** What somebody else has in prometheus.yml, with a token in it and written as no renderer of ours writes. */
const CONFIGURATION = [
    "rule_files: ['rules/*.yml']",
    "scrape_configs: [{ job_name: theirs, authorization: { credentials: CANARY } }]",
    "",
].join("\n");

interface Installation {
    /** In the place of what the unit says at these places of its command line. */
    readonly flags?: Readonly<Record<string, string>>;
    readonly version?: string;
    readonly configuration?: string;
}

/** A machine on which somebody has installed a Prometheus by hand, as a playbook does, and runs it. */
export async function installedByHand({ flags, version = "2.42.0", configuration }: Installation = {}) {
    const machine = await Machine.blank();
    const name = `prometheus-${version}.linux-amd64`;
    machine.release(version);
    cpSync(machine.path(`releases/${name}`), machine.path(`usr/local/${name}`), { recursive: true });
    symlinkSync(name, machine.path(LINK));
    for (const folder of [`${ETC}/rules`, `${DATA}/wal`, `${DATA}/old-block`]) {
        mkdirSync(machine.path(folder), { recursive: true });
    }
    machine.write(`${ETC}/prometheus.yml`, configuration ?? CONFIGURATION);
    machine.write(`${ETC}/rules/theirs.yml`, "groups: []\n");
    machine.write(`${ETC}/notes.txt`, "beside it\n");
    machine.write(`${DATA}/wal/00000000`, "samples");
    machine.write(`${DATA}/old-block/chunks`, "older samples");
    machine.write("accounts", "prometheus\n");
    machine.write("passwd", "prometheus:x:1500:1500::/home/prometheus:/bin/bash\n");
    const words = {
        "config.file": `/${ETC}/prometheus.yml`,
        "storage.tsdb.path": `/${DATA}/`,
        "web.listen-address": `0.0.0.0:${machine.address.replace(/^.*:/, "")}`,
        ...flags,
    };
    const command = Object.entries(words).map(([flag, value]) => `--${flag}=${value}`);
    machine.write(UNIT, `[Service]\nExecStart=/${LINK}/prometheus ${command.join(" ")}\n`);
    await start(machine);
    rmSync(machine.path("systemctl.log"), { force: true });
    return machine;
}

/** Starts it, as somebody does by hand. */
export async function start(machine: Machine): Promise<void> {
    await fetch(`http://${machine.address}/test/start?unit=prometheus.service`);
}

/** All that is theirs: unit, link, configuration and data; without the folder of credentials, which is not. */
export function theirs(machine: Machine): Record<string, unknown> {
    const etc = Object.entries(machine.tree(ETC)).filter(([path]) => !path.startsWith("credentials"));
    return {
        etc: Object.fromEntries(etc),
        data: machine.tree(DATA),
        unit: machine.tree("etc/systemd/system"),
        link: machine.activeRelease(),
        release: machine.tree(OLD),
    };
}

/** One that the gate has let through, with a release and credentials of ours beside what is theirs. */
export async function toBeAdopted(installation: Installation = {}, run = "serve"): Promise<Machine> {
    const machine = await installedByHand(installation);
    await machine.succeed("gate", ADOPT);
    await machine.succeed("release", machine.release("3.13.2", run));
    return machine;
}

/** What systemd was asked to do with the process. */
export function asked(machine: Machine): string[] {
    return machine.systemctl().filter((line) => /^(stop|restart|kill) /.test(line.replace("--signal=KILL ", "")));
}
