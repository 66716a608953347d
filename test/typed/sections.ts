import { anchors, type Block, inlineCode, page } from "../pages";

/** What is typed in one section of a page, in the order in which it stands there. */
export interface Section {
    /** Such as `docs/front.md#certificates`. */
    readonly at: string;
    /** Shell text: a block, what is shown of a terminal, or a command in backticks. */
    readonly scripts: readonly string[];
}

/** What begins a command in backticks; other words there are names, and a program alone is one, too. */
const COMMAND =
    /^(?:[A-Z_]\w*=\S* )*(?:htpasswd|journalctl|kubectl|lab\/[\w./-]+|make|node|npm|pulumi|ssh-keyscan|vitest) ./;
const FENCED = /^ *(`{3,})\w*\n[^]*?^ *\1$/gm;

/** The sections of a page in which something is typed. */
export function sections({ path, markdown }: { readonly path: string; readonly markdown: string }): Section[] {
    const found: { at: string; scripts: string[] }[] = [{ at: path, scripts: [] }];
    let end = 0;
    const prose = (text: string) => {
        for (const part of text.split(/^(?=#{2,} )/m)) {
            const read = page(path, part);
            if (part.startsWith("##")) found.push({ at: `${path}#${anchors(read)[0] ?? ""}`, scripts: [] });
            found.at(-1)?.scripts.push(...inlineCode(read).filter((code) => COMMAND.test(code)));
        }
    };
    for (const { 0: block, index } of markdown.matchAll(FENCED)) {
        prose(markdown.slice(end, index));
        end = index + block.length;
        found.at(-1)?.scripts.push(...page(path, block).blocks.flatMap(typedIn));
    }
    prose(markdown.slice(end));
    return found.filter(({ scripts }) => scripts.length > 0);
}

/** A block of shell text as a whole; of one that shows a terminal each command by itself. */
function typedIn({ language, text }: Block): string[] {
    if (/^(sh|bash)$/.test(language)) return [text];
    return text.split("\n").flatMap((line) => /^\$ (.*)/.exec(line)?.[1] ?? []);
}
