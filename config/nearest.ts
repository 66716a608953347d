/** The known name that a mistyped one is likely to mean: at most a third of its letters differ. */
export function nearest(name: string, known: readonly string[]): string | undefined {
    const [best] = known
        // A name of another length is another name; and one of megabytes costs no time.
        .filter((candidate) => Math.abs(candidate.length - name.length) <= allowed(candidate))
        .map((candidate) => ({ candidate, edits: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
        .sort((a, b) => a.edits - b.edits);
    return best !== undefined && best.edits <= allowed(best.candidate) ? best.candidate : undefined;
}

function allowed(candidate: string): number {
    return Math.max(1, candidate.length / 3);
}

/** Levenshtein's distance, row by row. */
function editDistance(a: string, b: string): number {
    let row = Array.from({ length: b.length + 1 }, (_, i) => i);
    for (let i = 1; i <= a.length; i++) {
        const next = [i];
        for (let j = 1; j <= b.length; j++) {
            const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
            next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
        }
        row = next;
    }
    return row[b.length] ?? 0;
}
