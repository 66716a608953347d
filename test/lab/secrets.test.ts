import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
    type Canary,
    canaries,
    contentOf,
    filesOnVm,
    foundIn,
    foundOnVm,
    planted,
    sampleCommandLines,
} from "./canaries";
import { type Configuration, withConfiguration } from "./configuration";
import { handle, kubectl, pulumi, up, vm } from "./lab";

const STATE = "/var/lib/external-prometheus-lab";
/** Where the engine keeps a log of each run; in the lab a file, so that it keeps none. */
const LOGS = join(STATE, "pulumi-home", "logs");
const ETC = "/usr/local/etc/prometheus";
const FRONT = "/usr/local/etc/httpd";
const STEPS = ["release", "credentials", "service", "configuration", "verify", "front-credentials", "front"];
/** Makes an update run every step on the VM, and a preview show all that each is given. */
const REPLACE = STEPS.map((step) => `--replace=**:remote:Command::prometheus-${step}`);
const UNATTENDED = ["--yes", "--skip-preview", "--non-interactive", "--color=never"];
const EVERYTHING = ["--diff", "--show-full-output", "--show-config", "--show-sames", "--show-replacement-steps"];

let sought: readonly Canary[];
/** Of the engine, its plugins and the program. */
const temporary = mkdtempSync(join(tmpdir(), "external-prometheus-secrets-"));

beforeAll(async () => {
    sought = await canaries();
    process.env["TMPDIR"] = temporary;
    rmSync(LOGS, { recursive: true, force: true });
});

afterAll(async () => {
    delete process.env["TMPDIR"];
    rmSync(temporary, { recursive: true });
    // Other suites' engines may be writing there until it is a file.
    rmSync(LOGS, { recursive: true, force: true, maxRetries: 5 });
    writeFileSync(LOGS, "");
    await up();
});

it("knows a piece of each secret", () => {
    const count = (name: string) => sought.filter((canary) => canary.name === name).length;
    // Those of the gateway's CA, of the gateway and of the VM; of the front's CA, of the front and of one client; for
    // discovery and for kubelets.
    expect(count("SSH key")).toBeGreaterThanOrEqual(2);
    expect(count("TLS key")).toBeGreaterThanOrEqual(6 * 2);
    expect(count("password hash")).toBe(1);
    expect(count("token")).toBeGreaterThanOrEqual(2);
    expect(count("kubeconfig")).toBeGreaterThanOrEqual(2);
});

/** What a command of Pulumi's says; it must end as it should, and be about the steps on the VM. */
async function said(args: readonly string[], succeeds = true): Promise<string> {
    const { code, stdout, stderr } = await handle("pulumi", args);
    const text = stdout + stderr;
    expect(code === 0, text).toBe(succeeds);
    expect(text).toMatch(/prometheus-(gate|release|credentials)/);
    return text;
}

function failingUp(change: (configuration: Configuration) => void): Promise<string> {
    return withConfiguration(change, (configFile) =>
        said(["up", ...UNATTENDED, ...EVERYTHING, "--config-file", configFile], false),
    );
}

describe("what Pulumi says holds no secret", () => {
    it.each([
        ["preview", ["--non-interactive", ...REPLACE]],
        ["preview --diff --show-full-output", ["--non-interactive", ...EVERYTHING, ...REPLACE]],
        ["preview --json", ["--non-interactive", ...REPLACE]],
        ["destroy --preview-only --diff --show-full-output", ["--non-interactive"]],
        ["stack export", []],
        ["stack --show-urns", []],
    ])("in %s", async (command, more) => {
        expect(foundIn(await said([...command.split(" "), ...more]), sought)).toEqual([]);
    });

    it("in stack output, config and stack history", async () => {
        for (const args of [
            ["stack", "output", "--json"],
            ["config", "--json"],
            ["stack", "history", "--json"],
        ]) {
            const text = await pulumi(...args);
            expect(text).toMatch(/sourceCredentials|vmPrivateKey/);
            expect(foundIn(text, sought)).toEqual([]);
        }
    });

    it("in an up that gets a release with another sum", async () => {
        const text = await failingUp(({ prometheus }) => {
            Object.assign(prometheus ?? {}, { sha256: "0".repeat(64) });
        });
        expect(text).toContain("wrong sha256");
        expect(foundIn(text, sought)).toEqual([]);
    });

    it("in an up that meets another host key", async () => {
        const text = await failingUp(({ vm: machine }) => {
            const other = "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
            Object.assign(machine ?? {}, { hostKey: `ssh-ed25519 ${other}` });
        });
        expect(text).toContain("host key");
        expect(foundIn(text, sought)).toEqual([]);
    });

    it("in an up whose step for the credentials itself fails", async () => {
        await vm(`chattr +i ${ETC}/credentials/lab/kubelet.token`);
        try {
            const text = await said(["up", ...UNATTENDED, ...EVERYTHING, ...REPLACE], false);
            expect(text).toContain("this command failed");
            expect(foundIn(text, sought)).toEqual([]);
        } finally {
            await vm(`chattr -i ${ETC}/credentials/lab/kubelet.token`);
        }
    });
});

