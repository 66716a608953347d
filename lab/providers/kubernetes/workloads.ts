// When a Deployment or a StatefulSet counts as ready, and why not (await/deployment.go, await/statefulset.go).
import { field, isOwnedBy, list, nameOf, namespaceOf, number, text, type Fields } from "./objects";

/** Whether an object is what was asked for, and what is missing. */
export interface Readiness {
    readonly ready: boolean;
    readonly reasons: readonly string[];
}

const revisionOf = (object: Fields): string =>
    text(object, "metadata", "annotations", "deployment.kubernetes.io/revision");

/** `previous` is the live object before the update; undefined for a new one. */
export function deploymentReadiness(
    deployment: Fields,
    replicaSets: readonly Fields[],
    pods: readonly Fields[],
    previous?: Fields,
): Readiness {
    if (number(deployment, "status", "observedGeneration") !== number(deployment, "metadata", "generation")) {
        return { ready: false, reasons: ["Minimum number of live Pods was not attained"] };
    }
    const revision = revisionOf(deployment);
    const conditions = list(deployment, "status", "conditions");
    const holds = (type: string): Fields | undefined =>
        conditions.find((condition) => condition["type"] === type && condition["status"] === "True");
    const available = holds("Available") !== undefined;
    const rolledOut = text(holds("Progressing"), "reason") === "NewReplicaSetAvailable";
    const replicaSet = replicaSets.find((set) => isOwnedBy(set, deployment) && revisionOf(set) === revision);
    const live = revision !== "" && replicaSet !== undefined && hasReplicas(replicaSet);
    if (available && live && (revision === "1" || rolledOut)) {
        return { ready: true, reasons: [] };
    }

    const reasons = conditions
        .filter(({ type, status }) => (type === "Available" || type === "Progressing") && status !== "True")
        .map((condition) => `[${text(condition, "reason")}] ${text(condition, "message")}`);
    const rolling = previous !== undefined && revisionOf(previous) !== revision;
    if (!available) {
        reasons.push("Minimum number of live Pods was not attained");
    } else if (rolling && rolledOut) {
        reasons.push("Attempted to roll forward to new ReplicaSet, but minimum number of Pods did not become live");
    } else {
        reasons.push("Minimum number of Pods to consider the application live was not attained");
    }
    const ours = pods.filter((pod) => replicaSet !== undefined && isOwnedBy(pod, replicaSet));
    return { ready: false, reasons: [...reasons, ...ours.flatMap(podProblems)] };
}

function hasReplicas(replicaSet: Fields): boolean {
    return (number(replicaSet, "status", "readyReplicas") ?? 0) >= (number(replicaSet, "spec", "replicas") ?? 1);
}

export function statefulSetReadiness(statefulSet: Fields, pods: readonly Fields[]): Readiness {
    const generation = number(statefulSet, "metadata", "generation") ?? 0;
    const observed = number(statefulSet, "status", "observedGeneration") ?? -1;
    const replicas = number(statefulSet, "spec", "replicas") ?? 0;
    const status = (key: string): number => number(statefulSet, "status", key) ?? 0;
    const current = text(statefulSet, "status", "currentRevision");
    const target = text(statefulSet, "status", "updateRevision");
    const onDelete = generation > 1 && field(statefulSet, "spec", "updateStrategy", "type") === "OnDelete";

    const seen = generation > 0 && observed >= generation;
    const revisionReady = seen && (onDelete || (current !== "" && current === target));
    const replicasReady =
        seen &&
        replicas === status("replicas") &&
        replicas === status("readyReplicas") &&
        (onDelete || replicas === status("currentReplicas"));
    if (revisionReady && replicasReady) {
        return { ready: true, reasons: [] };
    }
    const reasons: string[] = [];
    if (!replicasReady) {
        const ready = revisionReady
            ? status("readyReplicas")
            : Math.min(status("readyReplicas"), status("updatedReplicas"));
        reasons.push(`${ready} out of ${replicas} replicas succeeded readiness checks`);
    }
    if (!revisionReady) {
        reasons.push(`StatefulSet controller failed to advance from revision "${current}" to revision "${target}"`);
    }
    const ours = pods.filter((pod) => isOwnedBy(pod, statefulSet));
    return { ready: false, reasons: [...reasons, ...ours.flatMap(podProblems)] };
}

/** Why a pod does not run: not scheduled, or containers that wait or died. */
function podProblems(pod: Fields): string[] {
    const name = `[Pod ${namespaceOf(pod)}/${nameOf(pod)}]`;
    const scheduled = list(pod, "status", "conditions").find(({ type }) => type === "PodScheduled");
    if (scheduled?.["status"] === "False") {
        return [`${name}: [${text(scheduled, "reason")}] ${text(scheduled, "message")}`];
    }
    return list(pod, "status", "containerStatuses")
        .filter((container) => container["ready"] !== true)
        .map((container) => {
            const state = field(container, "state", "waiting") ?? field(container, "state", "terminated");
            const cause = state === undefined ? "" : ` -- [${text(state, "reason")}] ${text(state, "message")}`;
            return `${name}: containers with unready status: [${text(container, "name")}]${cause.trimEnd()}`;
        });
}
