import { BlockList, isIPv6 } from "node:net";
import { z } from "zod";
import { certificateProblem } from "./certificate";
import { Line } from "./lines";
import { Duration, milliseconds } from "./source";
import { hostKeyProblem } from "./ssh";

/** For checks of several fields: they run even where another field is wrong, so that all problems are found at once. */
export const ALWAYS = { when: () => true };

export function isObject(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null;
}

/** Whether a map has no value in it, at any depth, such as `pulumi config rm --path` leaves of one that had a last entry. */
export function isEmptied(value: unknown): boolean {
    return isObject(value) && !Array.isArray(value) && Object.values(value).every(isEmptied);
}

/** A field of what may be anything, since such a check sees values that are about to be refused. */
export function field(value: unknown, name: string): unknown {
    return isObject(value) ? value[name] : undefined;
}

/** Fields by which the scripts on the VM read documents, a line at a time: a label of such a name would be one of them. */
export const FIELDS_READ = "api_server|job_name|scheme|scrape_interval|scrape_timeout|\\w*_file";

const LabelName = z
    .string()
    .regex(
        new RegExp(`^(?!__|(cluster|job|instance|${FIELDS_READ})$)[a-zA-Z_]\\w*$`),
        "must be the name of a label other than cluster, job and instance, which each target has of its own here, and other than " +
            "api_server, job_name, scheme, scrape_interval, scrape_timeout and *_file",
    );

export const Labels = z.record(LabelName, Line);

/** Entries sorted by name, so that equal input gives equal bytes. */
export function sorted<T>(values: Readonly<Record<string, T>>): Record<string, T> {
    return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A TCP port. */
export const Port = z.int().min(1).max(65535);

/** A range of addresses as Kubernetes writes it (RFC 4632, RFC 4291). */
export const Cidr = z.string().refine(isCidr, "must be a range of addresses such as 198.51.100.0/24");

function isCidr(range: string): boolean {
    const [, address = "", length = ""] = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(range) ?? [];
    try {
        new BlockList().addSubnet(address, Number(length), isIPv6(address) ? "ipv6" : "ipv4");
        return true;
    } catch {
        return false;
    }
}

/** How often somebody is asked for targets. */
export const RefreshInterval = Duration.refine((interval) => milliseconds(interval) >= 1_000, "must be at least 1s");

/** A user of a Unix machine. */
export const UserName = z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, "must be the name of a user");

/** A line of `authorized_keys` form. */
export const HostKey = z.string().trim().superRefine(customIssue(hostKeyProblem));

/** One or several certificates in PEM form. */
export const Certificate = z.string().superRefine(customIssue(certificateProblem));

/** A check of one value as zod wants it. */
export function customIssue(problem: (value: string) => string | undefined) {
    return (value: string, context: z.RefinementCtx<string>) => {
        const message = problem(value);
        if (message !== undefined) {
            context.addIssue({ code: "custom", message });
        }
    };
}
