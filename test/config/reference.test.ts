import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { configurationReference, contractSchema } from "../../docs/generate";

it("docs/configuration.md is what the schemas say; else run: node --import tsx docs/generate.ts", () => {
    const page = readFileSync(join(__dirname, "../../docs/configuration.md"), "utf8");
    expect(page).toBe(configurationReference());
});

it("docs/sources.schema.json is what the contract says; else run: node --import tsx docs/generate.ts", () => {
    const schema = readFileSync(join(__dirname, "../../docs/sources.schema.json"), "utf8");
    expect(schema).toBe(contractSchema());
});
