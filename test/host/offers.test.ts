import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { quote } from "../../host/shell";
import { runProgram } from "../../operate/process";

const directory = mkdtempSync(join(tmpdir(), "offers-"));
const shown: (string | undefined)[] = [];
const server = createServer((request, response) => {
    shown.push(request.headers.authorization);
    response.end(ANSWERS[/^[^?]*/.exec(request.url ?? "")?.[0] ?? ""]);
});

/** As Prometheus sorts the labels of a federation. */
const federation = (replica: string, instance: string) => ({
    cluster: "eu",
    instance,
    job: "federate/kubernetes-pods",
    replica,
});
const found = [federation("a", "gateway:30990"), federation("a", "api:6443"), federation("b", "gateway:30990")];
const asked = [federation("a", "api:6443"), federation("b", "api:6443"), { instance: "vm", job: "prometheus" }];
const ANSWERS: Readonly<Record<string, string>> = {
    "/federate": 'up{job="b",instance="1"} 1\nup{job="a",instance="1"} 1\nup{job="a",instance="2"} 1\n',
    "/api/v1/query": JSON.stringify({ data: { result: found.map((metric) => ({ metric, value: [1, "0"] })) } }),
    "/api/v1/targets": JSON.stringify({
        data: { activeTargets: asked.map((labels) => ({ discoveredLabels: { cluster: "eu" }, labels })) },
    }),
};

beforeAll(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
});

afterAll(() => {
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true });
});

const at = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const SCRIPT = readFileSync(join(__dirname, "../../host/offers.sh"), "utf8");

/** What a replica offers to whoever shows this password. */
async function offered(password: string): Promise<string> {
    const file = join(directory, "password");
    writeFileSync(file, password);
    const endpoints = ["eu", "replica", `${at()}/federate`, "-", "-", "-", "monitor", file, "-", "-"].join("\t");
    const stdin = [`set -euo pipefail\nendpoints=${quote(endpoints)}`, SCRIPT, "offered eu replica 2>&1"].join("\n");
    return (await runProgram("bash", ["-s"], { stdin, timeoutSeconds: 280 })).stdout;
}

it("names the jobs of a replica by the number of their targets, and is let in by whatever a line can hold", async () => {
    expect(await offered('p" \\w\t#\n')).toBe("a (2), b (1)");
    expect(shown.splice(0)).toEqual([`Basic ${btoa('monitor:p" \\w\t#')}`]);
});

it("asks nobody where a secret of several lines would be options of its own", async () => {
    const file = join(directory, "written");
    for (const end of ["\n", "\r\n"]) {
        const said = await offered(`x"${end}output = ${file}${end}url = file:///etc/hostname${end}#`);
        expect(said).toContain("user would be more than one line");
        expect(said).not.toContain("file:///etc/hostname");
    }
    expect(existsSync(file)).toBe(false);
    expect(shown).toEqual([]);
});

it("says what finds no series of what is asked now, not of what was asked until a moment ago", async () => {
    const stdin = `set -euo pipefail\nendpoints=\n${SCRIPT}\nunmatched ${at()}`;
    const { stdout } = await runProgram("bash", ["-s"], { stdin, timeoutSeconds: 280 });
    expect(stdout).toBe("eu/kubernetes-pods finds no series at a; its jobs there: \n");
});
