import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const ROOT = join(__dirname, "..");

/** Files below some folders, relative to the project, with their text. */
function sources(folders: readonly string[], extension = ".ts"): { path: string; text: string }[] {
    return folders
        .flatMap((folder) =>
            readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((f) => join(folder, f)),
        )
        .filter((path) => path.endsWith(extension) && !path.includes("node_modules"))
        .map((path) => ({ path, text: read(path) }));
}

function read(path: string): string {
    return readFileSync(join(ROOT, path), "utf8");
}

/** What a file imports: packages by name (types aside), files of the project by their path in it. */
function imports(path: string, text: string): string[] {
    const values = text.replaceAll(/^import type [^;]+ from "[^.][^;]*;$/gm, "");
    return ts
        .preProcessFile(values)
        .importedFiles.map(({ fileName }) =>
            fileName.startsWith(".") ? relative(ROOT, join(ROOT, dirname(path), fileName)) : fileName,
        );
}

/** The lines of the files that a pattern finds, to be compared with those that are allowed. */
function found(files: readonly { path: string; text: string }[], pattern: RegExp): string[] {
    return files.flatMap(({ path, text }) => {
        return text.split("\n").flatMap((line) => (pattern.test(line) ? [`${path}: ${line.trim()}`] : []));
    });
}

const COMPONENTS = sources(["components"]);
/** Without what two of them have in common, what is a part of one, and what reads and makes nothing. */
const FUNCTIONS = ["certificates", "gateway", "sourceStacks"].map((name) => `components/${name}.ts`);
const CLASSES = COMPONENTS.filter(({ path }) => !FUNCTIONS.includes(path));
const CORE = [
    ...COMPONENTS,
    ...sources(["config", "host"]),
    ...["index.ts", "lazyPacking.ts"].map((path) => ({ path, text: read(path) })),
];
const PROGRAM = [...CORE, ...sources(["operate"])];
const UNIT_TESTS = sources(["test"]).filter(({ path }) => !/^test\/(lab|vm|faults|soak)\//.test(path));
const TESTS = sources(["test", "lab/test"]).filter(({ path }) => path !== "test/conventions.test.ts");

describe.each(CLASSES)("$path", ({ path, text }) => {
    const name = basename(path, ".ts").replace(/^./, (letter) => letter.toUpperCase());

    it("declares the one class that its file name promises, under its token", () => {
        expect(
            [...text.matchAll(/^export class (\w+) extends pulumi\.ComponentResource \{/gm)].map(([, n]) => n),
        ).toEqual([name]);
        expect([...text.matchAll(/super\("([^"]+)", name, \{\}, opts\)/g)].map(([, token]) => token)).toEqual([
            `external-prometheus:index:${name}`,
        ]);
    });

    it("registers its outputs once, as the last thing it does", () => {
        expect(text.match(/this\.registerOutputs\(/g)).toHaveLength(1);
        expect(text).toMatch(/this\.registerOutputs\([^;]*\);\n {4}\}\n/);
    });
});

describe("imports", () => {
    it.each([
        // [who, which files of the project it may import, which packages]
        ["config", /^(config|host)\//, /^(node:\w+|zod|js-yaml|@pulumi\/pulumi)$/],
        ["host", /^host\//, /^node:\w+$/],
        ["operate", /^(operate|config|host)\//, /^(node:\w+|zod)$/],
        // Of the large packages only what is used: all of Kubernetes takes longer to load than all of these.
        [
            "components",
            /^(components|config|host)\//,
            /^(node:net|@pulumi\/(pulumi|tls|command\/remote|kubernetes\/(provider|apiextensions|\w+\/v1)))$/,
        ],
    ])("of %s run one way", (folder, files, packages) => {
        const wrong = sources([folder]).flatMap(({ path, text }) =>
            imports(path, text)
                .filter((imported) => !files.test(imported) && !packages.test(imported))
                .map((imported) => `${path} imports ${imported}`),
        );
        expect(wrong).toEqual([]);
    });

    it("lead from nowhere but its own suites into the lab", () => {
        const importers = [...PROGRAM, ...UNIT_TESTS, ...sources(["docs"])];
        expect(
            importers.filter(({ path, text }) => imports(path, text).some((i) => /^(test\/)?lab\//.test(i))),
        ).toEqual([]);
        expect(found(PROGRAM, /external-prometheus-lab|EXTERNAL_PROMETHEUS_LAB|["'`/]lab\//)).toEqual([]);
    });

    it("pass through no file that only passes on", () => {
        expect(found(PROGRAM, /^export \* from|^export \{.*\} from/)).toEqual([]);
    });
});

describe("the program", () => {
    it("has one delete: the gate's, which everything else depends on", () => {
        expect(found(COMPONENTS, /^\s*delete: /).map((line) => line.split(":")[0])).toEqual(["components/gate.ts"]);
    });

    it("uses nothing that replaces a step, copies a file without a check, skips the delete or shows a secret", () => {
        expect(found(PROGRAM, /\btriggers\b|\bCopyToRemote\b|\bCopyFile\b|\bdeletedWith\b|\bunsecret\b/)).toEqual([]);
    });

    it("reads Pulumi's configuration in one place, and the environment only where commands run", () => {
        expect(found(CORE, /pulumi\.Config\(|allConfig\(|getConfig\(/).map((line) => line.split(":")[0])).toEqual([
            "config/load.ts",
        ]);
        expect(found(CORE, /process\.env/)).toEqual([]);
    });

    it("writes YAML in one place", () => {
        expect(found(CORE, /\byaml\.dump\(|\.dump\(/).map((line) => line.split(":")[0])).toEqual([
            "config/prometheus/render.ts",
        ]);
    });

    it("looks up no existing object, for a preview must pass when the cluster is dead", () => {
        expect(found(COMPONENTS, /\b[A-Z]\w*\.get\(/)).toEqual([]);
    });
});

describe("every source file", () => {
    it("has at most 300 lines", () => {
        const files = [...PROGRAM, ...TESTS, ...sources(["lab", "docs"]), ...sources(["host", "lab"], ".sh")];
        const long = files.map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }));
        expect(long.filter(({ lines }) => lines > 300)).toEqual([]);
    });

    it("is finished: no test is left out, nothing is left for later", () => {
        expect(found(TESTS, /\b(it|test|describe)(\.each\(.*\))?\.(skip|only|todo)\b|expect\(true\)/)).toEqual([]);
        expect(found([...PROGRAM, ...TESTS, ...sources(["lab"])], /\b(TODO|FIXME|XXX)\b/)).toEqual([]);
    });
});

describe("package.json", () => {
    const manifest = JSON.parse(read("package.json")) as Record<
        "dependencies" | "devDependencies" | "peerDependencies",
        Record<string, string>
    >;
    const lock = JSON.parse(read("package-lock.json")) as { packages: Record<string, { version?: string }> };

    it("pins every package to one version, the one in the lockfile", () => {
        for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
            expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
            expect(lock.packages[`node_modules/${name}`]?.version, name).toBe(version);
        }
    });

    it("leaves it to the program that imports the components to bring the one SDK that both use, and a compiler", () => {
        const sdk = "@pulumi/pulumi";
        // With a compiler of ours npm finds no way to install the SDK into a program that has none of its own.
        expect(Object.keys(manifest.dependencies).filter((name) => [sdk, "typescript"].includes(name))).toEqual([]);
        expect(manifest.peerDependencies).toEqual({ [sdk]: `^${manifest.devDependencies[sdk] ?? ""}` });
        // Of what is installed without packages for development, too.
        expect(lock.packages[`node_modules/${sdk}`]).not.toHaveProperty("dev");
    });

    it("holds @pulumi/command at 1.2.1: what npm calls its latest is a stray old build without hostKey", () => {
        expect(lock.packages["node_modules/@pulumi/command"]?.version).toBe("1.2.1");
    });
});
