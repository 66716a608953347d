// What holds for the lab's stand-ins only: where they run, and how they end.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decode, encode, hasUnknown, plainProperties, Secret, unknown, withSecretsOf } from "../../providers/values";

const executable = join(process.env["CONTRACT_PLUGINS"] ?? "", "resource-command-v1.2.1", "pulumi-resource-command");
const standIn = readFileSync(executable).subarray(0, 2).toString() === "#!";

describe.runIf(standIn)("a stand-in", () => {
    it("refuses to start outside the lab, and says what to install instead", () => {
        const environment = { ...process.env, EXTERNAL_PROMETHEUS_LAB: undefined };
        const started = spawnSync(executable, ["127.0.0.1:1"], { env: environment, encoding: "utf8", timeout: 60_000 });
        expect(started.status).toBe(1);
        expect(started.stdout).toBe("");
        expect(started.stderr).toMatch(/runs inside the lab only.*pulumi plugin install resource command v1\.2\.1/);
    });

    it("ends with an engine that was killed", async () => {
        // A shell in the engine's place: it starts the plugin, says its pid, and stays.
        const engine = spawn("sh", ["-c", `'${executable}' 127.0.0.1:1 >/dev/null & echo $!; wait`], {
            env: { ...process.env, EXTERNAL_PROMETHEUS_LAB: "contract" },
            stdio: ["ignore", "pipe", "ignore"],
        });
        const pid = await new Promise<string>((resolve) => {
            engine.stdout.once("data", (data: Buffer) => {
                resolve(data.toString().trim());
            });
        });
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        expect(running(pid)).toBe(true);
        engine.kill("SIGKILL");
        await new Promise((resolve) => setTimeout(resolve, 3_000));
        expect(running(pid)).toBe(false);
    });
});

function running(pid: string): boolean {
    return existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
}

describe("values", () => {
    it("come back from the wire as they were: secrets and unknowns at any depth, no undefined", () => {
        const values = { a: new Secret({ b: [new Secret("x"), unknown] }), c: null, d: [1, true, "t"] };
        expect(decode(encode({ ...values, e: undefined }))).toEqual(values);
        expect(plainProperties(values)).toEqual({ a: { b: ["x", unknown] }, c: null, d: [1, true, "t"] });
        expect(hasUnknown(values.a)).toBe(true);
    });

    it("refuses what is neither: an asset would be taken for an object", () => {
        const asset = { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", text: "x" };
        expect(() => decode(encode({ asset }))).toThrow(/assets.*not implemented/);
    });

    it("take over secretness from the same place", () => {
        const like = { a: new Secret("old"), b: { c: new Secret(1), d: 2 } };
        expect(withSecretsOf({ a: "new", b: { c: 3, d: 4 }, e: 5 }, like)).toEqual({
            a: new Secret("new"),
            b: { c: new Secret(3), d: 4 },
            e: 5,
        });
    });
});
