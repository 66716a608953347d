import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Installs the plugins that the contract suite speaks to: into the running lab's PULUMI_HOME, else into a temporary one.
 * CONTRACT_PLUGINS names another directory of plugins, which is taken as it is.
 */
export default function install(): (() => void) | undefined {
    if (process.env["CONTRACT_PLUGINS"] !== undefined) {
        return undefined;
    }
    const labs = "/var/lib/external-prometheus-lab/pulumi-home";
    const temporary = existsSync(labs) ? undefined : mkdtempSync(join(tmpdir(), "contract-"));
    const home = temporary ?? labs;
    execFileSync(join(__dirname, "../../providers/install.sh"), [home], { stdio: "inherit" });
    process.env["CONTRACT_PLUGINS"] = join(home, "plugins");
    return () => {
        if (temporary !== undefined) {
            rmSync(temporary, { recursive: true });
        }
    };
}
