import { beforeAll, describe, expect, it } from "vitest";
import { type Configuration, withConfiguration } from "./configuration";
import { expectedJobs, handle, type Job, vm } from "./lab";
import { labState } from "./state";

const STACK_TRACE = /^\s+at .+:\d+:\d+\)?$/m;

/** What `lab/pulumi` says to a changed configuration that it must refuse. */
async function refused(command: "preview" | "up", change: (configuration: Configuration) => void): Promise<string> {
    const flags = command === "up" ? ["--yes", "--skip-preview"] : [];
    const { code, stdout, stderr } = await withConfiguration(change, (configFile) =>
        handle("pulumi", [command, ...flags, "--non-interactive", "--color=never", "--config-file", configFile]),
    );
    const said = stdout + stderr;
    expect(code, said).not.toBe(0);
    expect(said).not.toMatch(STACK_TRACE);
    return said;
}

let before: { vm: string; cluster: string };
let jobs: readonly Job[];

beforeAll(async () => {
    before = await labState();
    jobs = await expectedJobs();
});

describe("a wrong configuration", () => {
    it("is refused with all its problems at once, by key and remedy, before anything is changed", async () => {
        const said = await refused("up", (configuration) => {
            configuration["vm"] = {
                ...configuration["vm"],
                portt: 22,
                hostKey: "ssh-ed25519 AAAA",
                bootTimeout: "soon",
            };
            configuration["prometheuss"] = { version: "3.13.2" };
            configuration["prometheus"] = { scrapeInterval: "1 fortnight" };
            configuration["vmPrivateKey"] = "not a key" as unknown as Record<string, unknown>;
        });
        for (const key of ["vm.portt", "vm.hostKey", "vm.bootTimeout", "prometheuss", "prometheus.scrapeInterval"]) {
            expect(said).toContain(`external-prometheus:${key} `);
        }
        expect(said).toContain("did you mean 'port'?");
        expect(said).toContain("did you mean 'prometheus'?");
        expect(said).toContain("external-prometheus:vmPrivateKey is a secret, but stands in clear");
        expect(said).toContain("pulumi config set --secret vmPrivateKey");
        expect(said).not.toContain("not a key");
        expect(await labState()).toEqual(before);
    });

    it("is refused when the host key is missing", async () => {
        const said = await refused("preview", ({ vm }) => {
            delete vm?.["hostKey"];
        });
        expect(said).toContain("external-prometheus:vm.hostKey is missing");
    });

    it("is refused when an explicit sha256 contradicts what is known of upstream's tarball", async () => {
        const said = await refused("preview", (configuration) => {
            configuration["prometheus"] = { sha256: "0".repeat(64) };
        });
        expect(said).toContain("external-prometheus:prometheus.sha256 contradicts what is known of upstream's tarball");
    });
});

describe("a release that is not what it should be", () => {
    it("is refused by its sha256, and leaves the VM as it was", async () => {
        const wrong = "0".repeat(64);
        const said = await refused("up", ({ prometheus }) => {
            Object.assign(prometheus ?? {}, { sha256: wrong });
        });
        expect(said).toContain(`expected ${wrong}`);
        expect(said).toContain("external-prometheus:prometheus.sha256");
        expect(await labState()).toEqual(before);
    });
});

describe("a VM that cannot take it", () => {
    it("is refused when nobody answers, with the provider's text, the gate's budget and the key to look at", async () => {
        const said = await refused("up", ({ vm }) => {
            Object.assign(vm ?? {}, { port: 1, bootTimeout: "10s" });
        });
        expect(said).toContain("connection refused");
        expect(said).toContain("Waited 10 s for it (external-prometheus:vm.bootTimeout)");
        expect(said).toContain("does sshd run there, and is external-prometheus:vm.port right?");
        expect(await labState()).toEqual(before);
        // Other stacks read them, and 'make status' does.
        expect(await expectedJobs()).toEqual(jobs);
    });

    it("is refused when it answers with another host key", async () => {
        const said = await refused("up", ({ vm }) => {
            const other = "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
            Object.assign(vm ?? {}, { hostKey: `ssh-ed25519 ${other}` });
        });
        expect(said).toContain("external-prometheus:vm.hostKey");
        expect(await labState()).toEqual(before);
    });

    it("is refused when systemd does not run it, before anything is changed", async () => {
        // A second sshd on the VM, in namespaces of its own in which no systemd is to be seen.
        await vm(
            "systemd-run --quiet --unit=without-systemd -p TemporaryFileSystem=/run/systemd " +
                "unshare --pid --fork --mount-proc --kill-child /usr/sbin/sshd -D -o PidFile=none -p 2222",
        );
        try {
            const said = await refused("up", ({ vm }) => {
                Object.assign(vm ?? {}, { port: 2222, bootTimeout: "30s" });
            });
            expect(said).toContain("systemd does not run this machine");
        } finally {
            await vm("systemctl stop without-systemd");
        }
        expect(await labState()).toEqual(before);
    });
});
