import { type BundleFile, unbundle } from "../../host/bundle";
import type { Resource } from "./deployed";

/** The files that a step takes to the VM. */
export function filesOf({ inputs }: Resource): BundleFile[] {
    const { stdin } = inputs;
    return typeof stdin === "string" && stdin.startsWith("==> ") ? unbundle(stdin) : [];
}

/** Of them those that Prometheus and its companions are told by, which previews and their own pages show. */
export function documentsOf(resource: Resource): BundleFile[] {
    return filesOf(resource).filter(({ path }) => path.endsWith(".yml"));
}
