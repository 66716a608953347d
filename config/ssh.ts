import { createPrivateKey } from "node:crypto";

const HOST_KEY_ALGORITHMS = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"];
const OPENSSH_MAGIC = "openssh-key-v1\0";

/** What is wrong with a host key in the form of authorized_keys (`algorithm base64 [comment]`); undefined if nothing is. */
export function hostKeyProblem(line: string): string | undefined {
    const words = line.split(/[ \t]+/);
    const [algorithm = "", encoded = ""] = words;
    if (/[\r\n]/.test(line)) {
        return "must be one line, with one key";
    }
    if (algorithm === "ssh-rsa") {
        return "is an RSA key, which pins the outdated signature algorithm ssh-rsa; take the VM's ssh-ed25519 key";
    }
    if (!HOST_KEY_ALGORITHMS.includes(algorithm)) {
        return HOST_KEY_ALGORITHMS.includes(encoded)
            ? `must begin with the algorithm: leave out '${algorithm}', the host that ssh-keyscan prints in front`
            : "must be a line such as 'ssh-ed25519 AAAA…' (or ecdsa-sha2-nistp256, -nistp384, -nistp521)";
    }
    const key = Buffer.from(encoded, "base64");
    const fields = key.toString("base64") === encoded ? sshStrings(key) : undefined;
    if (fields === undefined || fields.length !== (algorithm === "ssh-ed25519" ? 2 : 3)) {
        return "is cut off or damaged: what follows the algorithm is not a whole key in base64";
    }
    if (fields[0]?.toString("latin1") !== algorithm) {
        return `says ${algorithm}, but holds a key of another algorithm`;
    }
    const whole = algorithm !== "ssh-ed25519" || fields[1]?.length === 32;
    return whole ? undefined : "is cut off or damaged: an Ed25519 key has 32 bytes";
}

/**
 * What is wrong with a private key for SSH; undefined if nothing is. Never says anything of the key's content, since
 * messages end up in logs.
 */
export function privateKeyProblem(text: string): string | undefined {
    const pem = /^\s*-----BEGIN ([A-Z ]*)PRIVATE KEY-----\r?\n([\s\S]+?)-----END \1PRIVATE KEY-----\s*$/.exec(text);
    if (pem === null) {
        return /^\s*(ssh|ecdsa)-\S+ AAAA/.test(text)
            ? "is a public key; the private one is the file without '.pub'"
            : "is not a private key: it must be a whole file that begins with '-----BEGIN … PRIVATE KEY-----'";
    }
    const [, label = "", body = ""] = pem;
    if (label === "OPENSSH ") {
        return opensshKeyProblem(Buffer.from(body, "base64"));
    }
    if (label === "ENCRYPTED " || body.includes("Proc-Type: 4,ENCRYPTED")) {
        return ENCRYPTED;
    }
    try {
        const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(text);
        const name = asymmetricKeyDetails?.namedCurve ?? asymmetricKeyType;
        return PEM_KEYS.includes(name ?? "") ? undefined : WRONG_KIND;
    } catch {
        return DAMAGED;
    }
}

/** What the SSH library of the provider takes; by the names of OpenSSL and of SSH. */
const PEM_KEYS = ["rsa", "ed25519", "prime256v1", "secp384r1", "secp521r1"];
const OPENSSH_KEYS = [...HOST_KEY_ALGORITHMS, "ssh-rsa"];

const ENCRYPTED = "is protected by a passphrase, which nobody can type here; use a key without one";
const WRONG_KIND =
    "is of a kind that cannot be used here (DSA, a security key, another curve); take one of: ssh-keygen -t ed25519";
const DAMAGED = "is cut off or damaged: it cannot be read as a private key";

/** The layout is OpenSSH's PROTOCOL.key: magic, cipher, kdf, kdf options, number of keys, public key, private part. */
function opensshKeyProblem(key: Buffer): string | undefined {
    if (key.subarray(0, OPENSSH_MAGIC.length).toString("latin1") !== OPENSSH_MAGIC) {
        return DAMAGED;
    }
    const [cipher, kdf, options, ...rest] = sshStrings(key.subarray(OPENSSH_MAGIC.length), 3) ?? [];
    if (cipher !== undefined && cipher.toString("latin1") !== "none") {
        return ENCRYPTED;
    }
    const keys = rest[0];
    const whole = kdf !== undefined && options !== undefined && keys !== undefined && sshStrings(keys.subarray(4));
    if (!whole || whole.length !== 2 || whole[0] === undefined) {
        return DAMAGED;
    }
    const algorithm = sshStrings(whole[0])?.[0]?.toString("latin1");
    return algorithm !== undefined && OPENSSH_KEYS.includes(algorithm) ? undefined : WRONG_KIND;
}

/**
 * Splits SSH's wire format: strings that are each preceded by their length in 32 bits. Reads all of it, or `count` strings
 * followed by whatever remains as the last element; undefined where a string is cut off.
 */
function sshStrings(wire: Buffer, count = Infinity): Buffer[] | undefined {
    const strings: Buffer[] = [];
    let offset = 0;
    while (offset < wire.length && strings.length < count) {
        if (offset + 4 > wire.length) {
            return undefined;
        }
        const end = offset + 4 + wire.readUInt32BE(offset);
        if (end > wire.length) {
            return undefined;
        }
        strings.push(wire.subarray(offset + 4, end));
        offset = end;
    }
    return strings.length === count ? [...strings, wire.subarray(offset)] : strings;
}
