import { describe, expect, it } from "vitest";
import { bundle } from "../../host/bundle";
import { previewComment } from "../../operate/previewComment";
import { readEvents } from "../../operate/previewEvents";

const LOG = "https://example.com/runs/1";

interface State {
    readonly custom: boolean;
    readonly inputs: object;
    readonly outputs: object;
}

const GATE = "external-prometheus:index:ExternalPrometheus$external-prometheus:index:Gate$command:remote:Command";
const COMMAND = "command:remote:Command";
/** What stands in events for what is known only later, and for what is secret. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const SECRET = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "c2VjcmV0" };
const MADE: State = { custom: true, inputs: {}, outputs: {} };

function step(op: string, type: string, name: string, more: { old?: State; new?: State; diffs?: string[] } = {}) {
    const urn = `urn:pulumi:lab::external-prometheus::${type}::${name}`;
    const states = { old: op.startsWith("create") ? null : MADE, new: op.startsWith("delete") ? null : MADE };
    return { resourcePreEvent: { metadata: { op, urn, type: type.split("$").at(-1), ...states, ...more } } };
}

function given(files: Readonly<Record<string, string>>): State {
    const stdin = bundle(Object.entries(files).map(([path, content]) => ({ path, mode: "0640", content })));
    return { ...MADE, inputs: { stdin } };
}

function documents(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>) {
    return step("update", COMMAND, "prometheus-configuration", { old: given(before), new: given(after) });
}

/** Of a preview that went well, unless it is said otherwise. */
function commentOn(events: readonly object[], exitCode = 0): string {
    const lines = [...events, { summaryEvent: { resourceChanges: { same: 5 } } }].map((event) => JSON.stringify(event));
    const preview = readEvents(lines.join("\n"));
    expect(preview.isWhole).toBe(true);
    return previewComment(preview, { stack: "lab", exitCode, log: LOG });
}

/** What of Markdown is neither between fences nor in code. */
function outsideOfCode(markdown: string): string {
    let fence = "";
    const outside = markdown.split("\n").filter((line) => {
        const [mark = ""] = /^ {0,3}`{3,}/.exec(line) ?? [];
        if (fence === "") {
            fence = mark.trim();
            return mark === "";
        }
        if (mark.trim().length >= fence.length && line.trim() === mark.trim()) {
            fence = "";
        }
        return false;
    });
    expect(fence, "a fence is left open").toBe("");
    return outside.join("\n").replaceAll(/(`+)(?!`).*?(?<!`)\1(?!`)/g, "");
}

describe("text of somebody else", () => {
    const HOSTILE = [
        "```",
        "``````````",
        " ````` ",
        "@everyone please approve",
        "` @everyone `",
        "a ` @everyone ` b",
        "</details> <img src=x>",
        "[a link](https://example.com)",
        "a\r````````````\rb",
        "# <{% %}> shown all the same",
    ];

    it("counts as code, whatever a rule file holds", () => {
        const shown = commentOn([documents({}, { "rules/a.yml": HOSTILE.join("\n") })]);
        expect(shown).toContain("+@everyone please approve\n");
        expect(shown).toContain("+# <{% %}> shown all the same\n");
        expect(outsideOfCode(shown)).not.toMatch(/@everyone|<img|a link|`/);
        for (const line of HOSTILE) {
            const beside = commentOn([documents({ "rules/a.yml": line }, { "rules/a.yml": `${line}\n@everyone` })]);
            expect(outsideOfCode(beside)).not.toMatch(/@everyone|<img|a link|`/);
        }
    });

    it("counts as code in names, in properties and in errors", () => {
        const named = HOSTILE.map((name) => step("delete", "kubernetes:core/v1:Service", name));
        const changed = HOSTILE.map((name) => step("update", "kubernetes:core/v1:Service", "a", { diffs: [name] }));
        expect(outsideOfCode(commentOn([...named, ...changed]))).not.toMatch(/@everyone|<img|a link|`/);
        const errors = HOSTILE.map((message) => ({ diagnosticEvent: { severity: "error", message } }));
        expect(outsideOfCode(commentOn(errors, 255))).not.toMatch(/@everyone|<img|a link|`/);
    });

    it("is written out where it could not be seen, or would be seen elsewhere than it is", () => {
        const shown = commentOn([documents({}, { "rules/a.yml": "a\u202eb\u200bc\rd\te\u2028f\n" })]);
        expect(shown).toContain("+a\\u{202e}b\\u{200b}c\\u{d}d\te\\u{2028}f\n");
    });
});

