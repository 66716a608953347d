import { field, isObject } from "./scalars";
import { KUBERNETES_JOBS, SOURCE_VERSION } from "./source";

/**
 * What an older program said of a cluster, in the words of the contract's newest version. On a bad day the cluster cannot
 * be deployed anew, so a VM's stack has to understand what is there. Checks nothing: that is the schema's part.
 */
export function newestSource(source: unknown): unknown {
    // Version 2 knew no path through the API server for pods and Services, version 3 no jobs but the five, version 4 clusters alone.
    if (isObject(source) && [2, 3, 4].some((version) => source["version"] === version)) {
        return { ...source, version: SOURCE_VERSION };
    }
    if (!isObject(source) || source["version"] !== 1) {
        return source;
    }
    const { federation, ...rest } = source;
    return {
        ...rest,
        version: SOURCE_VERSION,
        ...(federation !== undefined && { federation: gatewayFederation(federation, source["jobs"]) }),
    };
}

/** Version 1 knew one way, the gateway, and one name for each job. */
function gatewayFederation(federation: unknown, jobs: unknown): unknown {
    const targets = field(federation, "targets");
    const federated = KUBERNETES_JOBS.filter((job) => field(field(jobs, job), "path") === "federate");
    return {
        scheme: "https",
        targets: Array.isArray(targets)
            ? targets.map((target: unknown) => ({ ...(target as object), metricsPath: "/federate" }))
            : targets,
        serverName: field(federation, "serverName"),
        ca: "own",
        shows: ["certificate"],
        matchers: Object.fromEntries(federated.map((job) => [job, [{ label: "job", operator: "=", value: job }]])),
    };
}

/** The same of credentials, of which older versions had a part of what there is now. */
export function newestCredentials(credentials: unknown): unknown {
    const isOlder = isObject(credentials) && [1, 2, 3, 4].some((version) => credentials["version"] === version);
    return isOlder ? { ...credentials, version: SOURCE_VERSION } : credentials;
}
