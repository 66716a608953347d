const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", s: " ", "\\": "\\", '"': '"', "'": "'" };

/** A unit file as systemd reads it: each setting with its value, a command as the list of its words. */
export function readUnit(text: string): [setting: string, value: string | string[]][] {
    let section = "";
    return text
        .replaceAll("\\\n", " ")
        .split("\n")
        .filter((line) => !/^\s*([#;].*)?$/.test(line))
        .flatMap((line) => {
            const [, header] = /^\[(.*)\]$/.exec(line) ?? [];
            section = header ?? section;
            const equals = line.indexOf("=");
            const setting = `${section}.${line.slice(0, equals).trim()}`;
            const value = line.slice(equals + 1).trim();
            return header === undefined ? [[setting, setting.includes(".Exec") ? wordsOf(value) : value]] : [];
        });
}

/**
 * The arguments that a command line gives to its program, by the rules of systemd.service(5), "Command lines", and
 * systemd.syntax(7), "Quoting". Whatever would be replaced by something else is an error, but for systemd's own process id.
 */
export function wordsOf(line: string): string[] {
    if (/[\0\n]/.test(line)) {
        throw new Error("systemd reads no further than this character");
    }
    const words: string[] = [];
    let word: string | undefined;
    let quote = "";
    for (let i = 0; i < line.length; i++) {
        const character = line.charAt(i);
        if (character === "\\") {
            const escape = ESCAPES[line.charAt(++i)];
            if (escape === undefined) throw new Error(`systemd knows no escape \\${line.charAt(i)}`);
            word = (word ?? "") + escape;
        } else if (character === quote) {
            quote = "";
        } else if (quote === "" && /["']/.test(character)) {
            quote = character;
            word ??= "";
        } else if (quote === "" && /[ \t\r]/.test(character)) {
            if (word !== undefined) words.push(word);
            word = undefined;
        } else {
            word = (word ?? "") + character;
        }
    }
    if (quote !== "") throw new Error("systemd finds no end of a quoted word");
    return [...words, ...(word === undefined ? [] : [word])].map(expanded);
}

/** A word with what stands for a `%` or a `$`. */
function expanded(word: string): string {
    if (word === ";") throw new Error("systemd begins another command here");
    if (word === "$MAINPID") return word;
    return word.replaceAll(/([%$])(.?)/gs, (_match, sign: string, next: string) => {
        if (next !== sign) throw new Error(`systemd puts something else in the place of ${sign}${next}`);
        return sign;
    });
}
