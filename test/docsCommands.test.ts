import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../config/load";
import { configure, type Keys } from "./config/environment";
import { pages } from "./pages";
import { merged } from "./policy/stackFiles";
import { standIns } from "./policy/standIns";
import { ELSEWHERE, general, NOT_RUN, ON_LAB } from "./typed/later";
import { type Configuration, Project } from "./typed/project";
import { type Section, sections } from "./typed/sections";
import { SITUATIONS } from "./typed/standIns";

// What is typed by the pages, section by section: what changes configuration and state is run by the real CLI, and its outcome
// loaded; for all else another test must stand, or a reason why there is none.

const ROOT = join(__dirname, "..");
const PROJECT = "external-prometheus";
const all = pages().flatMap(sections);
const folder = mkdtempSync(join(tmpdir(), "external-prometheus-typed-"));
let template: Project;
const seen = { run: [] as string[], later: [] as string[] };

beforeAll(async () => {
    template = await Project.make(folder);
});

afterAll(() => {
    rmSync(folder, { recursive: true });
});

/** What is wrong with what a section tells to type. */
async function problemsOf(section: Section): Promise<string[]> {
    const { at } = section;
    const scripts = section.scripts.filter((script) => !Object.hasOwn(NOT_RUN, script));
    const { failure, run, later, told } = await template.type({ at, scripts });
    if (all.includes(section)) {
        seen.run.push(...run);
        seen.later.push(...later.map(general));
    }
    if (failure !== undefined) return [failure];
    const known = [...Object.keys(NOT_RUN), ...Object.keys(ELSEWHERE), ...ON_LAB];
    const whole = SITUATIONS[at]?.whole ?? [];
    return [
        ...later.filter((command) => !known.includes(general(command))).map((command) => `nothing runs ${command}`),
        ...told.flatMap(({ stack, configuration, isLast }) =>
            loadingProblems(configuration, stack === "dev" || (isLast && whole.includes(stack))).map(
                (said) => `${stack}: ${said}`,
            ),
        ),
        ...whole.filter((name) => !told.some(({ stack }) => stack === name)).map((name) => `${name}: is as before`),
    ];
}

/** What the program says of a configuration; where it needs not be whole, with stand-ins for the secrets that lack. */
function loadingProblems(configuration: Configuration, isWhole: boolean): string[] {
    const keys = (isSecret: boolean): Keys =>
        Object.fromEntries(
            Object.entries(configuration)
                .filter(([, { secret }]) => secret === isSecret)
                .map(([key, { value }]) => [key.replace(`${PROJECT}:`, ""), parsed(value)]),
        );
    const plain = keys(false);
    configure(plain, isWhole ? keys(true) : merged(standIns(plain), keys(true)));
    try {
        loadConfig();
        return [];
    } catch (error) {
        return [String(error)];
    }
}

/** An object is text in JSON there, and everything else the text itself. */
function parsed(value: string): unknown {
    return /^[[{]/.test(value) ? JSON.parse(value) : value;
}

describe.concurrent("what is typed by", () => {
    it.each(all)("$at", async (section) => {
        expect(await problemsOf(section)).toEqual([]);
    });
});

// Else a check that finds nothing to look at would pass, too.
describe.concurrent("what is wrong is found", () => {
    const first = "docs/first-environment.md#do-it";
    it.each<[what: string, at: string, scripts: readonly string[], said: string]>([
        ["a program", "docs/a.md", ["promotool check"], "promotool: command not found"],
        ["a flag", "docs/b.md", ["pulumi stack init more --no-selekt"], "unknown flag: --no-selekt"],
        ["a command in a pipe", "docs/c.md", ["pulumi stack outputs x | cut -c 1"], "pulumi stack outputs x"],
        ["a command that nothing runs", "docs/d.md", ["make install STACK=dev"], "nothing runs make install"],
        ["a stack", "docs/e.md", ["pulumi config rm --stack prod clusters"], "no stack named 'prod'"],
        ["a file", "docs/f.md", ["pulumi config set --secret vmPrivateKey < key.pem"], "key.pem: No such file"],
        ["a value", "docs/g.md", ["pulumi config set --path vm.port ssh"], "vm.port must be a number, got 'ssh'"],
        ["a secret in clear", "docs/h.md", ["pulumi config set vmProxyPrivateKey < KEY"], "stands in clear"],
        [
            "what is missing",
            first,
            ["pulumi stack init dev", "pulumi config set --secret vmPrivateKey < KEY"],
            "kubeconfigs",
        ],
        [
            "a value that goes again",
            "docs/k.md",
            ["pulumi config set --path vm.port ssh && pulumi up && pulumi config rm --path vm.port"],
            "vm.port must be a number, got 'ssh'",
        ],
        ["what is not done", first, ["pulumi up"], "dev: is as before"],
        ["an output", "docs/i.md", ["pulumi stack output caCertificates"], "does not have output property"],
        ["a resource", "docs/j.md", ["pulumi state delete urn:pulumi:dev::a::b::c"], "No such resource"],
    ])("%s", async (_what, at, scripts, said) => {
        const problems = await problemsOf({ at, scripts });
        expect(problems).toHaveLength(1);
        expect(problems[0]).toContain(said);
    });
});

it("commands are read in their order: blocks, terminals, and what is in backticks", () => {
    const block = (fence: string, text: string) => `${fence}\n${text}\n${/`+/.exec(fence)?.[0] ?? ""}\n`;
    const markdown = [
        "A `b`, `pulumi up`, `pulumi`.\n",
        block("```sh", "make a # b\n## c\nnpm ci"),
        "## C d\n",
        block("````md", block("```sh", "make e")),
        block("```", "$ make f\nx"),
        "- `X=1 make g`",
    ].join("\n");
    expect(sections({ path: "docs/x.md", markdown })).toEqual([
        { at: "docs/x.md", scripts: ["pulumi up", "make a # b\n## c\nnpm ci\n"] },
        { at: "docs/x.md#c-d", scripts: ["make f", "X=1 make g"] },
    ]);
});

describe("what another test runs", () => {
    it.each(Object.entries(ELSEWHERE))("%s", (_command, [file, words]) => {
        expect(readFileSync(join(ROOT, file), "utf8")).toContain(words);
    });

    it("and what none does is typed by a page", () => {
        const typed = [...seen.later, ...all.flatMap(({ scripts }) => scripts)];
        const tables = [...Object.keys(NOT_RUN), ...Object.keys(ELSEWHERE), ...ON_LAB];
        expect(tables.filter((command) => !typed.includes(command))).toEqual([]);
        expect(Object.keys(SITUATIONS).filter((at) => !all.some((section) => section.at === at))).toEqual([]);
    });
});

it("most is run, and what is not is told", () => {
    const left = Object.entries(NOT_RUN);
    const counts = `${seen.run.length} commands of the pages by test/docsCommands.test.ts, ${seen.later.length} by other tests`;
    console.info(`run: ${counts}\n${left.map(([command, why]) => `    not ${command}: ${why}`).join("\n")}`);
    console.info(`not run: ${left.length} commands of the pages, each for a reason in test/typed/later.ts`);
    expect(seen.run.length).toBeGreaterThan(60);
});
