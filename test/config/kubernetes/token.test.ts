import { describe, expect, it } from "vitest";
import { serviceAccountSubject, tokenOf, tokenProblem } from "../../../config/kubernetes/token";

const subject = serviceAccountSubject("external-prometheus", "external-prometheus-kubelet");
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const token = (claims: unknown) => `${part({ alg: "RS256" })}.${part(claims)}.c2lnbmF0dXJl`;

describe("tokenOf", () => {
    it.each([
        ["no data", undefined],
        ["empty data", {}],
        ["other data", { "ca.crt": "eA==" }],
        ["an empty token", { token: "" }],
    ])("finds none in %s", (_, data) => {
        expect(tokenOf(data)).toBeUndefined();
    });
    it("decodes it", () => {
        expect(tokenOf({ token: Buffer.from("a.b.c").toString("base64") })).toBe("a.b.c");
    });
});

describe("tokenProblem", () => {
    it("finds none with the account's own token", () => {
        expect(subject).toBe("system:serviceaccount:external-prometheus:external-prometheus-kubelet");
        expect(tokenProblem(token({ sub: subject }), subject)).toBeUndefined();
    });
    it.each([
        ["a missing token", undefined, "has issued no token"],
        ["a word", "canary", "is not a JSON Web Token"],
        ["two parts", `${part({})}.${part({ sub: subject })}`, "is not a JSON Web Token"],
        ["four parts", `${token({ sub: subject })}.canary`, "is not a JSON Web Token"],
        ["broken JSON", "a.canary.c", "is not a JSON Web Token"],
        ["claims that are null", token(null), "is not a JSON Web Token"],
        ["no subject", token({ iss: "canary" }), "is not a JSON Web Token"],
        ["a subject that is no text", token({ sub: ["canary"] }), "is not a JSON Web Token"],
        [
            "another account",
            token({ sub: "system:serviceaccount:default:x" }),
            "belongs to system:serviceaccount:default:x",
        ],
    ])("tells of %s, not what the token is", (_, value, message) => {
        const problem = tokenProblem(value, subject);
        expect(problem).toContain(message);
        expect(problem).toContain(subject);
        expect(problem).not.toContain("canary");
        expect(problem).not.toContain(value ?? "canary");
    });
});
