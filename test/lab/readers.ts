import { mkdtempSync, rmSync, symlinkSync, unlinkSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as yaml from "js-yaml";
import { describe, expect, it, onTestFinished } from "vitest";
import type { SpareStack } from "../vm/spareStack";
import { handle, PROJECT, queryOn, succeed, waitFor } from "./lab";

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
    readonly url: string;
    readonly secureJsonData: {
        readonly tlsCACert: string;
        readonly tlsClientCert: string;
        readonly tlsClientKey: string;
    };
}

/** Asks as Grafana does, by what a data source says. */
function ask({ url, secureJsonData: secret }: DataSource): Promise<number> {
    return new Promise((resolve, reject) => {
        const [ca, cert, key] = [secret.tlsCACert, secret.tlsClientCert, secret.tlsClientKey];
        const asked = request(`${url}api/v1/query?query=up`, { ca, cert, key }, (response) => {
            response.resume();
            resolve(response.statusCode ?? 0);
        });
        asked.on("error", reject).end();
    });
}

/** Stacks that read what one of the two gives. */
export function readers(pair: () => Pair): void {
    describe("a stack with a front", () => {
        it("is federated from by another VM, as a source of its own that writes into no cluster", async () => {
            const { giver, taker, address, shell } = pair();
            giver.configuration["front"] = {
                serverName: address,
                clients: { global: { roles: ["federator"] }, grafana: { roles: ["viewer"] } },
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

        it("is shown by a Grafana that the example has told of it", async () => {
            const { giver } = pair();
            const directory = mkdtempSync(join(tmpdir(), "external-prometheus-grafana-"));
            const example = join(PROJECT, "examples/grafana");
            // Pulumi's own language host finds the packages above the project, too; that of the lab does not.
            const packages = join(example, "node_modules");
            symlinkSync(join(PROJECT, "node_modules"), packages);
            const at = ["--cwd", example, "--stack", "grafana"];
            const configured = [...at, "--config-file", join(directory, "Pulumi.grafana.yaml")];
            const pulumi = (args: readonly string[]) => succeed(`pulumi ${args[0] ?? ""}`, handle("pulumi", args));
            onTestFinished(async () => {
                // With the file that `stack init` has written beside the program.
                await handle("pulumi", ["stack", "rm", "--yes", "--force", ...at]);
                rmSync(directory, { recursive: true });
                unlinkSync(packages);
            });
            await pulumi(["stack", "init", "grafana", "--no-select", ...at.slice(0, 2)]);
            const stack = `organization/external-prometheus/${giver.name}`;
            await pulumi(["config", "set", "monitorStack", stack, ...configured]);
            await pulumi(["up", "--yes", "--skip-preview", "--non-interactive", ...configured]);
            expect(await pulumi(["stack", "output", "datasources", ...at])).toContain("[secret]");
            const text = await pulumi(["stack", "output", "--show-secrets", "datasources", ...at]);
            const { datasources } = yaml.load(text) as { datasources: DataSource[] };
            expect(datasources).toHaveLength(1);
            expect(await ask(datasources[0] as DataSource)).toBe(200);
        });
    });
}
