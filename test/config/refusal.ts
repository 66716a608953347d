import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { SecretKeys } from "../../config/schema";
import { change, completeKeys, type Keys, refusal } from "./environment";

/** Something wrong in a configuration that is right otherwise, and what is said of it. */
export interface Row {
    /** What is changed, by path. */
    readonly set: Keys;
    /** The key that is refused. */
    readonly key: string;
    /** What is allowed, or what is wrong. */
    readonly says: string;
    /** Keys that are refused together with it. */
    readonly also: readonly string[];
    /** A key whose value is set as a secret although it is none, or the other way round. */
    readonly moved?: string;
    /** What is in the project's directory, by path. */
    readonly files?: Readonly<Record<string, string | Buffer | { readonly link: string }>>;
}

type Change = Pick<Row, "set" | "moved" | "files">;

/** Uses the complete configuration with the row's changes, where the row's files are. */
export function withRow<T>({ set, moved, files }: Change, use: (plain: Keys, secret: Keys) => T): T {
    const { plain, secret } = completeKeys();
    for (const [path, value] of Object.entries(set)) {
        change(isSecret(path) ? secret : plain, path, value);
    }
    if (moved !== undefined) {
        const [from, to] = isSecret(moved) ? [secret, plain] : [plain, secret];
        to[moved] = from[moved];
        Reflect.deleteProperty(from, moved);
    }
    return files === undefined ? use(plain, secret) : inProject(files, () => use(plain, secret));
}

function inProject<T>(files: NonNullable<Row["files"]>, use: () => T): T {
    const directory = mkdtempSync(join(tmpdir(), "external-prometheus-"));
    const before = process.cwd();
    try {
        for (const [path, content] of Object.entries(files)) {
            const file = join(directory, path);
            mkdirSync(dirname(file), { recursive: true });
            if (typeof content === "object" && "link" in content) {
                symlinkSync(content.link, file);
            } else {
                writeFileSync(file, content);
            }
        }
        process.chdir(directory);
        return use();
    } finally {
        process.chdir(before);
        rmSync(directory, { recursive: true });
    }
}

/** The message with which a row is refused. */
export function refusalOf(row: Change): string {
    return withRow(row, refusal);
}

/** What a message says of a key: each problem with its remedy. */
export function problemsOf(message: string, key: string): string[] {
    const parts = message.split("✖ external-prometheus:").slice(1);
    return parts.filter((part) => part.startsWith(`${key} `)).map((part) => part.slice(key.length + 1));
}

/** Whether a key is one that must be set with `--secret`. */
export function isSecret(key: string): boolean {
    return Object.hasOwn(SecretKeys.shape, /^\w+/.exec(key)?.[0] ?? "");
}

/** A key with a wrong value, or without any. */
export function wrong(key: string, value: unknown, says: string, also: readonly string[] = []): Row {
    return { set: { [key]: value }, key, says, also };
}

/** A key that other keys make wrong. */
export function clash(key: string, set: Keys, says: string, also: readonly string[] = []): Row {
    return { set, key, says, also };
}

/** A key whose value is set as a secret although it is none, or the other way round. */
export function moved(key: string, says: string): Row {
    return { set: {}, key, says, also: [], moved: key };
}

/** Nothing of a side, in words and in secrets. */
export const NO_VM: Keys = {
    vm: undefined,
    vmPrivateKey: undefined,
    vmProxyPrivateKey: undefined,
    sourceStacks: undefined,
    federatedStacks: undefined,
    heldClusters: undefined,
    alertmanagers: undefined,
    remoteWrite: undefined,
    httpSecrets: undefined,
};
export const NO_FRONT: Keys = { front: undefined, frontPrivateKey: undefined, frontPasswordHashes: undefined };

const DURATION = "must be a duration such as 30s";
const HOST_NAME = "must be a host name or an IP address";
const LINE = "must be a line such as 'ssh-ed25519 AAAA…' (or ecdsa-sha2-nistp256, -nistp384, -nistp521)";

export function notText(key: string, value: unknown = 5, also: readonly string[] = []): Row {
    return wrong(key, value, `must be a string, got ${JSON.stringify(value)}`, also);
}

