import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import * as yaml from "js-yaml";
import { describe, expect, it } from "vitest";
import { SecretKeys } from "../config/schema";
import { placeOf } from "./config/fields";
import { anchors, calls, commandLines, inlineCode, page, type Page, pages } from "./pages";

const ROOT = join(__dirname, "..");
const NAMESPACE = "external-prometheus:";

/** Those of Pulumi's commands that pages may use, with what may follow those that are nothing by themselves. */
const PULUMI: Readonly<Record<string, readonly string[] | undefined>> = {
    cancel: [],
    config: ["cp", "get", "rm", "set"],
    destroy: [],
    login: [],
    preview: [],
    refresh: [],
    stack: ["change-secrets-provider", "export", "import", "init", "ls", "output", "rename", "rm", "select"],
    state: ["delete", "move"],
    up: [],
};

/** Flags of Pulumi's that take the word behind them. */
const WITH_VALUE = ["--stack", "--dest", "--config-file"];

/** Keys of other projects than this one: what the programs of the examples read themselves, under names of their own. */
const FOREIGN = readdirSync(join(ROOT, "examples"))
    .map((name) => join(ROOT, "examples", name, "index.ts"))
    .filter((file) => existsSync(file))
    .flatMap((file) => [...readFileSync(file, "utf8").matchAll(/\.(?:require|get)(?:Secret)?\("(\w+)"\)/g)])
    .flatMap(([, key = ""]) => (isUnknown(key) ? [key] : []));

/** Where a block begins that shows a part of a stack's file. */
const PARTS = ["clusters.eu", "clusters.eu.endpoint"];

