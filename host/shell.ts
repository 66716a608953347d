/** A word that needs no quotes. */
const PLAIN = String.raw`[\w@%+:,./-]+`;

/** What `quote` makes of a word, as a pattern: it finds where the word ends in a longer text. */
export const QUOTED = String.raw`${PLAIN}|'[^'\\]*(?:'\\['\\]'[^'\\]*)*'`;

/**
 * Quotes one word for POSIX shells and for fish alike. Quotes and backslashes are put between the quoted runs, since
 * fish reads a backslash inside single quotes and a POSIX shell does not.
 */
export function quote(word: string): string {
    if (word.includes("\0")) {
        throw new Error("a word for a shell cannot hold a NUL character");
    }
    return new RegExp(`^${PLAIN}$`).test(word) ? word : `'${word.replaceAll(/['\\]/g, String.raw`'\$&'`)}'`;
}

/** The word that `quote` made this of. */
export function unquote(quoted: string): string {
    if (!new RegExp(`^(${QUOTED})$`).test(quoted)) {
        throw new Error("not one quoted word");
    }
    return quoted.startsWith("'") ? quoted.slice(1, -1).replaceAll(/'\\(['\\])'/g, "$1") : quoted;
}
