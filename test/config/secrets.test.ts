import { describe, expect, it } from "vitest";
import { exampleKeys, KUBECONFIG, refusal, SECRETS, type Keys } from "./environment";

/** Whatever is wrong with a secret, its value must not show; `LEAK` marks it. */
const SECRET_REFUSALS: [what: string, plain: Keys, secret: Keys, key: string, ...says: string[]][] = [
    [
        "a private key in clear",
        { vmPrivateKey: "LEAK" },
        { vmPrivateKey: undefined },
        "vmPrivateKey",
        "in clear",
        "--secret",
    ],
    [
        "kubeconfigs in clear",
        { kubeconfigs: { staging: "LEAK" } },
        { kubeconfigs: undefined },
        "kubeconfigs",
        "in clear",
    ],
    ["a key that is none", {}, { vmPrivateKey: "LEAK" }, "vmPrivateKey", "is not a private key", "< FILE"],
    ["a key of another type", {}, { vmPrivateKey: { a: "LEAK" } }, "vmPrivateKey", "is not a private key"],
    ["a key without a VM", { vm: undefined, staticJobs: undefined }, {}, "vmPrivateKey", "vm is not"],
    ["a kubeconfig that is none", {}, { kubeconfigs: { staging: "LEAK" } }, "kubeconfigs.staging", "not a kubeconfig"],
    ["a kubeconfig, broken", {}, { kubeconfigs: { staging: "a: [LEAK" } }, "kubeconfigs.staging", "not a kubeconfig"],
    ["a kubeconfig of no text", {}, { kubeconfigs: { staging: { a: "LEAK" } } }, "kubeconfigs.staging", "must be text"],
    ["kubeconfigs as text", {}, { kubeconfigs: "LEAK" }, "kubeconfigs", "one kubeconfig by cluster name"],
    [
        "a kubeconfig without current context",
        {},
        { kubeconfigs: { staging: KUBECONFIG.replace("current-context: admin", "") } },
        "kubeconfigs.staging",
        "no current context",
    ],
    [
        "a kubeconfig whose current context is not there",
        {},
        { kubeconfigs: { staging: KUBECONFIG.replace("current-context: admin", "current-context: LEAK") } },
        "kubeconfigs.staging",
        "not among its contexts",
    ],
    [
        "a kubeconfig of no cluster",
        {},
        { kubeconfigs: { staging: KUBECONFIG, stagign: "LEAK" } },
        "kubeconfigs.stagign",
        "did you mean the cluster 'staging'?",
        "config rm --path 'kubeconfigs.stagign'",
    ],
    ["a mistyped secret in clear", { vmPrivateKy: "LEAK" }, {}, "vmPrivateKy", "did you mean 'vmPrivateKey'?"],
];

describe("a secret", () => {
    it.each(SECRET_REFUSALS)("is refused but not shown: %s", (_, plain, secret, key, ...says) => {
        const message = refusal({ ...exampleKeys(), ...plain }, { ...SECRETS, ...secret });
        const [, problem = ""] = message.split(`✖ external-prometheus:${key} `);
        for (const text of says) {
            expect(problem).toContain(text);
        }
        expect(message).not.toContain("LEAK");
        expect(message).not.toContain("LIFTED");
        expect(message).not.toContain("WlpaWlpa");
    });
});
