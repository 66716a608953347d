// OpenSSH's own encodings of keys (PROTOCOL.key and RFC 4253 section 6.6 of an OpenSSH source tree).
import { createPublicKey, type KeyObject, randomBytes } from "node:crypto";

/** PEM as Go's encoding/pem writes it: 64 characters a line, a newline at the end. */
export function pem(type: string, der: Uint8Array): string {
    const lines =
        Buffer.from(der)
            .toString("base64")
            .match(/.{1,64}/g) ?? [];
    return [`-----BEGIN ${type}-----`, ...lines, `-----END ${type}-----`, ""].join("\n");
}

function bytes(data: Uint8Array | string): Buffer {
    const content = Buffer.from(data);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(content.length);
    return Buffer.concat([length, content]);
}

/** A positive number from base64url: a leading zero byte keeps the sign bit off. */
function mpint(base64url: string | undefined): Buffer {
    const number = Buffer.from(base64url ?? "", "base64url");
    return bytes(number.length > 0 && (number[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), number]) : number);
}

const curves: Readonly<Record<string, string>> = { "P-256": "nistp256", "P-384": "nistp384", "P-521": "nistp521" };

interface Encoded {
    readonly type: string;
    readonly publicKey: Buffer;
    /** The fields of the private section between the type and the comment. */
    readonly privateFields: Buffer;
}

function encodeKey(key: KeyObject): Encoded | undefined {
    const jwk = key.export({ format: "jwk" });
    const decoded = (value: string | undefined): Buffer => Buffer.from(value ?? "", "base64url");
    switch (jwk.kty) {
        case "OKP": {
            const point = decoded(jwk.x);
            return {
                type: "ssh-ed25519",
                publicKey: bytes(point),
                privateFields: Buffer.concat([bytes(point), bytes(Buffer.concat([decoded(jwk.d), point]))]),
            };
        }
        case "EC": {
            const curve = curves[jwk.crv ?? ""];
            if (curve === undefined) {
                return undefined;
            }
            const point = Buffer.concat([Buffer.of(4), decoded(jwk.x), decoded(jwk.y)]);
            const publicKey = Buffer.concat([bytes(curve), bytes(point)]);
            return {
                type: `ecdsa-sha2-${curve}`,
                publicKey,
                privateFields: Buffer.concat([publicKey, mpint(jwk.d)]),
            };
        }
        case "RSA":
            return {
                type: "ssh-rsa",
                publicKey: Buffer.concat([mpint(jwk.e), mpint(jwk.n)]),
                privateFields: Buffer.concat([jwk.n, jwk.e, jwk.d, jwk.qi, jwk.p, jwk.q].map(mpint)),
            };
        case undefined:
        default:
            return undefined;
    }
}

/** The public half as SSH sends it, and its type; `undefined` for keys that SSH does not know (P-224). */
export function sshPublicKey(privateKey: KeyObject): { type: string; blob: Buffer } | undefined {
    const encoded = encodeKey(createPublicKey(privateKey));
    return encoded && { type: encoded.type, blob: Buffer.concat([bytes(encoded.type), encoded.publicKey]) };
}

/** The private key in OpenSSH's format, not encrypted, without comment; `undefined` for keys that SSH does not know. */
export function openSshPrivateKey(privateKey: KeyObject): string | undefined {
    const encoded = encodeKey(privateKey);
    if (encoded === undefined) {
        return undefined;
    }
    const type = bytes(encoded.type);
    const check = randomBytes(4);
    const section = Buffer.concat([check, check, type, encoded.privateFields, bytes("")]);
    // Padded to the block size of the cipher "none" with 1, 2, 3, …
    const padding = Buffer.from(Array.from({ length: (8 - (section.length % 8)) % 8 }, (_, index) => index + 1));
    const count = Buffer.from([0, 0, 0, 1]);
    return pem(
        "OPENSSH PRIVATE KEY",
        Buffer.concat([
            Buffer.from("openssh-key-v1\0"),
            bytes("none"),
            bytes("none"),
            bytes(""),
            count,
            bytes(Buffer.concat([type, encoded.publicKey])),
            bytes(Buffer.concat([section, padding])),
        ]),
    );
}
