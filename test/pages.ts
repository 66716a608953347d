import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(__dirname, "..");

/** A page of the documentation, by its path in the project, in the parts that are held to different rules. */
export interface Page {
    readonly path: string;
    readonly markdown: string;
    /** Its text without fenced blocks, in paragraphs. */
    readonly paragraphs: readonly string[];
    readonly blocks: readonly Block[];
}

/** A fenced block, with what stands behind the fence. */
export interface Block {
    readonly language: string;
    readonly text: string;
}

/** The README and every page beside it. */
export function pages(): Page[] {
    const docs = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));
    return ["README.md", ...docs.map((name) => `docs/${name}`)].map((path) =>
        page(path, readFileSync(join(ROOT, path), "utf8")),
    );
}

export function page(path: string, markdown: string): Page {
    const blocks: Block[] = [];
    // A longer fence may hold shorter ones, and a list's item indents both of its own.
    const prose = markdown.replaceAll(
        /^( *)(`{3,})(\w*)\n([^]*?)^ *\2$/gm,
        (_, indent: string, _fence, language: string, text: string) => {
            blocks.push({ language, text: text.replaceAll(new RegExp(`^${indent}`, "gm"), "") });
            return "";
        },
    );
    return { path, markdown, paragraphs: prose.split(/\n\s*\n/), blocks };
}

/** The text of the one block of that language on a page. */
export function blockOf(path: string, language: string): string {
    const all = pages().filter((each) => each.path === path);
    const [text, ...others] = all.flatMap(({ blocks }) =>
        blocks.filter((block) => block.language === language).map((block) => block.text),
    );
    if (text === undefined || others.length > 0) {
        throw new Error(`${path} has not one block of ${language}`);
    }
    return text;
}

/** What stands in backticks, on one line each. */
export function inlineCode({ paragraphs }: Page): string[] {
    return paragraphs
        .flatMap((text) => [...text.matchAll(/(?<!`)`([^`]+)`(?!`)/g)])
        .map(([, code = ""]) => code.replaceAll(/\s+/g, " "));
}

/** Lines that are typed into a shell: of its blocks, of what is shown of a terminal, and in backticks. */
export function commandLines(from: Page): string[] {
    const typed = from.blocks.flatMap(({ language, text }) => {
        const lines = text.replaceAll("\\\n", " ").split("\n");
        return /^(sh|bash)$/.test(language) ? lines : lines.flatMap((line) => /^\$ (.*)/.exec(line)?.[1] ?? []);
    });
    return [...typed, ...inlineCode(from)];
}

/** The commands of a line that call a program, each as its arguments without quotes. */
export function calls(program: string, line: string): string[][] {
    // A word, a text in quotes, or what ends a command; a comment ends the line.
    const words = [...line.matchAll(/'[^']*'|"[^"]*"|(?:^|(?<=\s))#.*|&&|\|\|?|[;<>()]|[^\s'"|;<>()]+/g)].map(
        ([w]) => w,
    );
    const commands: string[][] = [[]];
    for (const word of words) {
        if (word.startsWith("#")) {
            break;
        }
        if (/^(&&|\|\|?|[;<>()])$/.test(word)) {
            commands.push([]);
        } else {
            commands.at(-1)?.push(word.replaceAll(/^(['"])(.*)\1$/g, "$2"));
        }
    }
    return commands.flatMap((command) => {
        const [name, ...more] = command.slice(command.findIndex((word) => !/^[A-Z_]+=/.test(word)));
        return name === program ? [more] : [];
    });
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchors({ paragraphs }: Page): string[] {
    const seen = new Map<string, number>();
    const headings = paragraphs.flatMap((text) => [...text.matchAll(/^#{1,6} (.*)$/gm)]);
    return headings.map(([, heading = ""]) => {
        const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
        const anchor = text.replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-");
        const before = seen.get(anchor) ?? 0;
        seen.set(anchor, before + 1);
        return before === 0 ? anchor : `${anchor}-${before}`;
    });
}
