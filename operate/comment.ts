import { readFileSync } from "node:fs";
import { Failure, run } from "./failure";
import { previewComment } from "./previewComment";
import { readEvents } from "./previewEvents";

void run(() => {
    const [stack, exitCode, log, ...rest] = process.argv.slice(2);
    if (!stack || !/^\d+$/.test(exitCode ?? "") || !log || rest.length > 0) {
        throw new Failure("usage: comment.ts <stack> <exit code of its preview> <URL of the log> < <event log>");
    }
    const preview = readEvents(readFileSync(0, "utf8"));
    if (exitCode === "0" && !preview.isWhole) {
        throw new Failure(
            `Of the preview of the stack '${stack}' there is not every event, so what it would change is not known.\n` +
                "Let 'pulumi preview' write them by --event-log, with PULUMI_DEBUG_COMMANDS=true.",
        );
    }
    process.stdout.write(previewComment(preview, { stack, exitCode: Number(exitCode), log }));
    return Promise.resolve(0);
});
