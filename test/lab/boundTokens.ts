import { RENEWAL_HOME } from "../../host/renewal";
import { vm } from "./lab";

/** What the VM scrapes in the lab's cluster by tokens. */
export const DIRECT = 'up{cluster="lab",job=~"kubernetes-(apiservers.*|nodes.*)"}';

/** As short as Kubernetes gives them. */
export const BOUND = { bound: { lifetime: "10m" } };

/** A token that the VM has got itself. */
export async function boundToken(purpose: "discovery" | "kubelet"): Promise<string> {
    return (await vm(`cat ${RENEWAL_HOME}/tokens/lab/${purpose}.token`)).trim();
}

export function claims(token: string): Record<string, unknown> & { readonly exp: number } {
    const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString();
    return JSON.parse(payload) as ReturnType<typeof claims>;
}
