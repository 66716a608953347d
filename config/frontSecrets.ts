import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { Certificate, PersonName } from "./front";
import { nearest } from "./nearest";
import { keyAt, type Problem, removal } from "./problems";
import { field, isObject } from "./scalars";

/** Checks the key of the server's certificate, which is needed if and only if the certificate is given. Says nothing of the key. */
export function frontKeyProblems(key: unknown, front: unknown): Problem[] {
    const certificate = field(front, "certificate");
    const problem = (message: string, remedy = "pulumi config set --secret frontPrivateKey < FILE") => [
        { key: "frontPrivateKey", message, remedy },
    ];
    if (key === undefined) {
        return certificate === undefined ? [] : problem("is missing: the private key of front.certificate");
    }
    if (certificate === undefined) {
        return problem(
            "is set, but front.certificate is not",
            "set front.certificate, or: pulumi config rm frontPrivateKey",
        );
    }
    const own = typeof key === "string" ? privateKey(key) : undefined;
    if (own === undefined) {
        return problem("must be a private key in PEM form, without a passphrase");
    }
    // A certificate that is no such thing is refused by its own check.
    const given = Certificate.safeParse(certificate).data;
    return given === undefined || new X509Certificate(given).checkPrivateKey(own)
        ? []
        : problem("is the key of another certificate than front.certificate");
}

/** Nothing beside the key: httpd would pass over it, but it comes to the VM. */
const PEM =
    /^(-----BEGIN EC PARAMETERS-----\n[A-Za-z0-9+/=\n]+\n-----END EC PARAMETERS-----\n)?-----BEGIN ((RSA|EC) )?PRIVATE KEY-----\n[A-Za-z0-9+/=\n]+\n-----END ((RSA|EC) )?PRIVATE KEY-----\n?$/;

function privateKey(text: string): KeyObject | undefined {
    if (!PEM.test(text)) {
        return undefined;
    }
    try {
        return createPrivateKey(text);
    } catch {
        return undefined;
    }
}

const LEAST_COST = 10;
/** 2^14 rounds are a second of a processor for each request. */
const MOST_COST = 14;

/** What is wrong with a password's hash; says nothing of the hash. */
function passwordHashProblem(hash: string): string | undefined {
    const [, cost] = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(hash) ?? [];
    if (cost === undefined) {
        return "must be a bcrypt hash, as `htpasswd -nBC 10 NAME` prints it behind the name";
    }
    return Number(cost) < LEAST_COST || Number(cost) > MOST_COST
        ? `must be a bcrypt hash of a cost from ${LEAST_COST} to ${MOST_COST}, not ${Number(cost)}`
        : undefined;
}

/** Checks the hashes against the users, both ways. Says nothing of a hash. */
export function passwordHashProblems(hashes: unknown, front: unknown): Problem[] {
    if (!isObject(hashes) || Array.isArray(hashes)) {
        const remedy = "pulumi config rm frontPasswordHashes, then set each one by its user's name";
        return [{ key: "frontPasswordHashes", message: "must hold one hash by user name", remedy }];
    }
    const wanted = field(front, "users");
    const users = isObject(wanted) ? Object.keys(wanted) : [];
    const problem = (name: string, message: string): Problem => {
        const key = keyAt("frontPasswordHashes", [name]);
        // -s drops the empty line that htpasswd ends with.
        const remedy = `htpasswd -nBC 10 NAME | cut -s -d : -f 2 | pulumi config set --secret --path '${key}'`;
        return { key, message, remedy };
    };
    return [
        ...users
            // A name that is refused anyway is no reason to ask for a hash of that name.
            .filter((name) => !Object.hasOwn(hashes, name) && PersonName.safeParse(name).success)
            .map((name) => problem(name, "is missing: by it the user logs in")),
        ...Object.entries(hashes).flatMap(([name, hash]) => {
            if (!users.includes(name)) {
                const near = nearest(name, users);
                const hint = near === undefined ? "there is no user of that name" : `did you mean the user '${near}'?`;
                const key = keyAt("frontPasswordHashes", [name]);
                return [{ key, message: `belongs to none of front.users; ${hint}`, remedy: removal(key) }];
            }
            const message = typeof hash === "string" ? passwordHashProblem(hash) : "must be text";
            return message === undefined || !PersonName.safeParse(name).success ? [] : [problem(name, message)];
        }),
    ];
}
