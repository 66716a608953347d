import { PersonName } from "./front";
import { certificateKeyProblem } from "./privateKey";
import type { Problem } from "./problems";
import { field, isObject } from "./scalars";
import { byNameProblems } from "./secretsByName";
import { textProblem } from "./secretText";

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
    const message = textProblem(key, (text) => certificateKeyProblem(text, certificate, "front.certificate"));
    return message === undefined ? [] : problem(message);
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
    const users = field(front, "users");
    return byNameProblems(hashes, {
        key: "frontPasswordHashes",
        each: "one hash by user name",
        owner: "user",
        owners: new Map(
            Object.keys(isObject(users) ? users : {}).map((name) => {
                // A name that is refused anyway is no reason to ask for a hash of that name.
                const isName = PersonName.safeParse(name).success;
                const missing = isName ? "is missing: by it the user logs in" : undefined;
                return [name, { missing, check: (hash) => (isName ? passwordHashProblem(hash) : undefined) }];
            }),
        ),
        // -s drops the empty line that htpasswd ends with.
        remedy: (key) => `htpasswd -nBC 10 NAME | cut -s -d : -f 2 | pulumi config set --secret --path '${key}'`,
        stranger: "belongs to none of front.users",
    });
}