describe("what must not be missed", () => {
    const OTHERS = [
        step("update", COMMAND, "prometheus-verify", { diffs: ["create"] }),
        step("create", "kubernetes:core/v1:Service", "new"),
    ];

    it.each([
        [
            "replace",
            "the installation on the VM is removed, with `vm.purgeData` what was recorded, too, and everything is set",
        ],
        ["delete", "the installation on the VM is removed, with `vm.purgeData` what was recorded, too**"],
    ])("is that the gate is to be %sd, and what that does", (op, what) => {
        const shown = commentOn([...OTHERS, step(op, GATE, "prometheus-gate")]);
        const [summary = "", first = ""] = shown.split("\n\n").slice(2);
        expect(summary).toBe(`**1 to ${op}**, 1 to create, 1 to update, 5 unchanged.`);
        expect(first).toContain(`- **${op} \`prometheus-gate\` (\`command:remote:Command\`)**: **${what}`);
    });

    it("comes before all else, however much there is", () => {
        const long = "a line\n".repeat(20_000);
        const deletions = [1, 2, 3].map((number) => step("delete", "kubernetes:core/v1:Service", `service-${number}`));
        const shown = commentOn([documents({}, { "rules/a.yml": long }), ...OTHERS, ...deletions]);
        expect(shown.indexOf("**delete `service-3`")).toBeGreaterThan(0);
        expect(shown.indexOf("**delete `service-3`")).toBeLessThan(shown.indexOf("+a line"));
    });

    it("is said once of a replacement, which the engine tells in three steps", () => {
        const steps = ["create-replacement", "replace", "delete-replaced"].map((op) => step(op, "tls:a:Key", "key"));
        const shown = commentOn(steps);
        expect(shown).toContain("\n**1 to replace**, 5 unchanged.\n");
        const leftOver = commentOn([step("delete-replaced", "tls:a:Key", "key")]);
        expect(leftOver).toContain("**delete-replaced `key`");
    });
});

