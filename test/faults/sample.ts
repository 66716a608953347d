/**
 * FAULT_SAMPLE says what runs: `all`, its default; only as much as fits into CI (`quick`); or one share of the rows of each
 * suite, such as `2/5`, so that five shorter runs make up the whole.
 */
const wanted = process.env["FAULT_SAMPLE"] || "all";
const share = /^([1-9]\d?)\/([1-9]\d?)$/.exec(wanted)?.slice(1).map(Number);
const [part = 1, parts = 1] = share ?? [];
if (!["quick", "all"].includes(wanted) && (share === undefined || part > parts)) {
    throw new Error("FAULT_SAMPLE must be quick, all, or a share such as 2/5");
}
export const QUICK = wanted === "quick";

/** All that is drawn in a run comes from FAULT_SEED, a whole number; the processes of vitest's workers inherit it. */
const seed = (process.env["FAULT_SEED"] ||= String(Math.floor(Math.random() * 2 ** 31)));
if (!/^\d+$/.test(seed)) {
    throw new Error(`FAULT_SEED must be a whole number, not ${seed}`);
}

/** Says how to repeat the run. */
export function announce(): void {
    console.log(`faults drawn by FAULT_SEED=${seed} FAULT_SAMPLE=${wanted}`);
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

/** All rows; those of the share; or for a quick run `count` of them, drawn by the seed. In their order; says how many are left out. */
export function sample<T>(purpose: string, rows: readonly T[], count: number): T[] {
    const chosen = QUICK ? drawn(purpose, rows, count) : rows.filter((_, place) => place % parts === part - 1);
    if (chosen.length < rows.length) {
        console.log(`not run: ${rows.length - chosen.length} of ${rows.length} ${purpose}`);
    }
    return chosen;
}

function drawn<T>(purpose: string, rows: readonly T[], count: number): T[] {
    const draw = random(purpose);
    return rows
        .map((row, place) => ({ row, place, order: draw() }))
        .sort((a, b) => a.order - b.order)
        .slice(0, count)
        .sort((a, b) => a.place - b.place)
        .map(({ row }) => row);
}
