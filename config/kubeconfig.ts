import * as yaml from "js-yaml";
import { z } from "zod";
import { shown } from "./problems";

const Kubeconfig = z.object({
    "current-context": z.string().optional(),
    contexts: z.array(z.object({ name: z.string() })),
    clusters: z.array(z.object({ name: z.string() })),
});

/**
 * What is wrong with a kubeconfig; undefined if nothing is. A parser's own message would quote the text, so it is never
 * passed on.
 */
export function kubeconfigProblem(text: string, context: string | undefined): string | undefined {
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
    return undefined;
}

function parse(text: string): z.infer<typeof Kubeconfig> | undefined {
    try {
        return Kubeconfig.safeParse(yaml.load(text)).data;
    } catch {
        return undefined;
    }
}
