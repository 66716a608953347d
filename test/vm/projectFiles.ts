import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { PROJECT } from "../lab/lab";

/** Files of a user's for a while: below the project's directory, where alone the stack's configuration can name them. */
export class ProjectFiles {
    private readonly directory = mkdtempSync(join(PROJECT, ".test-"));

    /** The path of a file with that content, as the configuration names it. */
    write(name: string, content: string): string {
        writeFileSync(join(this.directory, name), content);
        return `${basename(this.directory)}/${name}`;
    }

    remove(): void {
        rmSync(this.directory, { recursive: true });
    }
}