export function hosts(key: string, meaning?: string): Row[] {
    return [
        ...(meaning === undefined ? [] : [wrong(key, undefined, `is missing: ${meaning}`)]),
        notText(key),
        wrong(key, "$(reboot)", `${HOST_NAME}, got '$(reboot)'`),
        wrong(key, "-oProxyCommand=id", `${HOST_NAME}, got '-oProxyCommand=id'`),
        wrong(key, "", `${HOST_NAME}, got ''`),
        wrong(key, "::::1", "must be a whole IPv6 address, got '::::1'"),
        wrong(key, "a".repeat(254), "must be at most 253 characters long, got 'aaa"),
    ];
}

export function ports(key: string): Row[] {
    return [
        wrong(key, "22", "must be a number, got '22'"),
        wrong(key, 22.5, "must be a whole number, got 22.5"),
        wrong(key, 0, "must be at least 1, got 0"),
        wrong(key, 65536, "must be at most 65535, got 65536"),
    ];
}

export function users(key: string): Row[] {
    return [
        notText(key),
        wrong(key, "root; id", "must be the name of a user, got 'root; id'"),
        wrong(key, "-l", "must be the name of a user, got '-l'"),
    ];
}

/** The checks of SSH's own format have a test of their own; here each says its words once. */
export function hostKeys(key: string, meaning: string): Row[] {
    const ed25519 = "AAAAC3NzaC1lZDI1NTE5AAAAIEIdUoViB7/NTAYvNTCBB/aMnwKly0YBrqZl3cazwKPL";
    return [
        wrong(key, undefined, `is missing: ${meaning}`),
        notText(key),
        wrong(key, "SHA256:abc", `${LINE}, got 'SHA256:abc'`),
        wrong(
            key,
            `ssh-ed25519 ${ed25519}\nssh-ed25519 ${ed25519}`,
            "must be one line, with one key, got 'ssh-ed25519",
        ),
        wrong(key, `ssh-rsa ${ed25519}`, "is an RSA key, which pins the outdated signature algorithm ssh-rsa; take"),
        wrong(key, `10.0.0.1 ssh-ed25519 ${ed25519}`, "must begin with the algorithm: leave out '10.0.0.1', the host"),
        wrong(
            key,
            "ssh-ed25519 AAAA",
            "is cut off or damaged: what follows the algorithm is not a whole key in base64",
        ),
        wrong(key, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAAA==", "is cut off or damaged: an Ed25519 key has 32 bytes"),
        wrong(
            key,
            `ecdsa-sha2-nistp256 ${Buffer.concat([Buffer.from(ed25519, "base64"), Buffer.alloc(4)]).toString("base64")}`,
            "says ecdsa-sha2-nistp256, but holds a key of another algorithm",
        ),
    ];
}

export function durations(key: string): Row[] {
    return [
        wrong(key, 30, `${DURATION}, got 30`),
        wrong(key, "30", `${DURATION}, got '30'`),
        wrong(key, "1h30m", `${DURATION}, got '1h30m'`),
        wrong(key, "0s", `${DURATION}, got '0s'`),
        wrong(key, "1.5s", `${DURATION}, got '1.5s'`),
    ];
}

export function scrapeIntervals(key: string): Row[] {
    const bounds = "must be at least 1s and below 5m, the time that a query looks back";
    return [...durations(key), wrong(key, "999ms", `${bounds}, got '999ms'`), wrong(key, "5m", `${bounds}, got '5m'`)];
}

export function booleans(key: string): Row[] {
    return [wrong(key, "yes", "must be true or false, got 'yes'"), wrong(key, 1, "must be true or false, got 1")];
}

/** An object that holds none of a few kinds of values, or something that it does not know. */
export function objects(key: string, unknown: string, hint: string, also: readonly string[] = []): Row[] {
    return [
        wrong(key, "text", "must be an object, got 'text'", also),
        wrong(key, null, "must be an object, got null", also),
        wrong(`${key}.${unknown}`, "x", `is no key of this program; ${hint}`),
    ];
}

export function lists(key: string, value: unknown): Row[] {
    return [
        wrong(key, value, `must be a list, got ${typeof value === "string" ? `'${value}'` : JSON.stringify(value)}`),
    ];
}
