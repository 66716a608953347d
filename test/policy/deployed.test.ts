import { describe, expect, it, vi } from "vitest";
import { completeKeys, type Keys } from "../config/environment";
import { deployed } from "./deployed";
import { report } from "./rules";
import { stackKeys } from "./stackFiles";

// As where the rules are applied.
vi.mock("../../config/privateKey", () => ({ certificateKeyProblem: () => undefined }));

describe("a stack", () => {
    // Where no file of a stack lies beside it that it reads.
    const PATH = "elsewhere/Pulumi.all.yaml";
    const { plain } = completeKeys();
    const keys = (config: Keys) =>
        stackKeys(
            Object.fromEntries(Object.entries(config).map(([key, value]) => [`external-prometheus:${key}`, value])),
        );
    const purging = keys({ vm: { ...(plain["vm"] as Keys), purgeData: true } });

    it("may have every key there is, and gets a stand-in for each secret; but none is shown without TLS", async () => {
        const places = [
            ...report(PATH, await deployed(keys(plain), PATH)).matchAll(/ asks without TLS in (.*?), which/g),
        ];
        expect(places.map(([, place]) => place)).toEqual([
            "prometheus.yml for the job bearer",
            "prometheus.yml for alertmanagers[2]",
        ]);
        const { bearer } = plain["scrapeJobs"] as Record<string, Keys>;
        const { other } = plain["alertmanagers"] as Record<string, Keys>;
        const safe = structuredClone(plain);
        Object.assign(safe["scrapeJobs"] as Keys, { bearer: { ...bearer, scheme: "https" } });
        Object.assign(safe["alertmanagers"] as Keys, { other: { ...other, scheme: "https" } });
        expect(report(PATH, await deployed(keys(safe), PATH))).toBe("");
    });

    it("that breaks a rule is told with its file, what breaks it, and the remedy", async () => {
        expect(report(PATH, await deployed(purging, PATH))).toBe(
            `${PATH} breaks 1 of the rules for all stacks.

✖ What was recorded outlives replacements, and the stack.
    prometheus-gate (command:remote:Command) removes what was recorded with the stack
    → leave out vm.purgeData until the last 'pulumi up' before a 'pulumi destroy' that is to take the data, too; a delete is the gate's alone, and nothing has triggers
`,
        );
    });

    it("with a secret in clear is refused by the program, which does not show it", async () => {
        const refused = deployed(keys({ vm: plain["vm"], vmPrivateKey: "a key in clear" }), PATH).then(String, String);
        expect(await refused).toContain("vmPrivateKey is a secret, but stands in clear");
        expect(await refused).not.toContain("a key in clear");
    });
});
