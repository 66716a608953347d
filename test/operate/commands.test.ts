import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Finished, runProgram } from "../../operate/process";
import { records, urn } from "./deployed";
import { EDITED, Fakes, TAKEN } from "./fakes";

const AS_DECLARED = "The VM 10.0.0.1 is as the stack 'dev' has declared it.\n";

function run(command: "drift" | "repair", ...args: string[]): Promise<Finished> {
    const entry = join(__dirname, `../../operate/${command}.ts`);
    return runProgram(process.execPath, ["--import", "tsx", entry, ...args], { timeoutSeconds: 280 });
}

describe("drift", () => {
    it("ends with 0 where there is none", async () => {
        new Fakes();
        expect(await run("drift", "dev")).toEqual({ code: 0, stdout: AS_DECLARED, stderr: "" });
    });

    it("ends with 2 and a table where there is any, behind what one must know", async () => {
        const fakes = new Fakes();
        fakes.vm(EDITED);
        fakes.history([{ result: "failed" }]);
        const ran = await run("drift", "dev");
        expect(ran).toMatchObject({ code: 2, stderr: "" });
        expect(ran.stdout).toMatch(
            /^The last deployment of 'dev' failed.*\nWHAT +FOUND +DECLARED\n\S+rules\/a\.yml +content differs +as deployed\n$/,
        );
    });

    it.each([[[]], [[""]], [["dev", "more"]]])("ends with 1 and says how it is called: %j", async (args) => {
        new Fakes();
        const ran = await run("drift", ...args);
        expect(ran).toEqual({ code: 1, stdout: "", stderr: "usage: make drift STACK=<name of the stack>\n" });
    });

    it("ends with 1 and one message where it could not look", async () => {
        new Fakes().program("ssh", "echo 'Connection refused' >&2; exit 255");
        const ran = await run("drift", "dev");
        expect(ran).toMatchObject({ code: 1, stdout: "" });
        expect(ran.stderr).toMatch(/^Cannot log in to the VM .*Connection refused\n/);
        expect(ran.stderr).not.toMatch(/^\s+at /m);
    });
});

describe("repair", () => {
    it("deploys nothing where there is no drift", async () => {
        const fakes = new Fakes();
        expect(await run("repair", "dev")).toEqual({ code: 0, stdout: AS_DECLARED, stderr: "" });
        expect(fakes.upArguments()).toBeUndefined();
    });

    it("shows what there is, runs the steps that put it right, and looks again", async () => {
        const fakes = new Fakes();
        fakes.vm(EDITED);
        fakes.repaired(records());
        const ran = await run("repair", "dev");
        expect(ran).toMatchObject({ code: 0, stderr: "" });
        expect(ran.stdout).toMatch(/^WHAT [^]*rules\/a\.yml [^]*\nUpdating\nThe VM .* has declared it\.\n$/);
        const steps = [urn("configuration"), urn("verify")].flatMap((step) => ["--replace", step]);
        expect(fakes.upArguments()?.slice(0, 3)).toEqual(["up", "--stack", "dev"]);
        expect(fakes.upArguments()?.slice(-4)).toEqual(steps);
    });

    it("ends with 2 where some is left", async () => {
        const fakes = new Fakes();
        fakes.vm(EDITED);
        fakes.repaired(EDITED);
        expect((await run("repair", "dev")).code).toBe(2);
    });

    it("ends with 2, and deploys nothing, where only a person can put it right", async () => {
        const fakes = new Fakes();
        fakes.vm(TAKEN);
        const ran = await run("repair", "dev");
        expect(ran.code).toBe(2);
        expect(ran.stdout).toContain("None of it can be put right by 'pulumi up'; see docs/operate.md.");
        expect(fakes.upArguments()).toBeUndefined();
    });

    it("ends with 1 where the deployment failed", async () => {
        const fakes = new Fakes();
        fakes.vm(EDITED);
        const ran = await run("repair", "dev");
        expect(ran).toMatchObject({ code: 1 });
        expect(ran.stderr).toBe(
            "'pulumi up' failed, so what it was to put right may still be there: see what it says above.\n",
        );
    });
});
