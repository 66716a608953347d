import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

const PROGRAM = `
    require("./index.ts");
    const loaded = () => Object.keys(require.cache).filter((path) => /[/](pacote|spdx-correct)[/]/.test(path)).length;
    const before = loaded();
    require("@pulumi/pulumi").runtime.computeCodePaths().then((paths) => {
        console.log(JSON.stringify({ before, packed: [...paths.keys()], after: loaded() }));
    });
`;

it("does not load what packs functions, until a function is packed", () => {
    const said = execFileSync(process.execPath, ["--import", "tsx", "-e", PROGRAM], { cwd: join(__dirname, "..") });
    const { before, packed, after } = JSON.parse(said.toString()) as Record<string, unknown>;
    expect(before).toBe(0);
    expect(packed).toContain("node_modules/js-yaml");
    expect(after).toBeGreaterThan(0);
});
