import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import index from "../../index";
import { fillIn } from "../components/cluster";
import { credentials, printed, source } from "../components/vm";
import { type MockOptions, type Recorded, startMocks } from "../harness";
import { configure, load } from "./environment";
import { CANARY, hostile, SEED } from "./hostile";
import { textPlaces, type TextPlace, withTexts } from "./places";
import { isSecret } from "./refusal";
import { Shells, understood } from "./sinks";

// A certificate costs a millisecond, and every text is loaded among a dozen of them.
vi.mock("../../config/certificate", async (original) => {
    const { certificates, certificateProblem, ...rest } = await original<typeof import("../../config/certificate")>();
    return { ...rest, certificates: remembered(certificates), certificateProblem: remembered(certificateProblem) };
});

/** The same answer for the same text; one that is no answer but an error is asked for again. */
function remembered<T>(ask: (text: string) => T): (text: string) => T {
    const known = new Map<string, T>();
    return (text) => {
        if (!known.has(text)) {
            known.set(text, ask(text));
        }
        return known.get(text) as T;
    };
}

const folder = mkdtempSync(join(tmpdir(), "external-prometheus-"));
const SHELLS = ["dash", "bash", "fish", "zsh"].filter((shell) => {
    try {
        execFileSync(shell, ["-c", "true"]);
        return true;
    } catch {
        return false;
    }
});

beforeAll(() => {
    // Pulumi notes for each promise where it was made, which takes four times as long as all the rest.
    vi.spyOn(pulumi.Resource as unknown as { stackTrace: () => [] }, "stackTrace").mockReturnValue([]);
    Error.stackTraceLimit = 0;
    const all = hostile("").length;
    if (EACH < all) {
        console.info(`not run: ${all - EACH} of ${all} hostile texts for each field (make soak)`);
    }
});
afterAll(() => {
    rmSync(folder, { recursive: true });
});

/** How many of the texts each place gets; `make soak` gives it them all. */
const EACH = Number(process.env["HOSTILE_TEXTS"] ?? 100);
const PLACES = textPlaces();
/** What the loader has let through, by place. */
const accepted = new Map<TextPlace, string[]>(PLACES.map((place) => [place, []]));

describe(`${EACH} hostile texts of SEED=${SEED}`, () => {
    it.each(PLACES.map((place) => [place.field.path, place] as const))("are taken or refused as %s", (_path, place) => {
        const { field, path, harmless } = place;
        for (const [i, text] of hostile(harmless).slice(0, EACH).entries()) {
            // That the place itself refuses it is known; how that is told is looked at now and then.
            if (!isSecret(path) && !field.schema.safeParse(text).success && i % 50 > 0) {
                continue;
            }
            const message = outcome(withTexts(new Map([[place, text]])));
            if (message === undefined) {
                accepted.get(place)?.push(text);
            } else {
                expectClear(message, path);
            }
        }
    });
});

/** The message of a refusal; undefined where there is none. */
function outcome({ plain, secret }: ReturnType<typeof withTexts>): string | undefined {
    try {
        load(plain, secret);
        return undefined;
    } catch (error) {
        if (pulumi.RunError.isInstance(error)) {
            return error.message;
        }
        throw error;
    }
}

/** Lines of the form that all messages have, of which nothing moves a terminal's cursor; the key, and not too much. */
function expectClear(message: string, path: string): void {
    const lines = message.split("\n");
    expect(
        lines.filter(
            (line) => !/^(The configuration of the stack 'stack' has |✖ external-prometheus:| {4}→ |$)/.test(line),
        ),
    ).toEqual([]);
    expect(message).not.toMatch(/[^\n\P{Cc}]|\p{Cf}|[\u2028\u2029]/u);
    expect(message).toContain(`✖ external-prometheus:${/^\w+/.exec(path)?.[0] ?? ""}`);
    expect(message.length).toBeLessThan(2_000);
}

