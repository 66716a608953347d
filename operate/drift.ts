import { findingsTable } from "./driftFinding";
import { look } from "./driftLook";
import { Failure, run } from "./failure";

void run(async () => {
    const [stack, ...rest] = process.argv.slice(2);
    if (stack === undefined || stack === "" || rest.length > 0) {
        throw new Failure("usage: make drift STACK=<name of the stack>");
    }
    const { declared, findings, notes } = await look(stack);
    process.stdout.write(notes.map((note) => `${note}\n`).join(""));
    if (findings.length === 0) {
        process.stdout.write(`The VM ${declared.vm.host} is as the stack '${stack}' has declared it.\n`);
        return 0;
    }
    process.stdout.write(findingsTable(findings));
    return 2;
});
