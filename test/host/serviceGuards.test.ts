import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdirSync, rmSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Machine } from "./machine";
import { configuration, ETC, serving, unit } from "./serving";

const NOTE = "usr/local/var/lib/prometheus.version";

/** An API server that answers every request with this status, or none at all: its URL. */
async function apiServer(status?: number): Promise<string> {
    const server = createServer((request, response) => {
        if (status === undefined) {
            request.socket.destroy();
            return;
        }
        response.statusCode = status;
        response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
        server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Prometheus discovers targets at the clusters' API servers of these URLs. */
async function watching(clusters: Readonly<Record<string, string>>): Promise<Machine> {
    const machine = await serving();
    const files = Object.entries(clusters).map(([cluster, url]) => ({
        path: `clusters/${cluster}.yml`,
        mode: "0640",
        content: `scrape_configs:\n  - job_name: ${cluster}/a\n    kubernetes_sd_configs:\n      - api_server: ${url}\n`,
    }));
    const main = configuration(["prometheus"], "", ["scrape_config_files: [clusters/*.yml]"]);
    for (const { path, content } of [...main, ...files]) {
        mkdirSync(machine.path(`${ETC}/current/clusters`), { recursive: true });
        machine.write(`${ETC}/current/${path}`, content);
    }
    return machine;
}

function restarts(machine: Machine): number {
    return machine.systemctl().filter((line) => line.startsWith("restart")).length;
}

describe("while a cluster's API does not answer", () => {
    it("does not restart a Prometheus that would forget its targets there, and changes nothing", async () => {
        const clusters = {
            alive: await apiServer(401),
            dead: await apiServer(),
            gone: "http://127.0.0.1:1",
            proxied: await apiServer(503),
        };
        const machine = await watching(clusters);
        const before = machine.tree("etc");
        const ran = await machine.run("service", { version: "3.13.2" }, unit("second"));
        expect(ran.code).toBe(1);
        expect(ran.stderr).toContain(
            `the API does not answer of: dead (${clusters.dead}), gone (${clusters.gone}), proxied (${clusters.proxied}).`,
        );
        expect(ran.stderr).toContain("external-prometheus:prometheus.restartDuringOutage");
        expect(restarts(machine)).toBe(1);
        expect(machine.tree("etc")).toEqual(before);
    });

    it("restarts it all the same where that is wanted", async () => {
        const machine = await watching({ dead: await apiServer() });
        await machine.succeed("service", { version: "3.13.2", restart_during_outage: "true" }, unit("second"));
        expect(restarts(machine)).toBe(2);
    });

    it("starts one that does not run", async () => {
        const machine = await watching({ dead: await apiServer() });
        rmSync(machine.path("running"));
        await machine.succeed("service", { version: "3.13.2" }, unit("second"));
        expect(restarts(machine)).toBe(2);
    });

    it("asks nobody where nothing is to be restarted", async () => {
        const machine = await watching({ dead: await apiServer() });
        await machine.succeed("service", { version: "3.13.2" }, unit("first"));
        expect(restarts(machine)).toBe(1);
    });
});

it("restarts Prometheus when every API server answers, whatever it says", async () => {
    const machine = await watching({ a: await apiServer(200), b: await apiServer(403) });
    // What the user's rules say of one is no place where targets are discovered.
    mkdirSync(machine.path(`${ETC}/current/rules`));
    machine.write(`${ETC}/current/rules/own.yml`, "- alert: a\n  labels:\n    api_server: http://127.0.0.1:1\n");
    await machine.succeed("service", { version: "3.13.2" }, unit("second"));
    expect(restarts(machine)).toBe(2);
});

it("does not end a Prometheus for one that cannot load its configuration", async () => {
    const machine = await serving();
    machine.write(`${ETC}/current/prometheus.yml`, "promtool-config-refuses: yes\n");
    await machine.succeed("release", machine.release("3.13.3"));
    const ran = await machine.run("service", { version: "3.13.3" }, unit("first"));
    expect(ran.stderr).toContain("Prometheus 3.13.3 cannot load the configuration that runs now");
    expect(restarts(machine)).toBe(1);
});

describe("a database that Prometheus 3 has written", () => {
    it.each([
        ["2.54.1", false],
        ["2.9.0", false],
        ["2.55.0", true],
        ["3.0.0", true],
    ])("can be read by %s: %s", async (version, readable) => {
        const machine = await serving();
        await machine.succeed("release", machine.release(version));
        const ran = await machine.run("service", { version }, unit("first"));
        if (readable) {
            expect(ran.stdout).toBe(`version=${version}\n`);
        } else {
            expect(ran.stderr).toContain(`Prometheus ${version} cannot read the database`);
            expect(ran.stderr).toContain("external-prometheus:prometheus.version");
            expect(machine.activeRelease()).toContain("3.13.2");
            expect(restarts(machine)).toBe(1);
        }
        expect(machine.read(NOTE)).toBe("3.13.2\n");
    });

    it("is known to be one where the installation before has left it", async () => {
        const machine = await serving();
        rmSync(machine.path("usr/local/lib/external-prometheus/healthy"), { recursive: true });
        rmSync(machine.path("running"));
        await machine.succeed("release", machine.release("2.53.0"));
        expect((await machine.run("service", { version: "2.53.0" }, unit("first"))).stderr).toContain("cannot read");
    });

    it("is no longer one when it was emptied", async () => {
        const machine = await serving();
        expect(machine.read(NOTE)).toBe("3.13.2\n");
        rmSync(machine.path("running"));
        rmSync(machine.path("usr/local/var/lib/prometheus/wal"), { recursive: true });
        await machine.succeed("release", machine.release("2.53.0"));
        await machine.succeed("service", { version: "2.53.0" }, unit("first"));
        expect(machine.read(NOTE)).toBe("2.53.0\n");
    });
});