describe("what is taken", () => {
    it.each([
        ["plain keys", PLACES.filter(({ path }) => !isSecret(path))],
        // The context that is asked for decides about the kubeconfig, so that the two cannot differ in one run.
        ["secret keys", PLACES.filter(({ path }) => isSecret(path))],
    ])(
        "of %s comes to the VM and to the cluster as it is, and executes nothing",
        async (_keys, all) => {
            const marks = marksOf(all);
            const runs = Math.max(
                ...[...marks.keys()].map((place) => (isFree(place) ? 0 : (accepted.get(place)?.length ?? 0))),
            );
            const shells = new Shells(folder, SHELLS);
            const first = await deployed(marks, shells);
            const others = [];
            for (let i = 0; i < runs; i++) {
                const texts = new Map([...marks].map(([place, mark]) => [place, accepted.get(place)?.[i] ?? mark]));
                apart(texts, marks);
                others.push({ texts, resources: await deployed(texts, shells) });
            }
            shells.run();
            const seen = first.map((resource) => understood(resource, shells));
            for (const [place, mark] of marks) {
                // Names that are given to Pulumi, which reads these stacks, and who one is there.
                if (/^(sourceStacks|federatedStacks)\b/.test(place.path)) continue;
                // A URL is taken apart.
                const whole = JSON.stringify(mark)
                    .slice(1, -1)
                    .replace(/^https:\/\/(?=prom)/, "");
                expect(JSON.stringify(seen), `${place.field.path} comes to nothing`).toContain(whole);
            }
            for (const { texts, resources } of others) {
                const wanted = replaced(seen, [...pairs(marks, texts), [kubeconfig(marks), kubeconfig(texts)]]);
                expect(canonical(resources.map((resource) => understood(resource, shells)))).toBe(canonical(wanted));
            }
            expect(existsSync(join(folder, CANARY))).toBe(false);
        },
        120_000,
    );
});

/** Most texts are taken there: of each label `hostileReaders.test.ts` knows, and the others are handed on to one input. */
function isFree({ field }: TextPlace): boolean {
    const free = ["scrapeJobs.<name>.labels.<name>", "clusters.<name>.context", "kubeconfigs.<name>"];
    return (
        [...free, "endpointPasswords.<name>", "prometheus.externalLabels.<name>"].includes(field.path) ||
        /^httpSecrets\.|\.params\./.test(field.path) ||
        /\.(annotations\.<name>|username|prometheus\.jobs\.[\w-]+)$/.test(field.path)
    );
}

/** What differs from place to place, so that it is found again wherever it comes to. */
function marksOf(places: readonly TextPlace[]): Map<TextPlace, string> {
    const marks = new Map<TextPlace, string>();
    for (const [i, place] of places.entries()) {
        const { harmless } = place;
        const middle = Math.floor(harmless.length / 2);
        const mark = [
            `${harmless.slice(0, middle)}zq${i}qz${harmless.slice(middle)}`,
            `${harmless} zq${i}qz`,
            `${harmless}=zq${i}qz`,
            `${harmless}\n# zq${i}qz\n`,
            harmless,
        ].find((text) => outcome(withTexts(new Map([[place, text]]))) === undefined);
        if (mark !== undefined && accepted.get(place)?.some((text) => text !== harmless) === true) {
            marks.set(place, mark);
        }
    }
    return marks;
}

type Texts = ReadonlyMap<TextPlace, string>;

/** What stands for each mark. */
function pairs(marks: Texts, texts: Texts): [string, string][] {
    return [...marks].flatMap(([place, mark]): [string, string][] => {
        const text = texts.get(place) ?? mark;
        switch (place.path) {
            case "vm.hostKey":
            case "vm.proxy.hostKey":
                return [[mark, text.trim()]];
            case "front.path":
            case "front.alertmanagerPath":
                // Whoever leaves the last character out is told where to go.
                return [[mark, text], [mark, text].map((path) => path.slice(0, -1)) as [string, string]];
            case "clusters.proxied.server":
                // Also scraped by its address.
                return [[mark, text], [mark, text].map((url) => new URL(url).host) as [string, string]];
            case "clusters.open.endpoint.url.urls[0]":
                return urlParts(mark).map((part, i) => [part, urlParts(text)[i] ?? ""]);
            case "prometheus.externalLabels.site":
                return [[mark, text.replaceAll("$", "$$$$")]];
            default:
                return [[mark, text]];
        }
    });
}

