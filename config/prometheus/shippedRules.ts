import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { UserFile } from "../files";

/** Where they are on the VM, below the folder of all rules: no file of a user's has such a name. */
const FOLDER = "external-prometheus";

/** Rules of `rules/` that come with what is watched. */
export function shippedRules(names: readonly ("clusters" | "front" | "tokens")[]): UserFile[] {
    return names.map((name) => ({
        name: `${FOLDER}/${name}.yml`,
        content: readFileSync(join(__dirname, `../../rules/${name}.yml`), "utf8"),
    }));
}
