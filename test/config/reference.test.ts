import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { configurationReference } from "../../docs/generate";

it("docs/configuration.md is what the schemas say; else run: node --import tsx docs/generate.ts", () => {
    const page = readFileSync(join(__dirname, "../../docs/configuration.md"), "utf8");
    expect(page).toBe(configurationReference());
});
