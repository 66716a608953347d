import * as yaml from "js-yaml";
import { z } from "zod";
import { certificates } from "./certificate";
import { shown } from "./problems";

const Kubeconfig = z.object({
    "current-context": z.string().optional(),
    contexts: z.array(
        z.object({ name: z.string(), context: z.object({ cluster: z.string() }).optional().catch(undefined) }),
    ),
    clusters: z.array(
        z.object({
            name: z.string(),
            cluster: z.object({ "certificate-authority-data": z.base64() }).optional().catch(undefined),
        }),
    ),
});
type Kubeconfig = z.infer<typeof Kubeconfig>;

/** What a kubeconfig must lead to. */
export interface ExpectedCluster {
    /** Its current one, if not another. */
    readonly context?: string | undefined;
    /** One or several, in PEM form; undefined where it is about to be refused. */
    readonly caCertificate?: string | undefined;
}

/**
 * What is wrong with a kubeconfig; undefined if nothing is. A parser's own message would quote the text, so it is never
 * passed on.
 */
export function kubeconfigProblem(text: string, { context, caCertificate }: ExpectedCluster): string | undefined {
    const kubeconfig = parse(text);
    if (kubeconfig === undefined) {
        return "is not a kubeconfig: it must be the whole file, YAML with clusters and contexts";
    }
    const wanted = context ?? kubeconfig["current-context"];
    if (wanted === undefined || wanted === "") {
        return "has no current context, and the cluster's key 'context' names none";
    }
    if (!kubeconfig.contexts.some(({ name }) => name === wanted)) {
        return context === undefined
            ? "has a current context that is not among its contexts"
            : `has no context ${shown(context)}`;
    }
    const [found, expected] = [fingerprints(caOf(kubeconfig, wanted)), fingerprints(caCertificate)];
    return found.length === 0 || expected.length === 0 || found.some((each) => expected.includes(each))
        ? undefined
        : `is for another cluster: the CA of its context ${shown(wanted)} has the SHA-256 fingerprint ${found.join(" or ")}, ` +
              `the cluster's caCertificate ${expected.join(" or ")}`;
}

/** The CA of a context's cluster, where the kubeconfig brings one along; others are trusted by the machine, or lie in a file. */
function caOf({ contexts, clusters }: Kubeconfig, wanted: string): string | undefined {
    const name = contexts.find((each) => each.name === wanted)?.context?.cluster;
    const data = clusters.find((each) => each.name === name)?.cluster?.["certificate-authority-data"];
    return data === undefined ? undefined : Buffer.from(data, "base64").toString();
}

/** None where the text cannot be read as certificates. */
function fingerprints(text = ""): string[] {
    try {
        return certificates(text).map(({ fingerprint256 }) => fingerprint256);
    } catch {
        return [];
    }
}

function parse(text: string): Kubeconfig | undefined {
    try {
        return Kubeconfig.safeParse(yaml.load(text)).data;
    } catch {
        return undefined;
    }
}
