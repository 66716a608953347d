import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fillIn } from "./components/cluster";
import { COMMAND, credentials, printed, source } from "./components/vm";
import { exampleKeys, KUBECONFIG, PRIVATE_KEY } from "./config/environment";
import { SOURCE_VERSION } from "../config/source";
import { type MockOptions, startMocks, valueOf } from "./harness";

const ROOT = join(__dirname, "..");
const EXAMPLE = "examples/library/index.ts";
const { exports, dependencies, peerDependencies } = JSON.parse(read("package.json")) as Record<
    "exports" | "dependencies" | "peerDependencies",
    Record<string, string>
>;

const scratch = mkdtempSync(join(tmpdir(), "external-prometheus-library-"));
/** Of a program of its own, which has the package among its dependencies. */
const program = join(scratch, "program");
let packed: string[];
/** What the compiler says of the program. */
let said: string;

function read(path: string): string {
    return readFileSync(join(ROOT, path), "utf8");
}

function list(folder: string, extension: string): string[] {
    const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
    return files.filter((file) => file.endsWith(extension)).map((file) => `${folder}/${file}`);
}

/** What docs/library.md calls public: modules, with their names. */
function publicNames(): [module: string, names: string[]][] {
    return [...read("docs/library.md").matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, module = "", names = ""]) => [
        module,
        [...names.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name),
    ]);
}

function shownPrograms(): string[] {
    return [...read("docs/library.md").matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, text = ""]) => text);
}

/** Packs a copy of the checkout, in which things lie around that must not be packed. */
function pack(): string {
    const checkout = join(scratch, "checkout");
    // Neither what other tests have there for a while.
    const left = /^(node_modules|\.git|dist|\.test-.*)$/;
    cpSync(ROOT, checkout, { recursive: true, filter: (file) => !left.test(basename(file)) });
    symlinkSync(join(ROOT, "node_modules"), join(checkout, "node_modules"));
    for (const file of ["Pulumi.production.yaml", "vm.key", "dist/old.js", "host/vm.key", "rules/vm.key"]) {
        mkdirSync(dirname(join(checkout, file)), { recursive: true });
        writeFileSync(join(checkout, file), "CANARY");
    }
    execFileSync("npm", ["pack", "--offline", "--silent", "--pack-destination", scratch], { cwd: checkout });
    return join(scratch, "external-prometheus-0.1.0.tgz");
}

/** As `npm install` would leave it: the package itself, what it asks for, and what a program in TypeScript has anyway. */
function install(tarball: string): void {
    const modules = join(program, "node_modules");
    mkdirSync(join(modules, "external-prometheus"), { recursive: true });
    execFileSync("tar", ["-xzf", tarball, "-C", join(modules, "external-prometheus"), "--strip-components=1"]);
    for (const name of [...Object.keys({ ...dependencies, ...peerDependencies }), "typescript", "@types/node"]) {
        mkdirSync(dirname(join(modules, name)), { recursive: true });
        symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
    }
}

function write(path: string, content: string): void {
    writeFileSync(join(program, path), content);
}

/** Runs a compiled program where it lies. */
function run(name: string): unknown {
    const directory = process.cwd();
    process.chdir(program);
    try {
        return createRequire(join(program, "index.js"))(`./build/${name}.js`);
    } finally {
        process.chdir(directory);
    }
}

/** Types are not skipped: those of the package are checked with the program. */
const TSCONFIG = {
    compilerOptions: {
        target: "ES2023",
        module: "nodenext",
        moduleResolution: "nodenext",
        strict: true,
        types: ["node"],
        outDir: "build",
    },
    include: ["*.ts"],
};

/** What the types refuse. */
const REFUSED = `
import { parseConfig } from "external-prometheus/config/load";
import type { ExternalPrometheusArgs } from "external-prometheus/components/externalPrometheus";
const host = { host: "a.example.com", hostKey: "" };
// @ts-expect-error: a key that does not exist
parseConfig({ vm: { ...host, prot: 22 } });
// @ts-expect-error: a duration without a unit
parseConfig({ prometheus: { scrapeInterval: "30" } });
// @ts-expect-error: without vmPrivateKey there may be no VM
const vm: ExternalPrometheusArgs["vm"] = parseConfig({ vm: host }).vm;
// @ts-expect-error: a module that is not public
import type { Problem } from "external-prometheus/config/problems";
`;

