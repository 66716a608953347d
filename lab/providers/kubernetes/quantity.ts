import type { Plain } from "../values";

const decimal = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
const binary = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/** A resource quantity as the API server writes it: `0.5` is `500m`, `1024Mi` is `1Gi`. Anything else is left as it is. */
export function canonicalQuantity(value: Plain): Plain {
    if (typeof value !== "string" && typeof value !== "number") {
        return value;
    }
    const match = /^([+-]?\d+)(?:\.(\d*))?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/.exec(String(value));
    if (match === null) {
        return value;
    }
    const [, whole = "0", fraction = "", suffix = ""] = match;
    const unscaled = BigInt(whole + fraction);
    const nano = inNano(unscaled, suffix) / 10n ** BigInt(fraction.length);
    if (suffix.endsWith("i") && nano % 1_000_000_000n === 0n && abs(nano) >= 1024n * 1_000_000_000n) {
        return scaled(nano / 1_000_000_000n, 1024n, binary);
    }
    return scaled(nano, 1000n, decimal);
}

function inNano(amount: bigint, suffix: string): bigint {
    return suffix.endsWith("i")
        ? amount * 1024n ** BigInt(binary.indexOf(suffix)) * 1_000_000_000n
        : amount * 1000n ** BigInt(decimal.indexOf(suffix));
}

/** The amount with the largest suffix that leaves it whole. */
function scaled(amount: bigint, base: bigint, suffixes: readonly string[]): string {
    if (amount === 0n) {
        return "0";
    }
    let rest = amount;
    let index = 0;
    while (rest % base === 0n && index < suffixes.length - 1) {
        rest /= base;
        index += 1;
    }
    return `${rest.toString()}${suffixes[index] ?? ""}`;
}

function abs(amount: bigint): bigint {
    return amount < 0n ? -amount : amount;
}
