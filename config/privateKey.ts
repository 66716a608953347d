import { createPrivateKey, type KeyObject } from "node:crypto";
import { certificates } from "./certificate";
import { Certificate } from "./scalars";

/** Nothing beside the key: httpd would pass over it, but it comes to the VM. */
const PEM =
    /^(-----BEGIN EC PARAMETERS-----\n[A-Za-z0-9+/=\n]+\n-----END EC PARAMETERS-----\n)?-----BEGIN ((RSA|EC) )?PRIVATE KEY-----\n[A-Za-z0-9+/=\n]+\n-----END ((RSA|EC) )?PRIVATE KEY-----\n?$/;

/**
 * What is wrong with the private key of a certificate, which goes by the name of its key in messages; undefined if nothing
 * is. Says nothing of the key.
 */
export function certificateKeyProblem(text: string, certificate: unknown, name: string): string | undefined {
    const key = privateKey(text);
    if (key === undefined) {
        return "must be a private key in PEM form, without a passphrase";
    }
    // A certificate that is no such thing is refused by its own check.
    const [given] = certificates(Certificate.safeParse(certificate).data ?? "");
    return given === undefined || given.checkPrivateKey(key)
        ? undefined
        : `is the key of another certificate than ${name}`;
}

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
