import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ADOPT, ASIDE, asked, DATA, OLD, STATE, start, theirs, toBeAdopted, UNIT } from "./installedByHand";
import type { Machine } from "./machine";
import { configuration, CREDENTIALS, ETC, rules, unit } from "./serving";

const OURS = "usr/local/prometheus-3.13.2.linux-amd64";

function service(machine: Machine, variables: Record<string, string> = {}, wanted = unit("ours")) {
    return machine.run("service", { version: "3.13.2", ...variables }, wanted);
}

describe("in the place of what somebody else has installed, ours", () => {
    it("runs on its data and, until the next step, with its configuration; what it replaces is kept for root alone", async () => {
        const machine = await toBeAdopted();
        await machine.succeed("credentials", {}, CREDENTIALS);
        const { unit: before } = theirs(machine) as { unit: Record<string, string> };
        const { code, stdout, stderr } = await service(machine);
        expect(code, stderr).toBe(0);
        expect(stdout).toBe("version=3.13.2\n");
        expect(stderr).toContain(`the Prometheus 2.42.0 that was here is adopted; what was replaced of it is kept in`);
        expect(asked(machine)).toEqual(["stop prometheus.service", "restart prometheus.service"]);
        expect(machine.activeRelease()).toBe(machine.path(OURS));
        expect(machine.read(UNIT)).toContain("ours");

        expect(machine.current()).toBe("versions/adopted");
        expect(machine.read(`${ETC}/prometheus.yml`)).toContain("job_name: theirs");
        expect(machine.read(`${ETC}/rules/theirs.yml`)).toBe("groups: []\n");
        expect(machine.read(`${ETC}/notes.txt`)).toBe("beside it\n");
        expect(machine.read(`${DATA}/wal/00000000`)).toBe("samples");
        expect(machine.read(`${DATA}/old-block/chunks`)).toBe("older samples");
        expect(existsSync(machine.path(`${DATA}/.before-adoption`))).toBe(false);
        expect(machine.read("usr/local/var/lib/prometheus.version")).toBe("3.13.2\n");
        expect(existsSync(machine.path(OLD))).toBe(true);

        const aside = machine.tree(ASIDE);
        expect(aside["etc/systemd/system/prometheus.service"]).toBe(
            before["prometheus.service"]?.replace("644", "600"),
        );
        expect(aside["usr/local/etc/prometheus/prometheus.yml"]).toMatch(/^600 [^]*CANARY/);
        expect(aside["usr/local/etc/prometheus/rules/theirs.yml"]).toMatch(/^600 /);
        expect(stdout + stderr).not.toContain("CANARY");
        // Nothing that could give it back, and no secret, is left of the switch.
        expect(Object.keys(machine.tree(`${STATE}/adopted`))).toEqual(["", "foreign"]);
        expect(existsSync(machine.path(`${STATE}/adoption`))).toBe(false);
    });

    it("has an account of its numbers that is closed, and owns what it must", async () => {
        const machine = await toBeAdopted();
        machine.write("groups", "prometheus ssl-cert\n");
        machine.write("accounts.log", "");
        await service(machine);
        const log = machine.read("accounts.log").split("\n");
        expect(log.filter((line) => /^(user|group)/.test(line))).toEqual([
            "usermod --gid prometheus --groups  --shell /usr/sbin/nologin prometheus",
            "usermod --home /nonexistent prometheus",
        ]);
        expect(log).toContain("chown -h prometheus:prometheus ./00000000");
        expect(log).toContain(`chown root:prometheus ${machine.path(ETC)}`);
    });

    it("is not restarted before the next step either while an API server does not answer", async () => {
        const machine = await toBeAdopted();
        await service(machine);
        machine.write(
            `${ETC}/current/prometheus.yml`,
            "scrape_configs: [{ job_name: a, kubernetes_sd_configs: [{ role: node, api_server: http://127.0.0.1:1 }] }]\n",
        );
        await fetch(`http://${machine.address}/test/reload`);
        const { code, stderr } = await service(machine, {}, unit("another"));
        expect(code).toBe(1);
        expect(stderr).toContain("the API does not answer of: prometheus (http://127.0.0.1:1).");
        expect(asked(machine)).toHaveLength(2);
    });

    it("has its declared configuration from the next step on", async () => {
        const machine = await toBeAdopted();
        await service(machine);
        await machine.succeed("configuration", {}, configuration(["ours"]));
        expect(machine.read(`${ETC}/prometheus.yml`)).toContain("job_name: ours");
        expect(machine.versions()).toEqual([machine.current().replace("versions/", "")]);
        expect(existsSync(machine.path(`${ETC}/rules`))).toBe(false);
        await machine.succeed("gate");
        await machine.succeed("gate", ADOPT);
        await service(machine);
        expect(asked(machine)).toHaveLength(2);
    });

    it("goes on with the other's configuration where its own is refused when it is loaded", async () => {
        const machine = await toBeAdopted();
        await service(machine);
        const bad = [
            ...configuration(["ours"], "    reload-refuses: yes\n", ["rule_files:", "  - rules/*.yml"]),
            rules("ours"),
        ];
        const { code, stderr } = await machine.run("configuration", {}, bad);
        expect(code).toBe(1);
        expect(stderr).toContain("error: the previous configuration is back and runs");
        expect(machine.current()).toBe("versions/adopted");
        expect(machine.read(`${ETC}/rules/theirs.yml`)).toBe("groups: []\n");
        await machine.succeed("configuration", {}, configuration(["ours"]));
    });

    it("is removed like any other, but what it replaced stays, and so does that its account is that of before", async () => {
        const machine = await toBeAdopted();
        await service(machine);
        await machine.succeed("remove", { programs: "prometheus", purge_data: "false" });
        expect(existsSync(machine.path(UNIT))).toBe(false);
        expect(existsSync(machine.path(ASIDE))).toBe(true);
        expect(machine.read(`${DATA}/wal/00000000`)).toBe("samples");
        rmSync(machine.path(`${ETC}/notes.txt`));
        await machine.succeed("gate");
        await machine.succeed("remove", { programs: "prometheus", purge_data: "true" });
        expect((await machine.run("gate")).stderr).toContain("the user prometheus (uid 1500) is none of a service");
    });
});

