import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { statSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { Machine } from "./machine";
import { CREDENTIALS } from "./serving";

const TOKEN = "usr/local/etc/prometheus/credentials/a/discovery.token";

async function gated(): Promise<Machine> {
    const machine = await Machine.blank();
    await machine.succeed("gate");
    return machine;
}

describe("the clock", () => {
    /** A server that answers with these headers; how it was asked. */
    async function server(headers: Record<string, string>): Promise<{ url: string; asked: string[] }> {
        const asked: string[] = [];
        const http = createServer((request, response) => {
            asked.push(`${request.method ?? ""} ${request.url ?? ""}`);
            response.sendDate = false;
            response.writeHead(404, headers).end();
        });
        await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
        onTestFinished(() => {
            http.close();
        });
        return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, asked };
    }

    function date(offset: number): string {
        return new Date(Date.now() + offset * 1000).toUTCString();
    }

    it.each([
        ["ahead", { Date: date(-90) }],
        ["behind", { date: date(3600) }],
        ["behind what a cache has kept", { Date: date(30), Age: "100" }],
    ])(
        "is refused in the gate and in every step where the server of the releases says that it is %s",
        async (_, headers) => {
            const machine = await gated();
            const { url, asked } = await server(headers);
            for (const script of ["gate", "credentials"] as const) {
                const ran = await machine.run(script, { clock_source: url }, CREDENTIALS);
                expect(ran.code).toBe(1);
                expect(ran.stderr).toMatch(/error: the VM's clock says .* but the server of http:.* s apart/);
            }
            expect(asked).toEqual(["HEAD /", "HEAD /"]);
            expect(machine.tree("usr/local/lib")).toHaveProperty("external-prometheus/owner");
            expect(machine.tree("usr/local")).not.toHaveProperty("etc");
        },
    );

    it.each([
        ["is right", { Date: date(0) }],
        ["is right, and a cache has kept the answer", { Date: date(-100), Age: "100" }],
        ["cannot be compared", { Date: "whenever" }],
        ["is not told", {}],
    ])("lets a step through where it %s", async (_, headers) => {
        const machine = await gated();
        const { url } = await server(headers);
        await machine.succeed("credentials", { clock_source: url }, CREDENTIALS);
    });

    it("is not waited for: a server that is gone or silent keeps nobody", async () => {
        const machine = await gated();
        const silent = createServer(() => undefined);
        await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
        onTestFinished(() => {
            silent.closeAllConnections();
            silent.close();
        });
        const start = Date.now();
        const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
        await machine.succeed("credentials", { clock_source: url }, CREDENTIALS);
        await machine.succeed("credentials", { clock_source: "http://127.0.0.1:1" }, CREDENTIALS);
        expect(Date.now() - start).toBeLessThan(12_000);
    });

    it("is a warning where nothing keeps it right, but not in a container, which cannot tell", async () => {
        const machine = await gated();
        const warned = async () =>
            (await machine.succeed("credentials", {}, CREDENTIALS)).stderr.includes(
                "warning: nothing keeps the VM's clock",
            );
        expect(await warned()).toBe(false);
        machine.write("synchronized", "no\n");
        expect(await warned()).toBe(true);
        machine.write("container", "");
        expect(await warned()).toBe(false);
    });
});

describe("another run", () => {
    /** A run that is in the middle of its work until it is told to end. */
    async function busy(machine: Machine): Promise<() => Promise<unknown>> {
        let end = () => undefined as unknown;
        const began = new Promise<void>((begun) => {
            end = () => undefined;
            const http = createServer((_request, response) => {
                end = () => response.writeHead(404).end();
                begun();
            });
            http.listen(0, "127.0.0.1", () => {
                const url_amd64 = `http://127.0.0.1:${(http.address() as AddressInfo).port}/release`;
                running = machine.run("release", { ...machine.release("3.13.2"), url_amd64 });
            });
            onTestFinished(() => {
                http.close();
            });
        });
        let running: Promise<unknown> = began;
        await began;
        return () => {
            end();
            return running;
        };
    }

    it("is waited for, so that two never work at the same time", async () => {
        const machine = await gated();
        const end = await busy(machine);
        const second = machine.run("credentials", {}, CREDENTIALS);
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        expect(machine.tree("usr/local")).not.toHaveProperty("etc");
        await end();
        expect(await second).toMatchObject({ code: 0 });
        expect(machine.read(TOKEN)).toBe("token\n");
    });

    it("is not waited for without end: the VM's process is named, and nothing is changed", async () => {
        const machine = await gated();
        const end = await busy(machine);
        const before = machine.tree("usr");
        for (const [script, variables] of [
            ["credentials", {}],
            ["gate", {}],
            ["remove", { programs: "prometheus", purge_data: "true" }],
        ] as const) {
            const ran = await machine.run(script, { ...variables, lock_patience: "1" }, CREDENTIALS);
            expect(ran.code).toBe(1);
            expect(ran.stderr).toMatch(/error: another run is at work on this VM \(process \d+ there\)/);
        }
        expect(machine.tree("usr")).toEqual(before);
        await end();
    });
});

it("keeps its lock from other users of the machine, who could hold it for ever", async () => {
    const machine = await gated();
    expect(statSync(machine.path("run/external-prometheus.lock")).mode & 0o777).toBe(0o600);
});
