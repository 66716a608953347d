import { LISTEN_ADDRESS } from "../host/unit";
import { Failure, run } from "./failure";
import { observe } from "./observe";
import { stackOutputs, stackVm } from "./stack";
import { table } from "./table";

void run(async () => {
    const [stack, ...rest] = process.argv.slice(2);
    if (stack === undefined || stack === "" || rest.length > 0) {
        throw new Failure("usage: make status STACK=<name of the stack>");
    }
    const [outputs, vm] = await Promise.all([stackOutputs(stack), stackVm(stack)]);
    if (outputs.url === undefined || outputs.jobs === undefined) {
        throw new Failure(`The stack '${stack}' has no outputs 'url' and 'jobs'. Deploy it first: 'pulumi up'.`);
    }
    const { jobs, complaints } = await observe(vm, `http://${LISTEN_ADDRESS}`, outputs.jobs, outputs.sources);
    process.stdout.write(table(outputs.jobs, jobs));
    if (complaints.length > 0) {
        process.stdout.write(`\n${complaints.join("\n")}\n`);
    }
    return 0;
});
