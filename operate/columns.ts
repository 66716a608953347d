/** Rows as text in which each column is as wide as its widest cell. */
export function columns(
    rows: readonly (readonly string[])[],
    { rightAligned = [] }: { rightAligned?: readonly number[] } = {},
): string {
    const widths: number[] = [];
    for (const row of rows) {
        row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)));
    }
    const pad = (cell: string, column: number) => {
        const width = widths[column] ?? 0;
        return rightAligned.includes(column) ? cell.padStart(width) : cell.padEnd(width);
    };
    return rows.map((row) => `${row.map(pad).join("  ").trimEnd()}\n`).join("");
}
