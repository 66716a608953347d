import { isAnnotated, KUBERNETES_JOBS, type KubernetesJob } from "../source";
import type { RelabelConfig } from "./types";

/** Far above what one job of a cluster brings, far below what would fill the VM's memory. */
export const LIMITS = { sample_limit: 200_000, label_limit: 64, body_size_limit: "200MB" };

/** Names that series of the VM's own making have, besides those of the jobs themselves. */
const OWN = ["kubernetes-apiservers-static", "federate/.+"];

/**
 * Lets series that keep their own labels (`honor_labels`) be none of another cluster or of another job. The order matters:
 * first none stay under the name of another job; then a foreign `cluster` is kept as `exported_cluster` (or two series that
 * differ in it alone would become one), then the label is forced.
 */
export function guard(cluster: string, job: KubernetesJob): RelabelConfig[] {
    const others = KUBERNETES_JOBS.filter((other) => other !== job).map((other) =>
        isAnnotated(other) ? `${other}(-slow)?` : other,
    );
    return [
        { source_labels: ["job"], regex: [...others, ...OWN].join("|"), action: "drop" },
        { source_labels: ["cluster"], regex: "(.+)", target_label: "exported_cluster" },
        { source_labels: ["cluster"], regex: cluster, target_label: "exported_cluster", replacement: "" },
        { target_label: "cluster", replacement: cluster },
    ];
}

/** A regular expression (RE2) that this text alone matches. */
export function literally(text: string): string {
    return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
