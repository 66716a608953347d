import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as yaml from "js-yaml";
import { PROJECT, up } from "./lab";

/** The keys of the lab's stack, without their namespace; secret ones are wrapped in `{ secure }`. */
export type Configuration = Record<string, Record<string, unknown>>;

const NAMESPACE = "external-prometheus:";

/**
 * Lends a changed copy of the lab's stack configuration, for `--config-file`; the stack's own file is never written to.
 */
export async function withConfiguration<T>(
    change: (configuration: Configuration) => void,
    use: (configFile: string) => Promise<T>,
): Promise<T> {
    const file = yaml.load(readFileSync(join(PROJECT, "Pulumi.lab.yaml"), "utf8")) as {
        encryptionsalt?: string;
        config: Configuration;
    };
    const configuration = Object.fromEntries(
        Object.entries(file.config).map(([key, value]) => [key.replace(NAMESPACE, ""), value]),
    );
    change(configuration);
    const config = Object.fromEntries(
        Object.entries(configuration).map(([key, value]) => [`${NAMESPACE}${key}`, value]),
    );
    const directory = mkdtempSync(join(tmpdir(), "external-prometheus-test-"));
    try {
        const path = join(directory, "Pulumi.lab.yaml");
        writeFileSync(path, yaml.dump({ ...file, config }), { mode: 0o600 });
        return await use(path);
    } finally {
        rmSync(directory, { recursive: true });
    }
}

/** Deploys the lab's stack with a changed configuration; `up` brings its own back. */
export function deploy(change: (configuration: Configuration) => void, ...args: string[]): Promise<string> {
    return withConfiguration(change, (file) => up("--config-file", file, ...args));
}

/** Seconds between two scrapes of each job of the lab's stack (lab/stack.sh). */
export const INTERVAL = 5;

/** Gives the lab's cluster such tokens. */
export function withTokens(tokens: object | undefined): (configuration: Configuration) => void {
    return ({ clusters }) => {
        Object.assign(clusters?.["lab"] as object, { tokens });
    };
}
