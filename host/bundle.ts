/** A text file on its way to the VM. */
export interface BundleFile {
    /** Relative to where the script puts the bundle. */
    readonly path: string;
    /** Octal, four digits, for example `0640`. */
    readonly mode: string;
    readonly content: string;
}

/** A line that a file on its way to the VM cannot hold: whatever looks like the one before a file, whose form is below. */
export const FRAME = /^==> [^\n]* <==$/m;
const PATH = /^(?!\.{1,2}(\/|$))[A-Za-z0-9._-]+(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._-]+)*$/;

/** As in `unbundle` of host/lib.sh. */
const SEPARATOR = /^==> ([A-Za-z0-9._/-]+ 0[0-7]{3}|end) <==\n/m;

/**
 * Several files as one text for stdin. Neither YAML nor JSON, so that `pulumi preview` shows a line diff of it; the last
 * line proves to the script that nothing was cut off on the way.
 */
export function bundle(files: readonly BundleFile[]): string {
    return files.map(framed).join("") + "==> end <==\n";
}

function framed({ path, mode, content }: BundleFile): string {
    if (!PATH.test(path) || path === "end") {
        throw new Error(`'${path}' cannot be the path of a file on the VM`);
    }
    if (!/^0[0-7]{3}$/.test(mode)) {
        throw new Error(`mode '${mode}' of ${path} must be four octal digits`);
    }
    if (FRAME.test(content)) {
        throw new Error(`${path} holds a line of the form '==> … <==', which separates files on their way to the VM`);
    }
    return `==> ${path} ${mode} <==\n${content}${content === "" || content.endsWith("\n") ? "" : "\n"}`;
}

/** The files of a bundle, as the scripts on the VM take it apart. */
export function unbundle(text: string): BundleFile[] {
    const [first, ...parts] = text.split(SEPARATOR);
    if (first !== "" || parts.at(-2) !== "end" || parts.at(-1) !== "") {
        throw new Error("the bundle is incomplete");
    }
    const files: BundleFile[] = [];
    for (let i = 0; i < parts.length - 2; i += 2) {
        const [path = "", mode = ""] = parts[i]?.split(" ") ?? [];
        files.push({ path, mode, content: parts[i + 1] ?? "" });
    }
    return files;
}
