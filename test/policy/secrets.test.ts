import { describe, expect, it } from "vitest";
import { PASSWORD_HASH, PRIVATE_KEY } from "../config/environment";
import type { Resource } from "./deployed";
import { deploying, taking, whats } from "./deploying";
import { plainCarriers, secretsInDocuments, secretsInFile, shownSecrets } from "./secrets";
import { stackKeys } from "./stackFiles";

describe("the rules about secrets", () => {
    it("report one in an input that is not secret, in a name, and nowhere else", () => {
        const inputs = { connection: { privateKey: PRIVATE_KEY }, list: [{ text: `x ${PASSWORD_HASH}` }] };
        expect(shownSecrets(deploying([{ inputs, secrets: ["connection", "list[0].text"] }]))).toEqual([]);
        expect(whats(shownSecrets(deploying([{ inputs, secrets: ["connection"] }])))).toEqual([
            "shows a private key or the hash of a password: list[0].text is not secret",
        ]);
        expect(whats(shownSecrets(deploying([{ name: `key-${PASSWORD_HASH}` }])))).toEqual([
            "holds a private key or the hash of a password in its name",
        ]);
    });

    it("report what is there for one and is not secret", () => {
        const found = (resource: Partial<Resource>) => whats(plainCarriers(deploying([resource])));
        const inputs = { connection: { privateKey: "x" } };
        expect(found({ inputs })).toEqual(["has connection.privateKey in clear"]);
        expect(found({ inputs, secrets: ["connection"] })).toEqual([]);
        expect(found({ name: "prometheus-credentials", inputs: { stdin: "x" } })).toEqual(["has stdin in clear"]);
        expect(found({ type: "kubernetes:core/v1:Secret", inputs: { data: {} } })).toEqual(["has data in clear"]);
    });

    it("report one in a document, whether or not Pulumi keeps that as a secret", () => {
        const [resource = {}] = taking("clusters/eu.yml", `password: ${PASSWORD_HASH}\n`).resources;
        expect(whats(secretsInDocuments(deploying([{ ...resource, secrets: ["stdin"] }])))).toEqual([
            "writes a private key or the hash of a password into clusters/eu.yml",
        ]);
    });

    it("report one that stands in clear beside others in the stack's file", () => {
        const kubeconfigs = { eu: { secure: "v1:abc" }, us: "apiVersion: v1" };
        const { inClear } = stackKeys({ "external-prometheus:kubeconfigs": kubeconfigs });
        const found = secretsInFile(deploying([], { inClear }));
        expect(found).toEqual([
            { resource: { type: "stack's file", name: "kubeconfigs.us" }, what: "stands in clear" },
        ]);
    });
});
