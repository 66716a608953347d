import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../../operate/process";
import { succeed } from "../lab/lab";
import { HASH, NAME } from "../vm/frontVm";
import type { SpareStack } from "../vm/spareStack";
import type { Change } from "./changes";

/** What is done with a front, each time from the same certificates: those that a stack makes differ in each run. */
export async function frontChanges(stack: SpareStack, installation: Change["configure"]): Promise<Change[]> {
    const [one, other] = [await certified(stack), await certified(stack)];
    const frontPasswordHashes = { alice: await stack.encrypt(HASH) };
    const front =
        ({ certificate, frontPrivateKey }: Certified, more: object) =>
        (to: Record<string, unknown>) => {
            installation(to);
            const users = { alice: { roles: ["viewer"] } };
            const front = { serverName: NAME, certificate, caCertificate: certificate, users, ...more };
            Object.assign(to, { front, frontPrivateKey, frontPasswordHashes });
        };
    const first = front(one, {});
    return [
        { name: "a first front", from: "installed", leads: "fronted", command: "up", configure: first },
        {
            name: "another certificate, URL and rule of access",
            from: "fronted",
            command: "up",
            configure: front(other, { path: "/prometheus/", openHealth: true }),
        },
        { name: "the front's removal", from: "fronted", command: "up", configure: installation },
        { name: "the removal of all, with a front", from: "fronted", command: "destroy", configure: first },
    ];
}

interface Certified {
    readonly certificate: string;
    readonly frontPrivateKey: object;
}

/** A certificate that signs itself, and its key as the stack's configuration may hold it. */
async function certified(stack: SpareStack): Promise<Certified> {
    const directory = mkdtempSync(join(tmpdir(), "external-prometheus-faults-"));
    const [key, certificate] = [join(directory, "key.pem"), join(directory, "certificate.pem")];
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-x509", "-days", "30"];
    const names = ["-subj", `/CN=${NAME}`, "-addext", `subjectAltName=DNS:${NAME}`];
    const files = ["-keyout", key, "-out", certificate];
    await succeed("openssl req", runProgram("openssl", ["req", ...kind, ...names, ...files], { timeoutSeconds: 30 }));
    const made = {
        certificate: readFileSync(certificate, "utf8"),
        frontPrivateKey: await stack.encrypt(readFileSync(key, "utf8")),
    };
    rmSync(directory, { recursive: true });
    return made;
}
