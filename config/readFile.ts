import { readFileSync, realpathSync, statSync } from "node:fs";
import { basename, join, sep } from "node:path";
import type { NamedFile } from "./files";
import { keyAt, type Problem } from "./problems";
import { FilePath } from "./programs";

const MOST_BYTES = 1_000_000;

/** Reads the user's files that a key lists; what the schema refuses there is passed over. */
export function readUserFiles(directory: string, list: string, paths: unknown) {
    const found: NamedFile[] = [];
    const problems: Problem[] = [];
    for (const [index, path] of (Array.isArray(paths) ? paths : []).entries()) {
        const key = keyAt(list, [index]);
        const parsed = FilePath.safeParse(path);
        if (parsed.success) {
            const read = readUserFile(directory, parsed.data);
            if ("refused" in read) {
                const remedy = `put a text file there, of YAML in UTF-8, or remove it from ${list}`;
                problems.push({ key, message: `names ${parsed.data}, which ${read.refused}`, remedy });
            } else {
                found.push({ key, path: parsed.data, name: basename(parsed.data), ...read });
            }
        }
    }
    return { found, problems };
}

/** The text of a file, or why it cannot be taken, in words that follow its name. */
type ReadFile = { readonly content: string } | { readonly refused: string };

/** By the file's path below the project's directory. */
function readUserFile(directory: string, path: string): ReadFile {
    try {
        const file = realpathSync(join(directory, path));
        if (!file.startsWith(realpathSync(directory) + sep)) {
            return { refused: "is a link that leads out of the project's directory" };
        }
        const status = statSync(file);
        if (!status.isFile()) {
            return { refused: "is no plain file" };
        }
        if (status.size > MOST_BYTES) {
            return { refused: `has ${status.size} bytes, more than ${MOST_BYTES}` };
        }
        return text(readFileSync(file));
    } catch (error) {
        const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
        return { refused: code === "ENOENT" ? "does not exist" : `cannot be read (${code})` };
    }
}

function text(bytes: Buffer): ReadFile {
    if (bytes.includes(0)) {
        return { refused: "holds a NUL character" };
    }
    try {
        const content = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
        // As it will be on the VM.
        return { content: content === "" || content.endsWith("\n") ? content : `${content}\n` };
    } catch {
        return { refused: "is not encoded in UTF-8" };
    }
}