describe("gives way to what was there before, with its unit, configuration and data, where ours", () => {
    it.each([
        ["dies", {}],
        ["dies-later\n# compacts", { settle: "2" }],
        ["hangs\n# compacts", { answer_within: "1" }],
        ["cannot-run", {}],
    ])("%s", async (word, variables) => {
        const machine = await toBeAdopted({}, word);
        mkdirSync(machine.path(`${UNIT}.d`));
        machine.write(`${UNIT}.d/theirs.conf`, "[Service]\nNice=5\n");
        const before = theirs(machine);
        machine.write("accounts.log", "");
        machine.write("group", "prometheus:x:1500:alice\n");
        const { code, stderr } = await service(machine, variables);
        expect(code).toBe(1);
        expect(stderr).toContain("error: prometheus 3.13.2 did not become healthy");
        expect(stderr).toContain(
            "Prometheus 2.42.0, which was to be adopted, runs again, with its unit, its configuration",
        );
        expect(theirs(machine)).toEqual(before);
        expect(existsSync(machine.path("running"))).toBe(true);
        expect(
            machine
                .read("accounts.log")
                .split("\n")
                .filter((line) => /^(user|gpasswd)/.test(line))
                .slice(-2),
        ).toEqual([
            "usermod --gid 1500 --groups  --home /home/prometheus --shell /bin/bash prometheus",
            "gpasswd --members alice prometheus",
        ]);

        // With a release that works the same is tried again.
        await machine.succeed("release", machine.release("3.13.3"));
        const again = await service(machine, { version: "3.13.3" });
        expect(again.code, again.stderr).toBe(0);
        expect(machine.read(`${DATA}/old-block/chunks`)).toBe("older samples");
    });

    it("is still at its write-ahead log: then it goes on, and the next run waits for it", async () => {
        const machine = await toBeAdopted({}, "replays-for-ever");
        const { stderr } = await service(machine, { ready_within: "1" });
        expect(stderr).toContain("still reads its write-ahead log");
        expect(machine.activeRelease()).toBe(machine.path(OURS));
        const restarts = asked(machine).length;
        await service(machine, { ready_within: "1" });
        expect(asked(machine)).toHaveLength(restarts);
        // Unless the stack is given up.
        await machine.succeed("remove", { programs: "prometheus", purge_data: "true" });
        expect(machine.activeRelease()).toBe(machine.path(OLD));
        expect(existsSync(machine.path("running"))).toBe(true);
        expect(machine.read(`${DATA}/wal/00000000`)).toBe("samples");
    });
});

/** How many times the run is cut, evenly spread over its commands. */
const CUTS = 6;

it("is finished by the next run, wherever it was cut, without the loss of a sample", async () => {
    const machine = await toBeAdopted({}, "serve\n# compacts");
    const saved = machine.path("saved");
    mkdirSync(saved);
    const parts = ["usr", "etc"].map((part) => machine.path(part));
    execFileSync("cp", ["-a", ...parts, saved]);
    const before = theirs(machine);

    /** Kills the shell before its n-th command; says how many there were when it lived. */
    async function cutAt(command: number): Promise<number> {
        const counted = machine.path("counted");
        const count = `n=$((n + 1)); [ "$BASHPID" != $$ ] || { echo $n >${counted}; [ $n != ${command} ] || kill -9 $$; }`;
        machine.write("bash_env", `set -T; n=0; trap '${count}' DEBUG\n`);
        machine.environment = { BASH_ENV: machine.path("bash_env") };
        await service(machine);
        machine.environment = {};
        return Number(machine.read("counted"));
    }
    const kept = () => ({ ...machine.tree(ASIDE), ...machine.tree(`${STATE}/adopted`) });
    async function again(): Promise<void> {
        execFileSync("rm", ["-rf", ...parts]);
        execFileSync("cp", ["-a", ...["usr", "etc"].map((part) => join(saved, part)), machine.root]);
        await start(machine);
    }

    const commands = await cutAt(0);
    const after = kept();
    for (let cut = 1; cut <= CUTS; cut++) {
        await again();
        await cutAt(Math.round((cut / (CUTS + 1)) * commands));
        const { code, stderr } = await service(machine);
        expect(code, `cut ${cut}: ${stderr}`).toBe(0);
        expect(kept(), `cut ${cut}`).toEqual(after);
        expect(readFileSync(machine.path(`${DATA}/wal/00000000`), "utf8")).toBe("samples");
        expect(Object.keys(machine.tree(DATA)).filter((path) => path.startsWith("."))).toEqual([]);
    }

    // Or what there was is put back.
    await again();
    await cutAt(Math.round(0.8 * commands));
    expect(statSync(machine.path(`${STATE}/adoption/before.tar`)).mode & 0o777).toBe(0o600);
    await machine.succeed("remove", { programs: "prometheus", purge_data: "true" });
    expect(theirs(machine)).toEqual(before);
});