beforeAll(() => {
    const tarball = pack();
    packed = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).trim().split("\n").sort();
    install(tarball);
    cpSync(join(ROOT, EXAMPLE), join(program, "index.ts"));
    write("watching.ts", shownPrograms()[1] ?? "");
    write("shown.ts", shownPrograms().slice(2).join(""));
    write("package.json", JSON.stringify({ name: "monitoring", private: true }));
    write("tsconfig.json", JSON.stringify(TSCONFIG));
    write("refused.ts", REFUSED);
    const imports = publicNames().map(([module, names]) => `import type { ${names.join(", ")} } from "${module}";\n`);
    write("public.ts", imports.join(""));
    write(
        "staging-ca.pem",
        String((exampleKeys()["clusters"]?.["staging"] as Record<string, unknown>)["caCertificate"]),
    );
    const tsc = join(program, "node_modules/typescript/bin/tsc");
    said = spawnSync(process.execPath, [tsc, "-p", program], { encoding: "utf8" }).stdout;
});

afterAll(() => {
    rmSync(scratch, { recursive: true });
});

describe("the package", () => {
    it("holds what a program needs, what is to be read, and nothing else", () => {
        const compiled = ["components", "config", "host"].flatMap((folder) => list(folder, ".ts"));
        const expected = [
            ...compiled.flatMap((file) => [".js", ".d.ts"].map((end) => `dist/${file.replace(/\.ts$/, end)}`)),
            // Where they are looked for: beside what reads them.
            ...[...list("host", ".sh"), ...list("rules", ".yml")].map((file) => `dist/${file}`),
            ...list("docs", ".md"),
            "docs/sources.schema.json",
            EXAMPLE,
            ...["CHANGELOG.md", "LICENSE", "README.md", "package.json"],
            // Packed whatever `files` says, since it is the `main` of the package.
            "index.ts",
        ];
        expect(packed).toEqual(expected.map((file) => `package/${file}`).sort());
    });

    it("gives out the modules that are called public, and no others", () => {
        const paths = Object.keys(exports).map((path) => path.replace(".", "external-prometheus"));
        expect(publicNames().map(([module]) => module)).toEqual(paths);
        const { resolve } = createRequire(join(program, "index.js"));
        for (const path of ["", "/index", "/components/gate", "/config/problems", "/dist/config/load.js"]) {
            expect(() => resolve(`external-prometheus${path}`), path).toThrow(
                expect.objectContaining({ code: "ERR_PACKAGE_PATH_NOT_EXPORTED" }) as Error,
            );
        }
    });

    it("reads no configuration when it is imported", () => {
        const run = (script: string) =>
            // Whoever reads this finds that it is no JSON.
            execFileSync(process.execPath, ["-e", script], {
                cwd: program,
                env: { ...process.env, PULUMI_CONFIG: "{" },
                encoding: "utf8",
                stdio: "pipe",
            });
        const all = publicNames().map(([module]) => `require("${module}")`);
        expect(run(`${all.join(";")}; console.log("imported")`)).toBe("imported\n");
        expect(() => run('require("external-prometheus/config/load").loadConfig()')).toThrow("JSON");
    });

    it("does not come between pulumi up and the program of the checkout", () => {
        // Pulumi would run what the package exports as itself in the place of its `main`.
        expect(Object.keys(exports)).not.toContain(".");
        expect(createRequire(__filename).resolve(ROOT)).toBe(join(ROOT, "index.ts"));
    });
});

