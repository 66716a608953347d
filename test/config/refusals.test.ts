import { describe, expect, it } from "vitest";
import { configurationReference } from "../../docs/generate";
import index from "../../index";
import { startMocks } from "../harness";
import { completeKeys, configure, INSTEAD, load } from "./environment";
import { fields, placeOf, waysToBeWrong } from "./fields";
import { CLIENT_KEY, KEY, OTHER_KEY } from "./frontCertificates";
import { messages } from "./messages";
import { isSecret, problemsOf, refusalOf, type Row, withRow } from "./refusal";
import { CLUSTER_ROWS } from "./refusalsOfClusters";
import { ENDPOINT_ROWS } from "./refusalsOfEndpoints";
import { FILE_ROWS } from "./refusalsOfFiles";
import { FRONT_ROWS } from "./refusalsOfFront";
import { SCRAPE_JOB_ROWS } from "./refusalsOfScrapeJobs";
import { SECRET_ROWS } from "./refusalsOfSecrets";
import { VM_ROWS } from "./refusalsOfVm";

const ROWS = [
    ...VM_ROWS,
    ...CLUSTER_ROWS,
    ...ENDPOINT_ROWS,
    ...FILE_ROWS,
    ...FRONT_ROWS,
    ...SCRAPE_JOB_ROWS,
    ...SECRET_ROWS,
];
/** Of every so many rows one is tried in all ways; `make soak` tries each. */
const EVERY = process.env["REFUSALS"] === "all" ? 1 : 4;
const SOME = ROWS.filter((_, place) => place % EVERY === 0);
const known = new Map<Row, string>();

function messageOf(row: Row): string {
    const message = known.get(row) ?? refusalOf(row);
    known.set(row, message);
    return message;
}

describe("a wrong configuration", () => {
    it.each(ROWS.map((row) => [row.key, row.says, row] as const))("is refused: %s %s", (key, says, row) => {
        const message = messageOf(row);
        const [problem = ""] = problemsOf(message, key);
        expect(problem, message).toContain(says);
        expect(problem).toMatch(
            /\n {4}→ .*\b(pulumi config|pulumi stack|Pulumi\.\w+\.yaml|call|keep|look|make|name|put|remove|rename|see|set|use|write)\b/,
        );
        expect(row.also.filter((other) => problemsOf(message, other).length === 0)).toEqual([]);
        expect(message.match(/✖/g), message).toHaveLength(1 + row.also.length);
        expect(message).not.toMatch(/^ +at /m);
        expect(message).not.toMatch(/CANARY|hunter2|LIFTED|MC4CAQ|MC4D|WlpaWlpa|WFhYWFhY/);
        expect([CLIENT_KEY, KEY, OTHER_KEY].filter((secret) => message.includes(secret.split("\n")[1] ?? ""))).toEqual(
            [],
        );
        // Only a value that is refused for what it is helps who reads it, and only where it cannot be a secret.
        if (isSecret(key)) {
            expect(message).not.toContain(", got ");
        } else if (/\.(username|authorization(\.type)?) |→ (pulumi config rm|remove it) /.test(`${key} ${problem}`)) {
            expect(problem).not.toContain(", got ");
        } else if (isValue(row)) {
            expect(problem).toMatch(/, got \S/);
        }
    });

    it("is refused before the program registers anything", async () => {
        const mocks = await startMocks();
        for (const row of SOME) {
            const ended = withRow(row, (plain, secret) => {
                configure(plain, secret);
                return new Promise((resolve) => {
                    resolve(index());
                });
            });
            await expect(ended).rejects.toThrow("The configuration of the stack ");
        }
        expect(mocks.resources).toEqual([]);
    });

    it("is told all that is wrong with it at once", () => {
        const rows = new Map<string, Row>();
        for (const row of ROWS.filter(isValue)) {
            const place = placeOf(row.key);
            if (!rows.has(place)) rows.set(place, row);
        }
        const leaves = [...rows].filter(([place]) => ![...rows.keys()].some((other) => isBelow(other, place)));
        const message = refusalOf({ set: Object.assign({}, ...leaves.map(([, { set }]) => set)) as Row["set"] });
        expect(leaves.length).toBeGreaterThan(50);
        expect(leaves.filter(([, { key }]) => problemsOf(message, key).length === 0)).toEqual([]);
    });

    it("is told what else is wrong around it", { timeout: 400_000 }, () => {
        if (SOME.length < ROWS.length) {
            const left = ROWS.length - SOME.length;
            console.info(
                `not run: ${left} of ${ROWS.length} refusals by the whole program and beside others (make soak)`,
            );
        }
        for (const row of SOME) {
            const others = around(row).flatMap((object) => [`${object}stranger`, ...neighbour(object, row)]);
            const set = { ...row.set, ...Object.fromEntries(others.map((other) => [other, null])) };
            const message = refusalOf({ ...row, set });
            const silent = [row.key, ...others].filter((each) => problemsOf(message, each).length === 0);
            expect(silent, message).toEqual([]);
        }
    });
});

