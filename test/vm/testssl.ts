import { readFileSync } from "node:fs";
import { runProgram } from "../../operate/process";
import { temporaryFile } from "./frontVm";

interface Found {
    readonly id: string;
    readonly severity: string;
    readonly finding: string;
}

/** What testssl.sh finds above LOW about a server, as `SEVERITY id`; it takes more than a minute, and many on a busy machine. */
export async function testssl(name: string, address: string, ca: string): Promise<string[]> {
    const report = `${temporaryFile("none", "")}.json`;
    const options = ["--quiet", "--color=0", "--warnings=off", "--nodns=min"];
    const args = [...options, `--ip=${address}`, `--add-ca=${temporaryFile("ca.pem", ca)}`, `--jsonfile=${report}`];
    const { stdout, stderr } = await runProgram("testssl", [...args, `https://${name}/`], { timeoutSeconds: 900 });
    const found = JSON.parse(readFileSync(report, "utf8")) as Found[];
    const protocols = found.filter(({ id }) => ["TLS1_2", "TLS1_3"].includes(id)).map(({ finding }) => finding);
    // A scan that broke off finds nothing either.
    if (protocols.some((finding) => !finding.startsWith("offered")) || !stdout.includes("Done")) {
        throw new Error(`testssl.sh did not come to its end:\n${stdout}${stderr}`);
    }
    return found
        .filter(({ severity }) => ["MEDIUM", "HIGH", "CRITICAL", "FATAL"].includes(severity))
        .map(({ id, severity }) => `${severity} ${id}`);
}
