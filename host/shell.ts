/**
 * Quotes one word for POSIX shells and for fish alike. Quotes and backslashes are put between the quoted runs, since
 * fish reads a backslash inside single quotes and a POSIX shell does not.
 */
export function quote(word: string): string {
    if (word.includes("\0")) {
        throw new Error("a word for a shell cannot hold a NUL character");
    }
    return /^[\w@%+:,./-]+$/.test(word) ? word : `'${word.replaceAll(/['\\]/g, String.raw`'\$&'`)}'`;
}