/** The objects that a key is in, or is the name of, each with the dot behind it. */
function around({ set, key, says }: Row): string[] {
    const name = /^\w+\.([\w-]+)/.exec(key)?.[1] ?? "";
    const objects = fields()
        .filter(({ path }) => path.endsWith(".<unknown>"))
        .map(({ path }) => path.replace("<name>", name).replace("<unknown>", ""))
        .filter((object) => key.startsWith(object));
    return [...objects, ...(says.startsWith("has a name") && typeof set[key] === "object" ? [`${key}.`] : [])];
}

/** Another key in the same object, if there is one that the row leaves alone. */
function neighbour(object: string, { set, key }: Row): string[] {
    const place = placeOf(`${object}stranger`).replace("<unknown>", "");
    const names = fields().flatMap(({ path }) => (path.startsWith(place) ? [path.slice(place.length)] : []));
    const keys = names.filter((name) => /^[\w-]+$/.test(name)).map((name) => `${object}${name}`);
    return keys.filter((other) => ![key, ...Object.keys(set)].some((own) => own.startsWith(other))).slice(-1);
}

/** Whether it is a value that is refused for what it is. */
function isValue({ set, key, says }: Row): boolean {
    return (
        set[key] !== undefined &&
        !isSecret(key) &&
        !/^(has a name|is no key|names |has expired|has no subject|is valid from|is no chain|does not lead|holds ')/.test(
            says,
        )
    );
}

function isBelow(place: string, other: string): boolean {
    return place.startsWith(other) && /^[.[]/.test(place.slice(other.length));
}

describe("the table", () => {
    it("stands on a configuration that is right, and that has a value in every place", () => {
        const { plain, secret } = completeKeys();
        expect(() => load(plain, secret)).not.toThrow();
        const places = placesOf("", { ...plain, ...secret });
        const known = fields().map(({ path }) => path);
        expect(known.filter((path) => !/^name of |<unknown>/.test(path) && !places.includes(path))).toEqual(INSTEAD);
    });

    it("has a row for each way in which each place can be wrong", () => {
        const places = ROWS.map(({ key, says }) =>
            says.startsWith("has a name") ? `name of ${placeOf(key).replace(/\.<name>$/, "")}` : placeOf(key),
        );
        const short = fields()
            .map((field) => ({ field, rows: places.filter((place) => place === field.path).length }))
            .filter(({ field, rows }) => rows < waysToBeWrong(field))
            .map(({ field, rows }) => `${field.path}: ${rows} rows, and ${waysToBeWrong(field)} ways`);
        expect(short).toEqual([]);
    });

    it("brings up every message of the loader", () => {
        const said = ROWS.map(messageOf).join("\n") + configurationReference();
        // What is wrong with another stack is told in sourceStacks.test.ts.
        const unsaid = messages().filter(({ file, pattern }) => file !== "sourceStacks.ts" && !pattern.test(said));
        expect(unsaid.map(({ file, pattern }) => `${file}: ${pattern.source}`)).toEqual([
            // Of what one stack hands to another.
            "certificate.ts: must be a certificate in PEM form, and nothing else",
            "lines.ts: must hold no line of the form '==> … <=='",
            // To a program that gives the values itself: parseConfig.test.ts.
            String.raw`problems.ts: What parseConfig was given has .* \(every key: docs\/configuration\.md\)\.\s+.*`,
            // How a message of zod's own begins, for which there are other words.
            "problems.ts: Invalid input",
            // Of what one stack hands to another.
            "source.ts: must have namespaces if it is proxied, and only then",
            "source.ts: must have targets where it is scraped directly",
            "source.ts: must be scraped directly where it has targets or takes any certificate, if it can be",
            "source.ts: must be there, with caCertificate",
            String.raw`source.ts: must be a token of a ServiceAccount \(a JSON Web Token\)`,
        ]);
    });
});

/** The place of each value. */
function placesOf(key: string, value: unknown): string[] {
    const below = Array.isArray(value)
        ? value.flatMap((item, i) => placesOf(`${key}[${i}]`, item))
        : typeof value === "object" && value !== null
          ? Object.entries(value).flatMap(([name, item]) => placesOf(key === "" ? name : `${key}.${name}`, item))
          : [];
    return [...(key === "" ? [] : [placeOf(key)]), ...below];
}
