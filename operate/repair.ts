import { spawn } from "node:child_process";
import { findingsTable } from "./driftFinding";
import { type Look, look } from "./driftLook";
import { Failure, run } from "./failure";
import { replacements } from "./repairSteps";
import { pulumiProgram } from "./stack";

const FOR_A_PERSON = "be put right by 'pulumi up'; see docs/operate.md.";

void run(async () => {
    const [stack, ...rest] = process.argv.slice(2);
    if (stack === undefined || stack === "" || rest.length > 0) {
        throw new Failure("usage: make repair STACK=<name of the stack>");
    }
    const before = await look(stack);
    show(stack, before);
    if (before.findings.length === 0) {
        return 0;
    }
    const urns = replacements(before.declared, before.findings);
    if (urns.length === 0) {
        process.stdout.write(`\nNone of it can ${FOR_A_PERSON}\n`);
        return 2;
    }
    await up(stack, urns);
    const after = await look(stack);
    show(stack, after);
    if (after.findings.length === 0) {
        return 0;
    }
    if (replacements(after.declared, after.findings).length === 0) {
        process.stdout.write(`\nWhat is left cannot ${FOR_A_PERSON}\n`);
    }
    return 2;
});

function show(stack: string, { declared, findings, notes }: Look): void {
    const text =
        findings.length === 0
            ? `The VM ${declared.vm.host} is as the stack '${stack}' has declared it.\n`
            : findingsTable(findings);
    process.stdout.write([...notes.map((note) => `${note}\n`), text].join(""));
}

/** Deploys the stack, with these resources made anew, its output as it comes. */
async function up(stack: string, urns: readonly string[]): Promise<void> {
    const flags = ["--yes", "--skip-preview", "--non-interactive", "--message", "Repair drift on the VM"];
    const replace = urns.flatMap((urn) => ["--replace", urn]);
    const child = spawn(pulumiProgram(), ["up", "--stack", stack, ...flags, ...replace], {
        stdio: ["ignore", "inherit", "inherit"],
    });
    const code = await new Promise<number | null>((resolve, reject) => {
        child.on("error", reject);
        child.on("close", resolve);
    });
    if (code !== 0) {
        throw new Failure(
            "'pulumi up' failed, so what it was to put right may still be there: see what it says above.",
        );
    }
}
