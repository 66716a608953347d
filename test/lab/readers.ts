import { mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { request, type RequestOptions } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as yaml from "js-yaml";
import { describe, expect, it, onTestFinished } from "vitest";
import { runProgram } from "../../operate/process";
import { offeredReleases } from "../vm/releases";
import type { SpareStack } from "../vm/spareStack";
import { handle, PATIENCE_SECONDS, PROJECT, queryOn, succeed, waitFor } from "./lab";

interface Pair {
    /** Gets a front. */
    readonly giver: SpareStack;
    readonly taker: SpareStack;
    /** Of the giver's VM. */
    readonly address: string;
    /** On the taker's VM. */
    readonly shell: Parameters<typeof queryOn>[0];
}

interface DataSource {
    readonly type: string;
    readonly url: string;
    readonly secureJsonData: {
        readonly tlsCACert: string;
        readonly tlsClientCert: string;
        readonly tlsClientKey: string;
    };
}

/** The status with which somebody is answered. */
function ask(url: string, how: RequestOptions): Promise<number> {
    return new Promise((resolve, reject) => {
        const asked = request(url, how, (response) => {
            response.resume();
            resolve(response.statusCode ?? 0);
        });
        asked.on("error", reject).end();
    });
}

/** Deploys an example that reads that stack, and returns an output as the CLI prints it; then nothing is left of the example. */
async function read(
    example: string,
    monitor: SpareStack,
    client: string,
    outputs: readonly string[],
): Promise<string[]> {
    const directory = mkdtempSync(join(tmpdir(), `external-prometheus-${example}-`));
    const program = join(PROJECT, "examples", example);
    // Pulumi's own language host finds the packages above the project, too; that of the lab does not.
    const packages = join(program, "node_modules");
    symlinkSync(join(PROJECT, "node_modules"), packages);
    const at = ["--cwd", program, "--stack", example];
    const configured = [...at, "--config-file", join(directory, `Pulumi.${example}.yaml`)];
    const pulumi = (args: readonly string[]) => succeed(`pulumi ${args[0] ?? ""}`, handle("pulumi", args));
    onTestFinished(async () => {
        // With the file that `stack init` has written beside the program.
        await handle("pulumi", ["stack", "rm", "--yes", "--force", ...at]);
        rmSync(directory, { recursive: true });
        unlinkSync(packages);
    });
    await pulumi(["stack", "init", example, "--no-select", ...at.slice(0, 2)]);
    const stack = `organization/external-prometheus/${monitor.name}`;
    await pulumi(["config", "set", "monitorStack", stack, ...configured]);
    await pulumi(["config", "set", "client", client, ...configured]);
    await pulumi(["up", "--yes", "--skip-preview", "--non-interactive", ...configured]);
    const shown = outputs.map((output) => pulumi(["stack", "output", "--show-secrets", output, ...at]));
    expect(await pulumi(["stack", "output", ...at])).toContain("[secret]");
    return Promise.all(shown);
}

/** Stacks that read what one of the two gives. */
export function readers(pair: () => Pair): void {
    describe("a stack with a front", () => {
        it("is federated from by another VM, as a source of its own that writes into no cluster", async () => {
            const { giver, taker, address, shell } = pair();
            giver.configuration["alertmanager"] = (await offeredReleases()).alertmanager;
            giver.configuration["front"] = {
                serverName: address,
                alertmanagerPath: "/alertmanager/",
                clients: {
                    global: { roles: ["federator"] },
                    grafana: { roles: ["viewer"] },
                    team: { roles: ["federator", "writer"] },
                },
            };
            await giver.mustUp();
            const stack = `organization/external-prometheus/${giver.name}`;
            taker.configuration["federatedStacks"] = { [stack]: "global" };
            await taker.mustUp();
            const selector = `{cluster="${giver.name}",job!~"federate/.+"}`;
            const series = await waitFor(
                "what the other has of its clusters",
                () => queryOn(shell, selector),
                (found) => new Set(found.map(({ metric }) => metric["exported_cluster"])).size >= 3,
            );
            const clusters = new Set(series.map(({ metric }) => metric["exported_cluster"] ?? "-"));
            expect([...clusters].sort()).toEqual(["-", "again", "lab"]);
            expect(await queryOn(shell, `up{job="federate/vital-signs",cluster="${giver.name}"} == 1`)).toHaveLength(1);
        });

        it("is shown by a Grafana that an example has told of it, with its Alertmanager", async () => {
            const [text = ""] = await read("grafana", pair().giver, "grafana", ["datasources"]);
            const { datasources } = yaml.load(text) as { datasources: DataSource[] };
            const asked = datasources.map(async ({ type, url, secureJsonData: secret }) => {
                const how = { ca: secret.tlsCACert, cert: secret.tlsClientCert, key: secret.tlsClientKey };
                return [
                    type,
                    await ask(`${url}${type === "prometheus" ? "api/v1/query?query=up" : "api/v2/status"}`, how),
                ];
            });
            expect(await Promise.all(asked)).toEqual([
                ["prometheus", 200],
                ["alertmanager", 200],
            ]);
        });

        it("gives to a Prometheus that an example has told of it, and takes from it", async () => {
            const [text = "", json = ""] = await read("prometheus", pair().giver, "team", ["configuration", "files"]);
            const files = JSON.parse(json) as Record<string, string>;
            const folder = mkdtempSync(join(tmpdir(), "external-prometheus-team-"));
            onTestFinished(() => {
                rmSync(folder, { recursive: true });
            });
            for (const [name, content] of Object.entries({ ...files, "prometheus.yml": text })) {
                writeFileSync(join(folder, name), content);
            }
            const checked = runProgram("promtool", ["check", "config", "--lint=all", join(folder, "prometheus.yml")], {
                timeoutSeconds: PATIENCE_SECONDS,
            });
            await succeed("promtool", checked);
            const { scrape_configs, remote_write } = yaml.load(text) as {
                scrape_configs: { metrics_path: string; static_configs: { targets: string[] }[] }[];
                remote_write: { url: string }[];
            };
            const how = { ca: files["ca.pem"], cert: files["client.pem"], key: files["client.key"] };
            const [scraped] = scrape_configs;
            const address = scraped?.static_configs[0]?.targets[0] ?? "";
            const federate = `https://${address}${scraped?.metrics_path ?? ""}?match[]=up`;
            expect(await ask(federate, how)).toBe(200);
            expect(await ask(federate, { ca: how.ca })).toBe(403);
            // It lets in, and then lacks samples.
            expect(await ask(remote_write[0]?.url ?? "", { ...how, method: "POST" })).toBe(400);
        });
    });
}