/** A cluster that the stack has itself is not held, by whatever name the two are called. */
function apart(texts: Map<TextPlace, string>, marks: Texts): void {
    const names = [...texts].filter(([{ path }]) => /^clusters\.[\w-]+$/.test(path)).map(([, name]) => name);
    for (const [place, mark] of marks) {
        if (place.path === "heldClusters[0]" && names.includes(texts.get(place) ?? "")) {
            texts.set(place, mark);
        }
    }
}

/** As a target has them: label, address, path. */
function urlParts(text: string): string[] {
    const { hostname, pathname, port, protocol } = new URL(text);
    const address = `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
    return [text.replace(/^https?:\/\//, ""), address, `${pathname.replace(/\/$/, "")}/federate`];
}

/** Made by this test, with the context that is asked for. */
function kubeconfig(texts: Texts): string {
    const { secret } = withTexts(texts);
    return (secret["kubeconfigs"] as Record<string, string>)["staging"] ?? "";
}

async function deployed(texts: Texts, shells: Shells): Promise<Recorded[]> {
    const { plain, secret } = withTexts(texts);
    configure(plain, secret);
    const others = (plain["sourceStacks"] as string[]).map((name) => [name, { sources: {}, sourceCredentials: {} }]);
    const federated = Object.entries(plain["federatedStacks"] as Record<string, string>).map(([name, client]) => [
        name,
        { federationSource: source("monitor"), federationCredentials: { [client]: credentials() } },
    ]);
    const held = plain["heldClusters"] as string[];
    const last = {
        sources: Object.fromEntries(held.map((name) => [name, source(name)])),
        watchedCredentials: Object.fromEntries(held.map((name) => [name, credentials()])),
    };
    const mocks = await startMocks({
        stacks: {
            ...Object.fromEntries([...others, ...federated]),
            "organization/external-prometheus/test": last,
        } as MockOptions["stacks"] & object,
        outputs: (type, name, inputs) =>
            type === "command:remote:Command" ? { stdout: printed(name) } : fillIn(type, name, inputs),
    });
    await index();
    await mocks.settled();
    for (const { inputs } of mocks.resources) {
        for (const command of [inputs["create"], inputs["delete"]]) {
            if (typeof command === "string") shells.add(command);
        }
    }
    return mocks.resources;
}

/** With other texts in the place of the marks, in all values and names. */
function replaced(value: unknown, pairs: readonly [string, string][]): unknown {
    const pattern = new RegExp(
        pairs.map(([mark]) => mark.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)).join("|"),
        "g",
    );
    const texts = new Map(pairs);
    const replace = (at: unknown): unknown => {
        if (typeof at === "string") return at.replaceAll(pattern, (mark) => texts.get(mark) ?? "");
        if (Array.isArray(at)) return at.map(replace);
        return typeof at === "object" && at !== null
            ? Object.fromEntries(Object.entries(at).map(([name, inner]) => [replace(name), replace(inner)]))
            : at;
    };
    return replace(value);
}

/** As text in which order and checksums say nothing, since names decide about both. */
function canonical(value: unknown): string {
    if (Array.isArray(value)) {
        return `[${value.map(canonical).sort().join(",\n")}]`;
    }
    if (typeof value === "object" && value !== null) {
        const entries = Object.entries(value).map(([name, inner]) => `${JSON.stringify(name)}: ${canonical(inner)}`);
        return `{${entries.sort().join(",\n")}}`;
    }
    return JSON.stringify(value, (_name, text: unknown) => (/^[0-9a-f]{64}$/.test(String(text)) ? "checksum" : text));
}
