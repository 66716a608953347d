import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runProgram } from "../../operate/process";
import { PATIENCE_SECONDS, PROJECT, succeed, waitFor } from "../lab/lab";
import { brokenRelease } from "./brokenRelease";
import { HASH } from "./frontVm";
import { runPlaybook, type Variables } from "./playbook";
import { ReleaseServer } from "./releaseServer";
import { query } from "./running";
import { SpareStack } from "./spareStack";
import { SpareVm } from "./spareVm";

// A VM on which a playbook has installed a Prometheus 2 and httpd, from the first `up` that sees it to the last.

const STACK = "spare-12";
const TOKEN = "CANARY-token-of-the-playbook";
const DOMAIN = "prometheus.example.com";
const SERVER = "10.98.0.1:9100";
const ASIDE = "/usr/local/lib/external-prometheus/set-aside";
const vm = new SpareVm(12);
let stack: SpareStack;
let server: ReleaseServer;
let variables: Variables;
/** All that the program has said, to be searched for the token. */
let said = "";

beforeAll(async () => {
    server = await ReleaseServer.start();
    const more = join(PROJECT, "lab/release/more.sh");
    const offered = await succeed(more, runProgram(more, ["debian-prometheus"], { timeoutSeconds: PATIENCE_SECONDS }));
    const [url = ""] = offered.split(" ");
    variables = {
        prometheus_version: /prometheus-([\d.]+)\.linux/.exec(url)?.[1] ?? "",
        prometheus_url: url,
        prometheus_retention: "90d",
        prometheus_token: TOKEN,
        prometheus_servers: [SERVER],
        prometheus_domain: DOMAIN,
    };
    await vm.blank();
    stack = await SpareStack.create(vm, STACK);
    stack.configuration["scrapeJobs"] = { servers: { targets: [SERVER] } };
    process.env["PULUMI"] = stack.cli();
});

afterAll(async () => {
    await server.stop();
    await stack.remove();
    await vm.gone();
});

/** The stack's VM with other values at some keys. */
function configure(vmKeys: object, prometheus: object = {}): void {
    Object.assign(stack.configuration["vm"] as object, vmKeys);
    Object.assign(stack.configuration["prometheus"] as object, prometheus);
}

async function up(...args: string[]): Promise<{ code: number | undefined; text: string }> {
    const { code, stdout, stderr } = await stack.up(...args);
    said += stdout + stderr;
    return { code, text: stdout + stderr };
}

/** All that the playbook has made, byte by byte, without times and without what Prometheus writes itself. */
function installed(): Promise<string> {
    const places =
        "/etc/systemd/system /etc/apache2 /usr/local/prometheus /usr/local/prometheus-2* /usr/local/etc/prometheus";
    return vm.text(
        `find ${places} -path '*/credentials' -prune -o -printf '%p %y %m %u:%g %l\\n' | sort; ` +
            `find ${places} -type f -exec sha256sum {} + | sort -k 2; getent passwd prometheus`,
    );
}

function pid(): Promise<string> {
    return vm.text("systemctl show -P MainPID prometheus");
}

/** Each sample of a series so far, by its time in seconds. */
async function samples(selector: string, range = "1h"): Promise<Record<string, string>> {
    const [series] = await query(vm, `${selector}[${range}]`);
    return Object.fromEntries((series?.values ?? []).map(([time, value]) => [String(time), value]));
}

const UP = 'up{job="servers"}';
const HISTORY = "history_of_before";

/** Files of the data that came into being between the first stop of Prometheus after that time and its last start. */
function madeBetween(since: number): Promise<string> {
    return vm.text(
        `stopped=$(journalctl -u prometheus --since @${since} -o short-unix | awk '/Stopped/ { print $1; exit }'); ` +
            'started=$(date -d "$(systemctl show -P ExecMainStartTimestamp prometheus)" +%s); ' +
            "find /usr/local/var/lib/prometheus -type f -exec stat -c '%W %n' {} + | " +
            // A file system that does not know would show 0.
            'awk -v from="$stopped" -v to="$started" "\\$1 == 0 || \\$1 > from && \\$1 < to"',
    );
}

/** What is asked through the site that serves at the time. */
function throughHttpd(path: string): Promise<string> {
    return vm.text(
        `curl -sk --max-time 10 --resolve ${DOMAIN}:443:127.0.0.1 -o /dev/null -w '%{http_code}' https://${DOMAIN}${path}`,
    );
}

