import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../../operate/process";
import { PATIENCE_SECONDS, PROJECT, succeed } from "../lab/lab";
import type { SpareVm } from "./spareVm";

/** What `test/vm/playbook/` is told. */
export interface Variables {
    readonly prometheus_version: string;
    readonly prometheus_url: string;
    readonly prometheus_retention: string;
    readonly prometheus_token: string;
    readonly prometheus_servers: readonly string[];
    readonly prometheus_domain: string;
}

/** Has a real ansible-playbook install a Prometheus on a VM, as people did by hand. Returns how many tasks changed something. */
export async function runPlaybook(vm: SpareVm, variables: Variables): Promise<number> {
    const build = join(PROJECT, "lab/tools/build.sh");
    const ansible = (
        await succeed(build, runProgram(build, ["--path", "ansible"], { timeoutSeconds: PATIENCE_SECONDS }))
    ).trim();
    const home = mkdtempSync(join(tmpdir(), "external-prometheus-ansible-"));
    const file = (name: string, content: string) => {
        writeFileSync(join(home, name), content, { mode: 0o600 });
        return join(home, name);
    };
    const key = file("key", vm.privateKey());
    const hosts = file("known_hosts", `${vm.address} ${vm.hostKey}\n`);
    const environment = [
        ...["LC_ALL=C.UTF-8", `ANSIBLE_HOME=${home}`, "ANSIBLE_PIPELINING=1", "ANSIBLE_NOCOLOR=1"],
        // Nothing of what the machine's own user has set.
        `ANSIBLE_CONFIG=${file("ansible.cfg", "[defaults]\n")}`,
        `ANSIBLE_SSH_COMMON_ARGS=-o UserKnownHostsFile=${hosts} -o StrictHostKeyChecking=yes`,
    ];
    const connection = { ansible_python_interpreter: "/usr/bin/python3" };
    const args = [
        ...["--inventory", `${vm.address},`, "--user", "root", "--private-key", key],
        ...["--extra-vars", `@${file("variables.json", JSON.stringify({ ...variables, ...connection }))}`],
        join(PROJECT, "test/vm/playbook/playbook.yml"),
    ];
    const run = runProgram("env", [...environment, join(ansible, "ansible-playbook"), ...args], {
        timeoutSeconds: PATIENCE_SECONDS,
    });
    try {
        return Number(/ changed=(\d+) /.exec(await succeed("ansible-playbook", run))?.[1]);
    } finally {
        rmSync(home, { recursive: true });
    }
}