describe("the example", () => {
    it("is what docs/library.md shows first", () => {
        expect(shownPrograms()[0]).toBe(read(EXAMPLE));
    });

    it("type-checks with all that the page shows and calls public, while what is wrong does not", () => {
        expect(said).toBe("");
    });

    it("registers both sides, with the components' own types and the SDKs' as they are", async () => {
        const mocks = await startMocks({
            project: "monitoring",
            outputs: (type, name, inputs) =>
                type === COMMAND ? { stdout: printed(name) } : fillIn(type, name, inputs),
        });
        const secrets = { "monitoring:vmPrivateKey": PRIVATE_KEY, "monitoring:stagingKubeconfig": KUBECONFIG };
        pulumi.runtime.setAllConfig(secrets, Object.keys(secrets));
        const outputs = run("index") as Record<string, unknown>;
        await mocks.settled();
        const registered = mocks.resources.map(({ type, name }) => `${type} ${name}`).sort();
        expect(registered.filter((each) => each.startsWith("external-prometheus:"))).toMatchInlineSnapshot(`
          [
            "external-prometheus:index:ClusterSource staging",
            "external-prometheus:index:Credentials prometheus-credentials",
            "external-prometheus:index:ExternalPrometheus prometheus",
            "external-prometheus:index:Gate prometheus-gate",
            "external-prometheus:index:GatewayCertificates staging-gateway-certificates",
            "external-prometheus:index:PrometheusConfiguration prometheus-configuration",
            "external-prometheus:index:PrometheusEndpoint staging-gateway",
            "external-prometheus:index:Release prometheus-node_exporter-release",
            "external-prometheus:index:Release prometheus-release",
            "external-prometheus:index:ScrapeAccess staging-access",
            "external-prometheus:index:SystemdService prometheus-node_exporter-service",
            "external-prometheus:index:SystemdService prometheus-service",
            "external-prometheus:index:Verify prometheus-verify",
          ]
        `);
        expect(registered).toEqual(
            expect.arrayContaining([
                "command:remote:Command prometheus-gate",
                "kubernetes:apps/v1:Deployment staging-gateway",
                "kubernetes:core/v1:Namespace staging-access-namespace",
                "pulumi:providers:kubernetes staging",
                "tls:index/privateKey:PrivateKey staging-gateway-certificates-ca-key",
            ]),
        );
        expect(mocks.find(COMMAND, "prometheus-gate").inputs["connection"]).toMatchObject({ privateKey: PRIVATE_KEY });
        expect(mocks.find(COMMAND, "prometheus-configuration").inputs["stdin"]).toContain("job_name: database\n");
        expect(outputs["url"]).toBe("http://127.0.0.1:9090/");
        expect(outputs["watched"]).toContainEqual({
            cluster: "staging",
            job: "kubernetes-pods",
            path: "federate",
            interval: "60s",
        });
    });
});

describe("the program that reads other stacks", () => {
    const stack = { sources: { eu: source("eu") }, sourceCredentials: { eu: credentials() } };
    const deploy = async (name: string, stacks: NonNullable<MockOptions["stacks"]>) => {
        const mocks = await startMocks({
            project: "monitoring",
            stacks,
            outputs: (type, resource) => (type === COMMAND ? { stdout: printed(resource) } : {}),
        });
        pulumi.runtime.setAllConfig({ "monitoring:vmPrivateKey": PRIVATE_KEY }, ["monitoring:vmPrivateKey"]);
        const outputs = pulumi.output(await (run(name) as () => Promise<Record<string, unknown>>)());
        const known = await valueOf(outputs);
        await mocks.settled();
        expect(mocks.find(COMMAND, "prometheus-credentials").inputs["stdin"]).toContain("==> eu/discovery.token");
        return { known, outputs, read: mocks.read };
    };

    it("can hold their clusters by its own outputs", async () => {
        const first = await deploy("watching", { "organization/external-prometheus/prod-eu": stack });
        expect(await pulumi.isSecret(first.outputs.apply(({ watchedCredentials }) => watchedCredentials))).toBe(true);
        const compiled = readFileSync(join(program, "build/watching.js"), "utf8");
        const held = compiled.replace(/sourceStacks: \[.*\]/, 'heldClusters: ["eu"]');
        expect(held).not.toBe(compiled);
        write("build/held.js", held);
        const second = await deploy("held", { "organization/monitoring/test": first.known });
        expect(second.read).toEqual(["organization/monitoring/test"]);
        expect(second.known).toEqual(first.known);
    });
});

it("tells which versions of the contract are written and read", () => {
    expect(read("docs/versions.md")).toContain(
        `writes version ${SOURCE_VERSION} and reads versions 1 to ${SOURCE_VERSION},`,
    );
});
