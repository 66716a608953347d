import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pulumi, vm } from "./lab";

/** The key under which Pulumi's state wraps a secret. */
const SECRET = "4dabf18193072939515e22adb298388d";

/** A piece of a secret that stands wherever the secret does. */
export interface Canary {
    /** What it is a piece of, which is all that is said of it where it is found. */
    readonly name: string;
    readonly text: string;
}

/** What is planted so that a search has something to find; no secret. */
export function planted(name: string): Canary {
    return { name, text: `canary-planted-as-${name}` };
}

/** Of every secret that the stack holds: keys for SSH and for TLS, tokens, the kubeconfig, the hash of a password. */
export async function canaries(): Promise<Canary[]> {
    const state = JSON.parse(await pulumi("stack", "export", "--show-secrets")) as unknown;
    const found = secrets(state).flatMap(piecesOf);
    return [...new Map(found.map((canary) => [canary.text, canary])).values()];
}

/** Every text in what is secret. */
function secrets(value: unknown): string[] {
    if (typeof value !== "object" || value === null) {
        return [];
    }
    if (SECRET in value && "plaintext" in value && typeof value.plaintext === "string") {
        return texts(JSON.parse(value.plaintext));
    }
    return Object.values(value).flatMap(secrets);
}

function texts(value: unknown): string[] {
    return typeof value === "object" && value !== null ? Object.values(value).flatMap(texts) : [String(value)];
}

/** Of private keys, of tokens their signatures, and both as they are in Kubernetes, in base64; of hashes what is after their cost. */
function piecesOf(secret: string): Canary[] {
    const keys = [...secret.matchAll(/-----BEGIN (OPENSSH |EC |)PRIVATE KEY-----\n([^-]+)-----END/g)].flatMap(
        ([whole, form = "", body = ""]) => {
            const name = form === "OPENSSH " ? "SSH key" : "TLS key";
            const inBase64 = Buffer.from(whole).toString("base64").slice(48, 112);
            return [...privateLines(form, body.trim().split("\n")), inBase64].map((text) => ({ name, text }));
        },
    );
    const tokens = [...secret.matchAll(/eyJ[\w-]+\.[\w-]+\.([\w-]+)/g)].flatMap(([whole, signature = ""]) => {
        const inBase64 = Buffer.from(whole).toString("base64").slice(-100, -8);
        return [signature, inBase64].map((text) => ({ name: "token", text }));
    });
    const kubeconfigs = [...secret.matchAll(/client-key-data: (\S+)/g)].flatMap(([, data = ""]) =>
        [data, ...piecesOf(Buffer.from(data, "base64").toString()).map(({ text }) => text)].map((text) => ({
            name: "kubeconfig",
            text,
        })),
    );
    const hashes = [...secret.matchAll(/\$2y\$\d\d\$([./A-Za-z0-9]{53})/g)].map(([, text = ""]) => ({
        name: "password hash",
        text,
    }));
    return [...keys, ...tokens, ...kubeconfigs, ...hashes].filter(({ text }) => text.length >= 20);
}

/** The lines of a PEM that hold something of the private key; the others are the public one, which is no secret. */
function privateLines(form: string, lines: readonly string[]): readonly string[] {
    switch (form) {
        case "OPENSSH ":
            // At the end; an elliptic curve's public key before it is longer than a line.
            return lines.slice(Buffer.from(lines.join(""), "base64").includes("ssh-ed25519") ? 2 : -1);
        case "EC ":
            return lines.slice(0, 1);
        default:
            return lines.slice(0, 2);
    }
}

/** The names of the canaries in a text. */
export function foundIn(text: string, sought: readonly Canary[]): string[] {
    return names(sought.filter((canary) => text.includes(canary.text)));
}

/**
 * The names of the canaries in what a command on the VM prints. They travel on stdin and stay in a shell's memory there, so
 * that the search itself leaves none behind.
 */
export async function foundOnVm(command: string, sought: readonly Canary[]): Promise<string[]> {
    const search = `sought=$(cat); { ${command}; } 2>&1 | grep -aoF -f <(printf '%s\\n' "$sought") | sort -u || true`;
    const lines = (await vm(search, { stdin: patterns(sought) })).split("\n");
    return names(sought.filter(({ text }) => lines.includes(text)));
}

/** The files on the VM that hold one of the canaries, wherever they are. */
export async function filesOnVm(sought: readonly Canary[]): Promise<string[]> {
    const search = "cd / && grep -rlaF --devices=skip --exclude-dir=proc --exclude-dir=sys -f - . || true";
    const files = await vm(search, { stdin: patterns(sought) });
    return files
        .split("\n")
        .flatMap((path) => (path === "" ? [] : [path.slice(1)]))
        .sort();
}

function patterns(sought: readonly Canary[]): string {
    return sought.map(({ text }) => `${text}\n`).join("");
}

function names(found: readonly Canary[]): string[] {
    return [...new Set(found.map(({ name }) => name))].sort();
}

/** Collects the command lines of the programs of this machine, until it is told to stop. */
export function sampleCommandLines(): { stop: () => string } {
    const lines = new Set<string>();
    const timer = setInterval(() => {
        for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
            try {
                lines.add(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
            } catch {
                // It has ended.
            }
        }
    }, 50);
    return {
        stop: () => {
            clearInterval(timer);
            return [...lines].join("\n");
        },
    };
}

/** What is in all files below a folder; others may make and end files there meanwhile, as a lock of another stack. */
export function contentOf(folder: string): string {
    return readdirSync(folder, { withFileTypes: true })
        .map((entry) => {
            const place = join(folder, entry.name);
            try {
                return entry.isDirectory() ? contentOf(place) : entry.isFile() ? readFileSync(place, "latin1") : "";
            } catch (error) {
                if ((error as NodeJS.ErrnoException).code === "ENOENT") {
                    return "";
                }
                throw error;
            }
        })
        .join("\n");
}