describe("a comment", () => {
    it("fits in what GitHub takes, closes what it has opened, and says that it is cut and where the whole is", () => {
        for (const lines of ["a line\n".repeat(20_000), `${"x".repeat(70_000)}\n`]) {
            const shown = commentOn([documents({}, { "rules/a.yml": lines })]);
            expect(shown.length).toBeLessThan(65_536);
            expect(outsideOfCode(shown)).toContain(
                `**It is cut here: a comment has no room for more.** [The log](${LOG}) has the whole preview.`,
            );
        }
    });

    it("begins with a line that is the same for every preview of the stack, failed or not", () => {
        const firsts = [commentOn([]), commentOn([documents({}, { a: "b" })]), commentOn([], 1)];
        expect(new Set(firsts.map((shown) => shown.split("\n")[0]))).toEqual(
            new Set(["<!-- external-prometheus: preview of lab -->"]),
        );
    });

    it("has a file that comes, one that goes, one that changes, and not the one that stays", () => {
        const shown = commentOn([
            documents(
                { "gone.yml": "old\n", "same.yml": "same\n", "changed.yml": "a\nb\n" },
                { "new.yml": "new\n", "same.yml": "same\n", "changed.yml": "a\nc\n" },
            ),
        ]);
        for (const title of ["`gone.yml` of `prometheus-configuration`: removed", "`new.yml`", "`changed.yml`"]) {
            expect(shown).toContain(`\n#### ${title}`);
        }
        expect(shown).toContain("\n```diff\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n```\n");
        expect(shown).not.toContain("same.yml");
    });

    it("counts what is made somewhere, and none of the components, which are only names", () => {
        const component = { ...MADE, custom: false };
        const shown = commentOn([
            step("create", "external-prometheus:index:Gate", "gate", { new: component }),
            step("delete", "external-prometheus:index:Gate", "other", { old: component }),
            step("create", "kubernetes:core/v1:Service", "made"),
        ]);
        expect(shown).toContain("\n1 to create, 5 unchanged.\n");
        expect(shown).toContain("\n- create `made` (`kubernetes:core/v1:Service`)\n");
        expect(shown).not.toMatch(/`gate`|`other`/);
    });

    it("counts no stack that is read, or is not read any more", () => {
        const other = "pulumi:pulumi:StackReference";
        const shown = commentOn([step("read", other, "prod-eu"), step("discard", other, "prod-us")]);
        expect(shown).toContain("\nNothing changes (5 resources).\n");
    });

    it("says what of an object changes, and what it is replaced for", () => {
        const changed = step("update", "kubernetes:core/v1:ConfigMap", "a", { diffs: ["data", "metadata.labels"] });
        const replaced = step("replace", "kubernetes:core/v1:Service", "b");
        Object.assign(replaced.resourcePreEvent.metadata, { detailedDiff: { "spec.clusterIP": {} } });
        const shown = commentOn([changed, replaced]);
        expect(shown).toContain("\n- update `a` (`kubernetes:core/v1:ConfigMap`): `data`, `metadata.labels`\n");
        expect(shown).toContain("\n- **replace `b` (`kubernetes:core/v1:Service`)**: `spec.clusterIP`\n");
    });

    it("has the engine's warnings, without its words for colours, and no other messages", () => {
        const said = ["warning", "info", "debug"].map((severity) => ({
            diagnosticEvent: { severity, prefix: "<{%fg 3%}>warning: <{%reset%}>", message: `of kind ${severity}\n` },
        }));
        const shown = commentOn(said);
        expect(shown).toContain("\n```text\nwarning: of kind warning\n```\n");
        expect(shown).not.toMatch(/of kind (info|debug)/);
    });

    it("shows nothing of a file that is secret or not known yet, and says that its step runs", () => {
        for (const stdin of [SECRET, UNKNOWN]) {
            const shown = commentOn([
                step("update", COMMAND, "prometheus-configuration", {
                    old: given({ "prometheus.yml": "a\n" }),
                    new: { ...MADE, inputs: { stdin } },
                }),
            ]);
            expect(shown).not.toContain("diff");
            expect(shown).toContain("\n- update `prometheus-configuration` (`command:remote:Command`): runs\n");
        }
    });

    it("says what changes of an output of the stack, and nothing of one that is secret", () => {
        const metadata = {
            ...step("same", "pulumi:pulumi:Stack", "external-prometheus-lab").resourcePreEvent.metadata,
            old: { ...MADE, outputs: { sources: { eu: { server: "a" } }, url: "same", version: "1", token: "clear" } },
            new: {
                ...MADE,
                outputs: { sources: { eu: { server: "b" } }, url: "same", version: UNKNOWN, token: SECRET },
            },
        };
        const shown = commentOn([{ resOutputsEvent: { metadata } }]);
        expect(shown).toContain('#### Output `sources`: changed\n\n```diff\n@@ -1,5 +1,5 @@\n {\n     "eu": {\n-');
        expect(shown).toContain('+"[secret]"\n');
        expect(shown).not.toContain("c2VjcmV0");
        expect(shown).not.toMatch(/`url`|`version`/);
    });
});
