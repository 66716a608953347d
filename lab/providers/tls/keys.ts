// Keys as terraform-provider-tls 4.x makes and reads them: internal/provider/resource_private_key.go, common_key.go.
import {
    createHash,
    createPrivateKey,
    createPublicKey,
    generateKeyPairSync,
    type KeyObject,
    type webcrypto,
} from "node:crypto";
import { openSshPrivateKey, sshPublicKey } from "../openssh";

export type Algorithm = "RSA" | "ECDSA" | "ED25519";

const curves: Readonly<Record<string, string>> = { P256: "prime256v1", P384: "secp384r1", P521: "secp521r1" };

function generate(algorithm: Algorithm, rsaBits: number, ecdsaCurve: string): KeyObject {
    switch (algorithm) {
        case "RSA":
            return generateKeyPairSync("rsa", { modulusLength: rsaBits }).privateKey;
        case "ECDSA":
            return generateKeyPairSync("ec", { namedCurve: curves[ecdsaCurve] ?? ecdsaCurve }).privateKey;
        case "ED25519":
            return generateKeyPairSync("ed25519").privateKey;
    }
}

const pemTypes = { RSA: "pkcs1", ECDSA: "sec1", ED25519: "pkcs8" } as const;

/** The outputs of a new PrivateKey, its id among them. */
export function newPrivateKey(algorithm: Algorithm, rsaBits: number, ecdsaCurve: string): Record<string, string> {
    const key = generate(algorithm, rsaBits, ecdsaCurve);
    const publicKey = createPublicKey(key);
    const ssh = sshPublicKey(key);
    const fingerprint = (hash: "md5" | "sha256", encoding: "hex" | "base64"): string =>
        ssh === undefined ? "" : createHash(hash).update(ssh.blob).digest(encoding);
    return {
        id: hashForState(publicKey.export({ type: "spki", format: "der" })),
        privateKeyPem: key.export({ type: pemTypes[algorithm], format: "pem" }).toString(),
        privateKeyPemPkcs8: key.export({ type: "pkcs8", format: "pem" }).toString(),
        privateKeyOpenssh: openSshPrivateKey(key) ?? "",
        publicKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
        publicKeyOpenssh: ssh === undefined ? "" : `${ssh.type} ${ssh.blob.toString("base64")}\n`,
        publicKeyFingerprintMd5: (fingerprint("md5", "hex").match(/../g) ?? []).join(":"),
        publicKeyFingerprintSha256:
            ssh === undefined ? "" : `SHA256:${fingerprint("sha256", "base64").replace(/=+$/, "")}`,
    };
}

/** common.go hashForState, which takes bytes for text and trims it. */
export function hashForState(der: Buffer): string {
    const space = (byte: number | undefined): boolean =>
        byte !== undefined && (byte === 32 || (byte >= 9 && byte <= 13));
    let start = 0;
    let end = der.length;
    while (start < end && space(der[start])) {
        start++;
    }
    while (end > start && space(der[end - 1])) {
        end--;
    }
    return createHash("sha1").update(der.subarray(start, end)).digest("hex");
}

export interface SigningKey {
    readonly algorithm: Algorithm;
    readonly privateKey: KeyObject;
    readonly publicKey: KeyObject;
}

/** Reads a private key in PEM; `what` begins the error, which holds nothing of the key. */
export function parsePrivateKey(text: string, what: string): SigningKey {
    const type = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(text)?.[1];
    if (type === undefined) {
        throw new Error(`${what}: failed to decode PEM block: decoded bytes 0, undecoded ${text.length}`);
    }
    if (!["RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY"].includes(type)) {
        throw new Error(`${what}: unsupported PEM preamble/type: ${type}`);
    }
    let privateKey: KeyObject;
    try {
        privateKey = createPrivateKey(text);
    } catch (error) {
        throw new Error(`${what}: failed to parse private key given PEM preamble '${type}'`, { cause: error });
    }
    const algorithms: Readonly<Record<string, Algorithm>> = { rsa: "RSA", ec: "ECDSA", ed25519: "ED25519" };
    const algorithm = algorithms[privateKey.asymmetricKeyType ?? ""];
    if (algorithm === undefined) {
        throw new Error(`${what}: unsupported private key type: ${privateKey.asymmetricKeyType ?? "unknown"}`);
    }
    return { algorithm, privateKey, publicKey: createPublicKey(privateKey) };
}

/** What WebCrypto must be told of a key, and the hash that Go's crypto/x509 signs with. */
export type SigningAlgorithm = webcrypto.EcKeyImportParams & { hash: string };

function signingAlgorithm({ algorithm, privateKey }: SigningKey): SigningAlgorithm {
    switch (algorithm) {
        case "RSA":
            return { name: "RSASSA-PKCS1-v1_5", namedCurve: "", hash: "SHA-256" };
        case "ED25519":
            return { name: "Ed25519", namedCurve: "", hash: "" };
        case "ECDSA": {
            const hashes: Readonly<Record<string, string>> = {
                "P-256": "SHA-256",
                "P-384": "SHA-384",
                "P-521": "SHA-512",
            };
            const namedCurve = privateKey.export({ format: "jwk" }).crv ?? "";
            return { name: "ECDSA", namedCurve, hash: hashes[namedCurve] ?? "" };
        }
    }
}

export function cryptoKeys(key: SigningKey): CryptoKeyPair & { algorithm: SigningAlgorithm } {
    const algorithm = signingAlgorithm(key);
    return {
        algorithm,
        privateKey: key.privateKey.toCryptoKey(algorithm, false, ["sign"]) as CryptoKey,
        publicKey: key.publicKey.toCryptoKey(algorithm, true, ["verify"]) as CryptoKey,
    };
}

/** common_cert.go generateSubjectKeyID, in hexadecimal: SHA-1 of the key's bits, which for Ed25519 are wrapped once more. */
export function subjectKeyId(publicKey: KeyObject): string {
    const { kty, x = "", y = "" } = publicKey.export({ format: "jwk" });
    const coordinates = Buffer.concat([Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
    const hash = createHash("sha1");
    switch (kty) {
        case "RSA":
            return hash.update(publicKey.export({ type: "pkcs1", format: "der" })).digest("hex");
        case "EC":
            return hash.update(Buffer.of(4)).update(coordinates).digest("hex");
        case undefined:
        default:
            return hash.update(Buffer.of(4, coordinates.length)).update(coordinates).digest("hex");
    }
}