describe("a playbook", () => {
    it("has installed a Prometheus, and changes nothing when it runs again", async () => {
        expect(await runPlaybook(vm, variables)).toBeGreaterThan(8);
        expect(await runPlaybook(vm, variables)).toBe(0);
    });

    it("has left it with samples of two months, in part in a block that is root's", async () => {
        const past = Math.floor(Date.now() / 1000) - 60 * 86_400;
        const text = `# TYPE ${HISTORY} gauge\n${HISTORY} 42 ${past}\n# EOF\n`;
        await vm.text(
            "cat >/run/history && cd /usr/local/prometheus && " +
                "./promtool tsdb create-blocks-from openmetrics /run/history /usr/local/var/lib/prometheus && " +
                "systemctl restart prometheus",
            { stdin: text },
        );
        await waitFor(
            "ten scrapes",
            async () =>
                Object.keys(
                    (await vm.run("curl -fs http://127.0.0.1:9090/-/ready")).code === 0 ? await samples(UP) : {},
                ),
            (times) => times.length >= 10,
        );
        expect(Object.values(await samples(HISTORY, "80d"))).toEqual(["42"]);
        expect(await throughHttpd("/-/ready")).toBe("200");
    });
});

describe("what it has installed is left as it is", () => {
    it("without the option, which the refusal names", async () => {
        const [before, process] = [await installed(), await pid()];
        const { code, text } = await up();
        expect(code).not.toBe(0);
        expect(text).toContain(
            "already here (/etc/systemd/system/prometheus.service); set external-prometheus:vm.adopt to true",
        );
        expect([await installed(), await pid()]).toEqual([before, process]);
        expect(await vm.text("ls -A /usr/local/lib")).not.toContain("external-prometheus");
    });

    it("by a preview with it, which tells what an up will do", async () => {
        const [before, process] = [await installed(), await pid()];
        configure({ adopt: true });
        const { code, stdout } = await stack.preview();
        expect(code).toBe(0);
        expect(stdout).toContain(
            `${vm.address}: a Prometheus that somebody else has installed there is adopted (vm.adopt)`,
        );
        expect([await installed(), await pid()]).toEqual([before, process]);
    });

    it("as long as ours would keep less than it does", async () => {
        const [before, process] = [await installed(), await pid()];
        const { code, text } = await up();
        expect(code).not.toBe(0);
        expect(text).toContain("keeps 90d, ours would keep 15d and remove what is older");
        expect([await installed(), await pid()]).toEqual([before, process]);
        configure({}, { retention: { time: "90d" } });
    });

    it("and runs again on its own data where ours dies after five seconds at work with them", async () => {
        const [before, known, since] = [await installed(), await samples(UP), Math.floor(Date.now() / 1000)];
        const release = { ...(stack.configuration["prometheus"] as object) };
        const broken = await brokenRelease("dies-after-5s");
        configure({}, { version: broken.version, sha256: broken.sha256, url: server.serve(broken.file, "ok") });
        const { code, text } = await up();
        broken.remove();
        stack.configuration["prometheus"] = release;
        expect(code).not.toBe(0);
        expect(text).toContain(`prometheus ${broken.version} did not become healthy`);
        expect(text).toMatch(
            /Prometheus 2\.42\.0\S*, which was to be adopted, runs again, with its unit, its configuration/,
        );
        expect(await installed()).toBe(before);
        expect(
            await vm.text("systemctl is-active prometheus; curl -fsS http://127.0.0.1:9090/api/v1/status/buildinfo"),
        ).toMatch(/^active\n.*"version":"2\.42\.0/);
        expect(await samples(UP)).toMatchObject(known);
        expect(Object.values(await samples(HISTORY, "80d"))).toEqual(["42"]);
        expect(await madeBetween(since)).toBe("");
        expect(await vm.text("ls -A /usr/local/var/lib/prometheus")).not.toContain("before-adoption");
    });
});

describe("adopted", () => {
    let known: Record<string, string>;

    beforeAll(async () => {
        known = await samples(UP);
        const { code, text } = await up();
        expect(code, text).toBe(0);
    });

    it("it is ours, under our unit and for our own user", async () => {
        expect(await stack.outputs()).toMatchObject({ version: "3.13.2" });
        expect(await vm.text("readlink /usr/local/prometheus; cat /etc/systemd/system/prometheus.service")).toMatch(
            /^\/usr\/local\/prometheus-3\.13\.2\.linux-amd64\n[^]*managed by external-prometheus/,
        );
        expect(await vm.text("getent passwd prometheus")).toMatch(
            /^prometheus:x:1500:\d+::\/nonexistent:\/usr\/sbin\/nologin\n$/,
        );
        expect(await vm.text("ss -Hltn 'sport = :9090' | awk '{ print $4 }'")).toBe("127.0.0.1:9090\n");
    });

    it("has every sample of before, and goes on with the same series after a gap of seconds", async () => {
        const now = await samples(UP);
        expect(now).toMatchObject(known);
        expect(Object.values(await samples(HISTORY, "80d"))).toEqual(["42"]);
        const last = Math.max(...Object.keys(known).map(Number));
        await waitFor(
            "a sample of ours",
            async () =>
                Object.keys(await samples(UP))
                    .map(Number)
                    .filter((time) => time > last + 3),
            (times) => times.length > 3,
        );
        const times = [
            last,
            ...Object.keys(await samples(UP))
                .map(Number)
                .filter((time) => time > last)
                .sort((a, b) => a - b),
        ];
        const gap = Math.max(...times.slice(1).map((time, i) => time - (times[i] ?? 0)));
        expect(gap).toBeLessThan(60);
    });

    it("has its unit and its configuration kept, for root alone, and the token is nowhere else", async () => {
        expect(await vm.text(`cd ${ASIDE} && find . -type f -printf '%p %m %u\\n' | sort`)).toBe(
            "./etc/systemd/system/prometheus.service 600 root\n./usr/local/etc/prometheus/prometheus.yml 600 root\n",
        );
        const { stdout } = await vm.run(`grep -rlF ${TOKEN} /usr/local /etc /run/external-prometheus`);
        expect(stdout).toBe(`${ASIDE}/usr/local/etc/prometheus/prometheus.yml\n`);
        expect(said).not.toContain(TOKEN);
    });

    it("still has the playbook's site before it", async () => {
        expect(await throughHttpd("/-/ready")).toBe("200");
    });

    it("is as the stack has declared it", async () => {
        const args = ["--import", "tsx", join(PROJECT, "operate/drift.ts"), STACK];
        expect(await runProgram(process.execPath, args, { timeoutSeconds: PATIENCE_SECONDS })).toEqual({
            code: 0,
            stdout: `The VM ${vm.address} is as the stack '${STACK}' has declared it.\n`,
            stderr: "",
        });
    });

    it("is changed by no further up, nor by one without the option", async () => {
        const state = async () => [await installed(), await pid(), await vm.text(`find ${ASIDE} -printf '%p %C@\\n'`)];
        const before = await state();
        expect((await up("--expect-no-changes")).code).toBe(0);
        configure({ adopt: undefined });
        expect((await up()).code).toBe(0);
        expect(await state()).toEqual(before);
    });

    it("gets a front that takes the place of the playbook's site, which is kept", async () => {
        Object.assign(stack.configuration, {
            front: { serverName: DOMAIN, users: { alice: { roles: ["viewer"] } } },
            frontPasswordHashes: { alice: await stack.encrypt(HASH) },
        });
        const process = await pid();
        const { code, text } = await up();
        expect(code, text).toBe(0);
        expect(await throughHttpd("/api/v1/query?query=1")).toBe("401");
        expect(await vm.text("ls /etc/apache2/sites-enabled")).toBe("000-external-prometheus.conf\n");
        expect(await vm.text(`stat -c '%a %U' ${ASIDE}/etc/apache2/sites-enabled/prometheus.conf`)).toBe("600 root\n");
        // It is told where it is reached, by a flag.
        expect(await pid()).not.toBe(process);
        expect(await samples(UP)).toMatchObject(known);
    });

    it("leaves its data and its account when the stack is destroyed", async () => {
        const { code, stdout, stderr } = await stack.destroy();
        expect(code, stdout + stderr).toBe(0);
        expect(await vm.text("ls /usr/local/var/lib/prometheus")).toMatch(/wal/);
        expect(
            await vm.text(
                "ls -d /usr/local/prometheus* /usr/local/etc/prometheus /etc/systemd/system/prometheus.service || true",
            ),
        ).toBe("/usr/local/prometheus-2.42.0.linux-amd64\n");
        expect(await vm.text("getent passwd prometheus")).toContain(":1500:");
    });
});
