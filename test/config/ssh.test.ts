import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hostKeyProblem, privateKeyProblem } from "../../config/ssh";
import { PRIVATE_KEY } from "./environment";

/** A pair made by the real tool; the key is in OpenSSH's form unless told otherwise. */
function keyPair(...options: string[]): { privateKey: string; publicKey: string } {
    const directory = mkdtempSync(join(tmpdir(), "key-"));
    try {
        const passphrase = options.includes("-N") ? [] : ["-N", ""];
        execFileSync("ssh-keygen", [
            "-q",
            "-C",
            "someone@somewhere",
            "-f",
            join(directory, "k"),
            ...passphrase,
            ...options,
        ]);
        return {
            privateKey: readFileSync(join(directory, "k"), "utf8"),
            publicKey: readFileSync(join(directory, "k.pub"), "utf8").trim(),
        };
    } finally {
        rmSync(directory, { recursive: true });
    }
}

const ED25519 = keyPair("-t", "ed25519");
const [ALGORITHM = "", BASE64 = ""] = ED25519.publicKey.split(" ");

function generateKey(type: "ec" | "x25519", options: object = {}): string {
    const { privateKey } = generateKeyPairSync(type as "ec", options as { namedCurve: string });
    return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** The OpenSSH key with other bytes in it. */
function opensshKey(change: (bytes: string) => string): string {
    const lines = ED25519.privateKey.trimEnd().split("\n");
    const bytes = change(Buffer.from(lines.slice(1, -1).join(""), "base64").toString("latin1"));
    return [lines[0], Buffer.from(bytes, "latin1").toString("base64"), lines.at(-1), ""].join("\n");
}

describe("a host key", () => {
    it.each([
        ["ed25519 with a comment", ED25519.publicKey],
        ["ed25519 without one", `${ALGORITHM} ${BASE64}`],
        ["ecdsa, 256 bits", keyPair("-t", "ecdsa", "-b", "256").publicKey],
        ["ecdsa, 521 bits", keyPair("-t", "ecdsa", "-b", "521").publicKey],
    ])("is accepted: %s", (_, line) => {
        expect(hostKeyProblem(line)).toBeUndefined();
    });

    it.each([
        ["nothing", "", "must be a line such as"],
        ["rsa", keyPair("-t", "rsa", "-b", "2048").publicKey, "outdated signature algorithm"],
        ["a fingerprint", "SHA256:abc", "must be a line such as"],
        ["what ssh-keyscan prints", `198.51.100.20 ${ED25519.publicKey}`, "leave out '198.51.100.20'"],
        ["two lines", `${ED25519.publicKey}\n${ED25519.publicKey}`, "one line"],
        ["no base64", `${ALGORITHM} ****`, "cut off or damaged"],
        ["a key cut short", `${ALGORITHM} ${BASE64.slice(0, 40)}`, "cut off or damaged"],
        [
            "a key with more behind it",
            `${ALGORITHM} ${Buffer.concat([Buffer.from(BASE64, "base64"), Buffer.alloc(9)]).toString("base64")}`,
            "cut off",
        ],
        ["no key at all", ALGORITHM, "cut off or damaged"],
        [
            "another algorithm inside",
            `ecdsa-sha2-nistp384 ${keyPair("-t", "ecdsa").publicKey.split(" ")[1] ?? ""}`,
            "another algorithm",
        ],
    ])("is refused: %s", (_, line, says) => {
        expect(hostKeyProblem(line)).toContain(says);
    });
});

describe("a private key", () => {
    it.each([
        ["OpenSSH, ed25519", ED25519.privateKey],
        ["OpenSSH, as Pulumi stores a file: without its last line end", ED25519.privateKey.trimEnd()],
        ["OpenSSH, rsa", keyPair("-t", "rsa", "-b", "2048").privateKey],
        ["PEM, rsa", keyPair("-t", "rsa", "-b", "2048", "-m", "PEM").privateKey],
        ["PEM, ecdsa", keyPair("-t", "ecdsa", "-m", "PEM").privateKey],
        ["PKCS #8", PRIVATE_KEY],
    ])("is accepted: %s", (_, text) => {
        expect(privateKeyProblem(text)).toBeUndefined();
    });

    const lines = ED25519.privateKey.split("\n");
    const pkcs8 = keyPair("-t", "ecdsa", "-m", "PKCS8", "-N", "passphrase").privateKey;
    it.each([
        ["nothing", "", "is not a private key"],
        ["the public key", ED25519.publicKey, "public key"],
        ["a file name", "~/.ssh/id_ed25519", "is not a private key"],
        ["OpenSSH with a passphrase", keyPair("-t", "ed25519", "-N", "passphrase").privateKey, "passphrase"],
        [
            "PEM with a passphrase",
            keyPair("-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "passphrase").privateKey,
            "passphrase",
        ],
        ["PKCS #8 with a passphrase", pkcs8, "passphrase"],
        ["OpenSSH, a line lost", [...lines.slice(0, 3), ...lines.slice(4)].join("\n"), "cut off or damaged"],
        ["OpenSSH, another magic", `${lines[0] ?? ""}\nAAAA\n${lines.at(-2) ?? ""}\n`, "cut off or damaged"],
        ["PEM, damaged", PRIVATE_KEY.replace("MC4C", "MC4D"), "cut off or damaged"],
        ["PEM, of a curve that SSH does not know", generateKey("ec", { namedCurve: "secp256k1" }), "of a kind"],
        ["PEM, for key agreement", generateKey("x25519"), "of a kind"],
        [
            "OpenSSH, of a kind that is not known",
            opensshKey((bytes) => bytes.replaceAll("ssh-ed25519", "ssh-ed44800")),
            "kind",
        ],
        ["the end lost", ED25519.privateKey.slice(0, 200), "is not a private key"],
        ["line ends lost", ED25519.privateKey.replaceAll("\n", " "), "is not a private key"],
    ])("is refused, without a word of it: %s", (_, text, says) => {
        const problem = privateKeyProblem(text);
        expect(problem).toContain(says);
        for (const line of text.split("\n").filter((l) => !l.startsWith("-----") && l.length > 10)) {
            expect(problem).not.toContain(line.slice(0, 10));
        }
    });
});
