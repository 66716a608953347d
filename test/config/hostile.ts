import * as fc from "fast-check";

/** Another one is tried by `SEED=… vitest run test/config/hostile.test.ts`. */
export const SEED = Number(process.env["SEED"] ?? 20_261_122);

/** What a program that was run would leave in the folder that it was started in. */
export const CANARY = "canary";

/** What means something to a shell, to YAML, to systemd, to a template, to a terminal or to JavaScript. */
const PIECES = [
    ...[
        "'",
        '"',
        "`",
        "\\",
        "\\n",
        "\\x41",
        "$$",
        "$HOME",
        "${IFS}",
        "!",
        "!!",
        "*",
        "?",
        "[a-z]",
        "^",
        "~/",
        "../",
        "/..",
    ],
    ...[`$(touch ${CANARY})`, `\`touch ${CANARY}\``, `; touch ${CANARY};`, `&& touch ${CANARY}`, `| touch ${CANARY}`],
    ...[
        `> ${CANARY}`,
        `\ntouch ${CANARY}\n`,
        `'; touch ${CANARY}; '`,
        `"; touch ${CANARY}; "`,
        `-oProxyCommand=touch ${CANARY}`,
    ],
    ...["\n", "\r\n", "\0", "\t", " ", "  ", "\x07", "\x1b[2J", "\x7f", "\u0085", "\u00a0"],
    ...["%n", "%%", "%s", "%H", "--help", "-", "=", ";", "{", "}", "&", "|", "<", ">", "#"],
    ...[
        " #",
        "# ",
        ": ",
        ": #",
        "- ",
        "? ",
        "&anchor",
        "*anchor",
        "!!python/object:os.system",
        "!tag",
        "| ",
        ">-",
        "@",
        ",",
    ],
    ...[
        "{{ .Values }}",
        "{% x %}",
        "<%= x %>",
        "---",
        "...",
        "<<",
        "[",
        "]",
        "==> end <==",
        "\n==> end <==\n",
        "<script>",
    ],
    ...[
        "null",
        "~",
        "true",
        "yes",
        "no",
        "on",
        "NaN",
        ".inf",
        "1e3",
        "0x1f",
        "0o17",
        "1_000",
        "12:30:45",
        "2026-01-01",
    ],
    ...["constructor", "__proto__", "toString", "é", "ß", "日本語", "😀", "👨‍👩‍👧", "\u0301", "\ufffe"],
    ...["\u202e", "\u2066", "\u200b", "\ufeff", "\u2028", "\u2029", "x".repeat(10_000)],
];

const piece = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...PIECES) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", minLength: 1 }) },
);

const text = fc.array(piece, { minLength: 1, maxLength: 3 }).map((pieces) => pieces.join(""));

const COUNT = 500;
/** Texts that nobody sets by mistake. The same for one seed. */
const TEXTS = fc.sample(text, { seed: SEED, numRuns: COUNT });

/** As many hostile values for a place that holds something harmless: alone, and in front of it, within it and behind it. */
export function hostile(harmless: string): string[] {
    const middle = Math.floor(harmless.length / 2);
    return TEXTS.map((hostileText, i) => {
        const at = [0, middle, harmless.length][i % 4];
        return at === undefined ? hostileText : harmless.slice(0, at) + hostileText + harmless.slice(at);
    });
}