describe("an up that runs every step", () => {
    const onCommandLine = planted("argument");
    const inEnvironment = planted("variable");
    let sampled: readonly string[];
    let text: string;
    let commandLines: string;

    beforeAll(async () => {
        await vm("touch /run/sampling");
        const sampling = foundOnVm(
            "while [ -e /run/sampling ]; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ; done",
            [...sought, onCommandLine, inEnvironment],
        );
        const here = sampleCommandLines();
        try {
            await vm(`exec -a ${onCommandLine.text} sleep 1`);
            await vm(`X=${inEnvironment.text} sleep 1`);
            text = await said(["up", ...UNATTENDED, ...EVERYTHING, ...REPLACE]);
        } finally {
            await vm("rm /run/sampling");
            commandLines = here.stop();
        }
        sampled = await sampling;
    });

    it("says no secret", () => {
        expect(text).toMatch(/7 replaced/);
        expect(foundIn(text, sought)).toEqual([]);
    });

    it("puts none on a command line or into the environment of a program on the VM", () => {
        expect(sampled).toEqual([onCommandLine.name, inEnvironment.name].sort());
    });

    it("puts none on a command line of this machine", () => {
        expect(commandLines).toContain("pulumi");
        expect(foundIn(commandLines, sought)).toEqual([]);
    });

    it("leaves none in a temporary file of this machine", () => {
        expect(foundIn(contentOf(temporary), sought)).toEqual([]);
    });

    it("leaves none in the backend: state, its copies, history", () => {
        const kept = contentOf(join(STATE, "pulumi-state"));
        expect(kept).toContain("prometheus-credentials");
        expect(foundIn(kept, sought)).toEqual([]);
    });

    it("leaves none in the engine's own logs, since it encrypts them", () => {
        const logs = contentOf(LOGS);
        expect(logs).toContain("PLOG");
        expect(foundIn(logs, sought)).toEqual([]);
    });
});

describe("the VM", () => {
    const mark = planted("mark");

    it("has secrets in the files of the credentials alone, and in nobody's reach but Prometheus's", async () => {
        await vm(`logger ${mark.text}; echo ${mark.text} >/tmp/planted; echo ${mark.text} >/run/planted`);
        const files = ["discovery.token", "federation.key", "kubelet.token", "metrics.token"].map(
            (file) => `${ETC}/credentials/lab/${file}`,
        );
        const version = (await vm(`readlink ${FRONT}/current`)).trim();
        const ofFront = ["server.key", "users"].flatMap((file) => [
            `${FRONT}/credentials/${file}`,
            `${FRONT}/${version}/${file}`,
        ]);
        try {
            const found = await filesOnVm([...sought, mark]);
            expect(found.filter((file) => !file.startsWith("/var/log/journal/"))).toEqual(
                ["/run/planted", "/tmp/planted", ...files, ...ofFront].sort(),
            );
        } finally {
            await vm("rm /tmp/planted /run/planted");
        }
        const modes = await vm(`stat -c '%a %U:%G' ${ETC}/credentials/lab ${files.join(" ")}`);
        expect(modes).toBe("750 root:prometheus\n" + "640 root:prometheus\n".repeat(files.length));
        expect(await vm(`stat -c '%a %U:%G' ${ofFront.join(" ")}`)).toBe(
            "600 root:root\n600 root:root\n640 root:root\n640 root:www-data\n",
        );
    });

    it.each([
        ["the journal, that of the logins too", "journalctl --no-pager -a", mark],
        ["the units", "systemctl cat prometheus apache2; systemctl show prometheus apache2", "ExecStart"],
        ["the configuration's documents", `find -L ${ETC}/current/ -type f -exec cat {} +`, "scrape_configs"],
        [
            "the owner's mark and the records of releases",
            "find /usr/local/lib/external-prometheus -type f -exec cat {} +",
            "prometheus-gate",
        ],
    ])("has none in %s", async (_what, command, control) => {
        const mustBeFound = typeof control === "string" ? { name: "control", text: control } : control;
        expect(await foundOnVm(command, [...sought, mustBeFound])).toEqual([mustBeFound.name]);
    });

    it.each([
        ["api/v1/status/config", "scrape_configs"],
        ["api/v1/status/flags", "config.file"],
        ["api/v1/targets", "scrapePool"],
        ["api/v1/status/runtimeinfo", "reloadConfigSuccess"],
        ["config", "<title>"],
        ["metrics", "prometheus_build_info"],
    ])("tells none to who asks Prometheus for /%s", async (path, control) => {
        const mustBeFound = { name: "control", text: control };
        expect(
            await foundOnVm(`curl -sS --max-time 30 http://127.0.0.1:9090/${path}`, [...sought, mustBeFound]),
        ).toEqual(["control"]);
    });

    it("keeps no memory of a program that died", async () => {
        const limits = await vm("cat /proc/$(systemctl show -P MainPID prometheus)/limits");
        expect(limits).toMatch(/^Max core file size +0 +0 /m);
    });
});

describe("the cluster", () => {
    it("has secrets in its Secrets alone", async () => {
        const kinds =
            "namespaces,serviceaccounts,configmaps,services,deployments,pods,events,networkpolicies,clusterroles";
        const objects = await kubectl("get", kinds, "--all-namespaces", "-o", "yaml");
        expect(objects).toContain("external-prometheus");
        expect(foundIn(objects, sought)).toEqual([]);
    });
});