function brokenLinks(from: Page): string[] {
    const { path, paragraphs } = from;
    const prose = paragraphs.join("\n\n").replaceAll(/`[^`]*`/g, "");
    return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = ""]) => {
        const [file = "", anchor] = link.split("#");
        if (/^[a-z]+:/.test(link)) {
            return [];
        }
        const target = normalize(join(dirname(path), file));
        if (!existsSync(join(ROOT, target))) {
            return [`${link} leads nowhere`];
        }
        if (anchor === undefined) {
            return [];
        }
        const there = anchors(file === "" ? from : page(target, read(target)));
        return there.includes(anchor) ? [] : [`${link}: no such heading`];
    });
}

function unknownTargets(from: Page): string[] {
    const targets = [...read("Makefile").matchAll(/^([a-z-]+):/gm)].map(([, target]) => target);
    return commandLines(from)
        .flatMap((line) => calls("make", line))
        .flatMap((words) => words.filter((word) => /^[a-z]/.test(word)))
        .filter((target) => !targets.includes(target))
        .map((target) => `make ${target}`);
}

/** Tests by their path, or as tables name them: `lab/outage`. */
function missingFiles(from: Page): string[] {
    return inlineCode(from)
        .filter((code) => /^(test|lab|vm|soak|faults)\/[\w./-]+$/.test(code))
        .filter((path) => ![path, `test/${path}.test.ts`].some((file) => existsSync(join(ROOT, file))));
}

function unreadableShell({ blocks }: Page): string[] {
    return blocks
        .filter(({ language }) => /^(sh|bash)$/.test(language))
        .map(({ text }) => spawnSync("bash", ["-n"], { input: text, encoding: "utf8" }))
        .flatMap(({ status, stderr }) => (status === 0 ? [] : [stderr]));
}

function unknownCommands(from: Page): string[] {
    return commandLines(from)
        .flatMap((line) => calls("pulumi", line))
        .filter(([command]) => command !== undefined && /^[a-z]/.test(command))
        .filter(([command = "", ...more]) => {
            const known = Object.hasOwn(PULUMI, command) ? PULUMI[command] : undefined;
            // `pulumi config` by itself is not wrong, what follows it may be.
            const [next] = more;
            return known === undefined || (known.length > 0 && next !== undefined && !known.includes(next));
        })
        .map((words) => `pulumi ${words.join(" ")}`);
}

function wrongKeys(from: Page): string[] {
    const commands = commandLines(from).flatMap((line) => calls("pulumi", line));
    return commands.flatMap(([config, verb = "", ...words]) => {
        const values = words.filter((word, i) => !word.startsWith("-") && !WITH_VALUE.includes(words[i - 1] ?? ""));
        const key = values[0]?.replace(NAMESPACE, "");
        if (config !== "config" || !["set", "rm", "get", "cp"].includes(verb) || !key || FOREIGN.includes(key)) {
            return [];
        }
        const isSecret = Object.hasOwn(SecretKeys.shape, /^\w*/.exec(key)?.[0] ?? "");
        const problems = [
            ...(placeOf(key).includes("<unknown>") ? ["no such key"] : []),
            // Pulumi would take it for the name of one key.
            ...(/[.[]/.test(key) && !words.includes("--path") ? ["--path is missing"] : []),
            ...(verb === "set" && isSecret !== words.includes("--secret") ? ["--secret is missing, or is wrong"] : []),
            ...(isSecret && values.length > 1 ? ["a secret on the command line"] : []),
        ];
        return problems.map((problem) => `${key}: ${problem}`);
    });
}

function wrongYaml({ blocks }: Page): string[] {
    return blocks
        .filter(({ language }) => language === "yaml")
        .flatMap(({ text }) => {
            let document: unknown;
            try {
                document = yaml.load(text);
            } catch (error) {
                return [String(error)];
            }
            const roots = Object.entries(document as object);
            const own = roots.filter(([key]) => key.startsWith(NAMESPACE));
            if (own.length > 0) {
                return own.flatMap(([key, value]) => unknownPlaces(value, key.slice(NAMESPACE.length)));
            }
            // What is about something else than the configuration has other keys at its root.
            const part = PARTS.find((at) => roots.every(([key]) => !isUnknown(below(at, key))));
            return part === undefined ? [] : roots.flatMap(([key, value]) => unknownPlaces(value, below(part, key)));
        });
}

function unknownPlaces(value: unknown, path: string): string[] {
    if (isUnknown(path)) {
        return [path];
    }
    if (Array.isArray(value)) {
        return value.flatMap((each, i) => unknownPlaces(each, `${path}[${i}]`));
    }
    return Object.entries(typeof value === "object" && value !== null ? value : {}).flatMap(([key, each]) =>
        unknownPlaces(each, below(path, key)),
    );
}

function isUnknown(path: string): boolean {
    return placeOf(path).includes("<unknown>");
}

function below(path: string, key: string): string {
    return /^[\w-]+$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}

function read(path: string): string {
    return readFileSync(join(ROOT, path), "utf8");
}

const RULES = {
    "links to files and headings that there are": brokenLinks,
    "names targets that the Makefile has": unknownTargets,
    "names files that there are": missingFiles,
    "has shell text that can be read": unreadableShell,
    "uses commands that Pulumi has": unknownCommands,
    "sets keys that the schema knows, as it wants them to be set": wrongKeys,
    "shows YAML with keys that the schema knows": wrongYaml,
};

describe.each(pages())("$path", (each) => {
    it.each(Object.entries(RULES))("%s", (_what, problems) => {
        expect(problems(each)).toEqual([]);
    });
});

// Else a check that finds nothing to look at would pass, too.
it.each<[string, (page: Page) => string[], right: string, wrong: string]>([
    ["a file", brokenLinks, "[a](vm.md), [b](../README.md), [c](https://example.com/x.md)", "[a](wm.md)"],
    ["a heading", brokenLinks, "# A `b`: c\n\n[a](#a-b-c)", "# A b\n\n[a](vm.md#a-b)"],
    ["a second heading", brokenLinks, "# A\n\n# A\n\n[a](#a-1)", "# A\n\n[a](#a-1)"],
    ["a target", unknownTargets, "`X=1 make lab`", "```sh\nnpm ci && make lap # make x\n```"],
    ["a test", missingFiles, "`test/lab`, `lab/outage`", "`test/docs.tests.ts`"],
    ["shell text", unreadableShell, "```sh\necho $(a)\n```", "- a\n\n    ```sh\n    echo $(a\n    ```"],
    ["a command", unknownCommands, "`pulumi stack init dev`", "```\n$ pulumi stack innit dev\n```"],
    ["a key", wrongKeys, "`pulumi config set vm x`", "`pulumi config rm --path 'vm.hots'`"],
    ["a path", wrongKeys, "`pulumi config rm --path vm.host`", "`pulumi config rm vm.host`"],
    [
        "a secret",
        wrongKeys,
        "```sh\ncut -f 2 | pulumi config set --stack a --secret --path 'kubeconfigs.a' < FILE\n```",
        "`pulumi config set vmPrivateKey < FILE`",
    ],
    [
        "a secret on a command line",
        wrongKeys,
        "`pulumi config set --secret vmPrivateKey < FILE`",
        "`pulumi config set --secret vmPrivateKey KEY`",
    ],
    [
        "a key in YAML",
        wrongYaml,
        "```yaml\nexternal-prometheus:vm: { host: a } # …\n```",
        "```yaml\nexternal-prometheus:scrapeJobs:\n    eu: { target: [a] }\n```",
    ],
    [
        "a key in a part of YAML",
        wrongYaml,
        "```yaml\nstages: [a]\n```",
        "```yaml\njobs:\n    etcd: { paths: direct }\n```",
    ],
    ["YAML", wrongYaml, "```yaml\na: |\n    …\n```", "```yaml\na: [\n```"],
])("%s that is right passes, and one that is wrong does not", (_what, problems, right, wrong) => {
    expect(problems(page("docs/x.md", right))).toEqual([]);
    expect(problems(page("docs/x.md", wrong))).toHaveLength(1);
});

it.each(pages().filter(({ path }) => path.startsWith("docs/") && path !== "docs/README.md"))(
    "$path begins with its question",
    ({ paragraphs: [title, question] }) => {
        expect(title).toMatch(/^# /);
        expect(question).toMatch(/^\*[^*]*\?[^*]*\*$/);
    },
);

it("docs/README.md leads to every page", () => {
    const index = read("docs/README.md");
    const others = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md") && name !== "README.md");
    expect(others.filter((name) => !index.includes(`(${name})`))).toEqual([]);
});
