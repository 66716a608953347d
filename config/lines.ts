import { isIPv6 } from "node:net";
import { z } from "zod";
import { FRAME } from "../host/bundle";

/** Text that nobody who reads it by lines or by tabs can take for more than it is. */
export const Line = z.string().regex(/^\P{Cc}*$/u, "must be one line of text");

/** A host name or an IP address. */
export const Host = z
    .string()
    .regex(
        /^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9a-fA-F]*:[0-9a-fA-F:.]+)$/,
        "must be a host name or an IP address",
    )
    .refine((host) => !host.includes(":") || isIPv6(host), "must be a whole IPv6 address")
    // Longer names are none of the DNS (RFC 1035).
    .max(253);

/** A name that basic authentication can carry. */
export const UserOfHttp = z.string().regex(/^[^:\p{Cc}]{1,128}$/u, "must be a name without ':'");

/** What is wrong with a secret of one line, which the end of the file that it came from may follow (RFC 7617, section 2). */
export function secretLineProblem(text: string): string | undefined {
    return /^\P{Cc}+\n?$/u.test(text) && /\S/.test(text) && !FRAME.test(text)
        ? undefined
        : "must be one line of text, of another form than '==> … <=='";
}

/** Such a secret where another stack tells it. */
export const SecretLine = z
    .string()
    .min(1)
    .refine((text) => secretLineProblem(text) === undefined, "must be one line of text");

/** Text that can be a file on its way to the VM. */
export const UnframedText = z
    .string()
    .min(1)
    .refine((text) => !FRAME.test(text), "must hold no line of the form '==> … <=='");
