import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Finished, runProgram } from "../../operate/process";
import { PATIENCE_SECONDS, PROJECT } from "../lab/lab";
import type { FrontSuite } from "./frontSuite";

const FRONT = "/usr/local/etc/httpd";
const SITE = "/etc/apache2/sites-enabled/000-external-prometheus.conf";
const DROP_IN = "/etc/systemd/system/apache2.service.d/external-prometheus.conf";

/** What somebody does to the front by hand, and the line by which it is shown. */
const BY_HAND: readonly (readonly [by: string, line: readonly string[]])[] = [
    [`echo '# mine' >>${FRONT}/current/front.conf`, [`${FRONT}/current/front.conf`, "content differs", "as deployed"]],
    [`chmod 0644 ${FRONT}/current/users`, [`${FRONT}/current/users`, "0644 root:www-data", "0640 root:www-data"]],
    [`echo x >${FRONT}/current/mine.conf`, [`${FRONT}/current/mine.conf`, "there", "-"]],
    [`rm ${DROP_IN} && systemctl daemon-reload`, [DROP_IN, "missing", `a link to ${FRONT}/unit.conf`]],
    [`echo '# mine' >>${FRONT}/unit.conf`, [`${FRONT}/unit.conf`, "content differs", "as deployed"]],
    ["systemctl --quiet disable apache2", ["apache2.service", "disabled", "enabled"]],
    [`rm ${SITE}`, [SITE, "missing", "a file"]],
    ["systemctl reload apache2", ["what httpd serves", "not the front", "its current version"]],
];

/** What differs on the VM from what was deployed is found, and put right. */
export function drift(suite: FrontSuite): void {
    async function run(command: "drift" | "repair"): Promise<Finished> {
        process.env["PULUMI"] = suite.stack.cli();
        const args = ["--import", "tsx", join(PROJECT, "operate", `${command}.ts`), suite.stack.name];
        return runProgram(process.execPath, args, { timeoutSeconds: PATIENCE_SECONDS });
    }

    describe("drift", () => {
        it("is not found where nobody has changed anything", async () => {
            expect(await run("drift")).toMatchObject({
                code: 0,
                stdout: `The VM ${suite.vm.address} is as the stack '${suite.stack.name}' has declared it.\n`,
            });
        });

        it("is found, and put right without a restart of Prometheus", async () => {
            const before = await suite.processes("prometheus");
            await suite.vm.text(["set -e", ...BY_HAND.map(([by]) => by)].join("\n"));
            const { code, stdout, stderr } = await run("repair");
            const [found = "", left = ""] = stdout.split(/^Updating \([^]*^Duration: .*$/m);
            const lines = found.split("\n").map((line) => line.split(/ {2,}/));
            for (const [, line] of BY_HAND) {
                expect(lines).toContainEqual(line);
            }
            expect(left.trim(), stderr).toBe(
                `The VM ${suite.vm.address} is as the stack '${suite.stack.name}' has declared it.`,
            );
            expect(code).toBe(0);
            expect(await suite.processes("prometheus")).toBe(before);
        });
    });
}
