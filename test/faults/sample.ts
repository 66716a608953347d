/** Whether only as much runs as fits into CI: FAULT_SAMPLE is `quick`, or `all`, its default. */
export const QUICK = process.env["FAULT_SAMPLE"] === "quick";
if (!["quick", "all", "", undefined].includes(process.env["FAULT_SAMPLE"])) {
    throw new Error("FAULT_SAMPLE must be quick or all");
}

/** All that is drawn in a run comes from FAULT_SEED, a whole number; the processes of vitest's workers inherit it. */
const seed = (process.env["FAULT_SEED"] ||= String(Math.floor(Math.random() * 2 ** 31)));
if (!/^\d+$/.test(seed)) {
    throw new Error(`FAULT_SEED must be a whole number, not ${seed}`);
}

/** Says how to repeat the run. */
export function announce(): void {
    console.log(`faults drawn by FAULT_SEED=${seed} FAULT_SAMPLE=${QUICK ? "quick" : "all"}`);
}

/** Numbers from 0 to below 1, the same ones for the same seed and purpose (mulberry32). */
export function random(purpose: string): () => number {
    let state = Number(seed) | 0;
    for (const character of purpose) {
        state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x9e3779b1);
    }
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let bits = Math.imul(state ^ (state >>> 15), 1 | state);
        bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
        return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
    };
}

/** All rows, or for a quick run `count` of them, drawn by the seed and in their order; says how many are left out. */
export function sample<T>(purpose: string, rows: readonly T[], count: number): T[] {
    if (!QUICK || rows.length <= count) {
        return [...rows];
    }
    console.log(`not run: ${rows.length - count} of ${rows.length} ${purpose}`);
    const draw = random(purpose);
    const drawn = rows
        .map((row, place) => ({ row, place, order: draw() }))
        .sort((a, b) => a.order - b.order)
        .slice(0, count);
    return drawn.sort((a, b) => a.place - b.place).map(({ row }) => row);
}
