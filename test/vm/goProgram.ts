import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../../operate/process";
import { PATIENCE_SECONDS, succeed } from "../lab/lab";
import type { SpareVm } from "./spareVm";

/** Builds the Go program of a folder, without anything that the VM would lack, and puts it there under that path. */
export async function installGoProgram(vm: SpareVm, folder: string, path: string): Promise<void> {
    const built = mkdtempSync(join(tmpdir(), "external-prometheus-go-"));
    const program = join(built, "program");
    const build = ["-C", folder, "build", "-trimpath", "-ldflags=-s -w", "-o", program, "."];
    await succeed(
        "go build",
        runProgram("env", ["CGO_ENABLED=0", "go", ...build], { timeoutSeconds: PATIENCE_SECONDS }),
    );
    await vm.text(`base64 -d >${path} && chmod 0755 ${path}`, { stdin: readFileSync(program).toString("base64") });
    rmSync(built, { recursive: true });
}
