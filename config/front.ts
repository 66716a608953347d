import { isIPv4 } from "node:net";
import { z } from "zod";
import { type Role, ROLES } from "./httpd/paths";
import { ALWAYS, Certificate, field, isObject } from "./scalars";

/** In one spelling, since it is compared with what clients ask for, and stands in URLs. */
export const ServerName = z
    .string()
    .regex(
        /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/,
        "must be a host name in lower case, or an IPv4 address",
    )
    .refine((name) => !name.endsWith(".invalid"), "must not end in .invalid, which is for names that do not exist")
    .refine(
        (name) => isIPv4(name) || !/(^|\.)\d+$/.test(name),
        "must not end in a number, unless it is an IPv4 address of four parts up to 255",
    )
    .max(253);

/** A path below which a program is, behind the front. */
const FrontPath = z
    .string()
    .regex(
        /^\/([a-z0-9]([a-z0-9-]*[a-z0-9])?\/)*$/,
        "must begin and end with '/', with lower-case letters, digits and '-' in between",
    )
    .max(100);

/** As it stands in httpd's file of users, and in its list of those who may do something. */
export const PersonName = z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "must be letters, digits, '.', '_' and '-', a letter or a digit first");

const Person = z.strictObject({
    roles: z
        .array(z.enum(ROLES))
        .min(1)
        .describe(
            "What is allowed: `viewer` (interface and queries), `federator` (`/federate`), `writer` (remote write, which any of " +
                "this role switches on), `silencer` (silences of the Alertmanager)",
        ),
});

const VmPath = z
    .string()
    .regex(/^\/[\w./@+-]+$/, "must be an absolute path on the VM, of letters, digits and './@+-_'")
    .max(300);

export const FrontConfig = z
    .strictObject({
        serverName: ServerName.describe("The host name in the URL, for which the certificate must be"),
        aliases: z.array(ServerName).default([]).describe("Other names under which it answers"),
        path: FrontPath.default("/").describe("Where Prometheus is below that name"),
        alertmanagerPath: FrontPath.optional().describe(
            "Where the Alertmanager is, such as `/alertmanager/`; without it nobody reaches it through the front",
        ),
        certificate: Certificate.optional().describe(
            "Certificate in PEM form, that of the server first, then those that lead to its CA; its key is `frontPrivateKey`. " +
                "Without it, and without `certificateFile`, a CA and a certificate are made here",
        ),
        caCertificate: Certificate.optional().describe(
            "The CA that the given certificate comes from, in PEM form, where it is not one that everybody trusts",
        ),
        certificateFile: VmPath.optional().describe(
            "The same as `certificate`, as a file on the VM that something else keeps up to date, such as an ACME client, " +
                "which then reloads httpd itself",
        ),
        keyFile: VmPath.optional().describe("The key to `certificateFile`, a file on the VM"),
        users: z
            .record(PersonName, Person)
            .default({})
            .describe("People, by the name that they log in with; each has a hash in `frontPasswordHashes`"),
        clients: z
            .record(PersonName, Person)
            .default({})
            .describe(
                "Machines, by the common name of their certificate, which is made here unless `clientCaCertificate` is set",
            ),
        clientCaCertificate: Certificate.optional().describe(
            "CA in PEM form that the certificates of `clients` come from, if they are not to be made here",
        ),
        requiresClientCertificate: z
            .boolean()
            .default(false)
            .describe("Whether nobody gets in without a certificate of one of `clients`, whatever the password"),
        openHealth: z.boolean().default(false).describe("Whether anybody may ask `/-/healthy` and `/-/ready`"),
    })
    .superRefine(together, ALWAYS);
export type FrontConfig = z.infer<typeof FrontConfig>;

/** What is wrong with fields that each are right; any of them may be about to be refused, and then counts as given. */
function together(front: unknown, context: z.RefinementCtx): void {
    if (!isObject(front)) {
        return;
    }
    const issue = (path: string, message: string) => {
        context.addIssue({ code: "custom", path: [path], message });
    };
    const has = (name: string) => front[name] !== undefined;
    const [users, clients] = [people(front["users"]), people(front["clients"])];
    if (users.length + clients.length === 0) {
        issue("users", "must not be empty unless there are clients: nobody could get in");
    }
    if (has("certificateFile") !== has("keyFile")) {
        issue(
            has("keyFile") ? "certificateFile" : "keyFile",
            "is missing: certificateFile and keyFile belong together",
        );
    }
    if (has("certificate") && has("certificateFile")) {
        issue("certificateFile", "must not be set beside certificate: the two mean the same");
    }
    if (has("caCertificate") && !has("certificate") && !has("certificateFile")) {
        issue(
            "caCertificate",
            "must not be set without a certificate of its own: one that is made here has a CA of its own",
        );
    }
    if (front["requiresClientCertificate"] === true && clients.length === 0) {
        issue("requiresClientCertificate", "must not be true without clients: nobody could get in");
    }
    if (has("clientCaCertificate") && clients.length === 0) {
        issue("clientCaCertificate", "must not be set without clients");
    }
    if ([...users, ...clients].some((roles) => roles.includes("silencer")) && !has("alertmanagerPath")) {
        issue("alertmanagerPath", "is missing, but there are silencers");
    }
    const problem = pathProblem(front["path"] ?? "/", front["alertmanagerPath"]);
    if (problem !== undefined) {
        issue("alertmanagerPath", problem);
    }
}

/** The roles of each. */
function people(all: unknown = {}): unknown[][] {
    return isObject(all) ? Object.values(all).map((person) => [field(person, "roles")].flat()) : [[]];
}

/** First parts of Prometheus's own paths; its pages beginning with `-` cannot be meant. */
const TAKEN =
    /^\/(api|assets|query|graph|alerts|rules|targets|service-discovery|alertmanager-discovery|status|tsdb-status|flags|config|version|metrics|federate)\//;

function pathProblem(path: unknown, alertmanagerPath: unknown): string | undefined {
    if (typeof path !== "string" || typeof alertmanagerPath !== "string") {
        return undefined;
    }
    if (path === "/") {
        return alertmanagerPath === "/" || TAKEN.test(alertmanagerPath)
            ? "must be a path that Prometheus does not have itself"
            : undefined;
    }
    return alertmanagerPath.startsWith(path) || path.startsWith(alertmanagerPath)
        ? "must not be the path of Prometheus, nor above or below it"
        : undefined;
}

/** Whether anybody, person or machine, has that role. */
export function hasRole({ users, clients }: FrontConfig, role: Role): boolean {
    return [...Object.values(users), ...Object.values(clients)].some(({ roles }) => roles.includes(role));
}

/** The URL of Prometheus behind the front. */
export function frontUrl({ serverName, path }: FrontConfig): string {
    return `https://${serverName}${path}`;
}
