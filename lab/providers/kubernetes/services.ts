// When a Service counts as ready (await/service.go).
import { isReason, type Client } from "./client";
import { field, isFields, list, nameOf, namespaceOf, text, type Fields } from "./objects";
import type { Readiness } from "./workloads";

// For how long a Service's endpoints must not have changed, in milliseconds.
const settleTime = 10_000;

export interface ServiceState {
    /** Whether it has the address of its load balancer, or needs none. */
    readonly balanced: boolean;
    /** Whether it waits for pods that are not ready. */
    readonly pending: boolean;
    /** Whether pods are selected at all. */
    readonly selects: boolean;
    readonly reasons: readonly string[];
}

export function isService(object: Fields): boolean {
    return object["kind"] === "Service" && object["apiVersion"] === "v1";
}

/** The Endpoints of a Service; undefined while there are none. */
export async function endpointsOf(client: Client, service: Fields): Promise<Fields | undefined> {
    try {
        const kind = { group: "", version: "v1", kind: "Endpoints" };
        return await client.call("GET", await client.path(kind, namespaceOf(service), nameOf(service)));
    } catch (error) {
        if (isReason(error, "NotFound")) {
            return undefined;
        }
        throw error;
    }
}

export function serviceState(service: Fields, endpoints: Fields | undefined): ServiceState {
    const type = text(service, "spec", "type");
    const selector = field(service, "spec", "selector");
    const balanced = type !== "LoadBalancer" || list(service, "status", "loadBalancer", "ingress").length > 0;
    const headless = type === "ExternalName" || text(service, "spec", "clusterIP") === "None";
    const selects = !headless && isFields(selector) && Object.keys(selector).length > 0;
    const subsets = selects ? list(endpoints, "subsets") : [];
    const reasons: string[] = [];
    if (selects && !subsets.some((subset) => list(subset, "addresses").length > 0)) {
        reasons.push(
            "Service does not target any Pods. Selected Pods may not be ready, or " +
                "field '.spec.selector' may not match labels on any Pods",
        );
    }
    if (!balanced) {
        reasons.push("Service was not allocated an IP address; does your cloud provider support this?");
    }
    const pending = subsets.some((subset) => list(subset, "notReadyAddresses").length > 0);
    return { balanced, pending, selects, reasons };
}

/** Follows one Service: its endpoints must have stood still for a while, none of them waiting. */
export function serviceWatch(client: Client): {
    check: (service: Fields) => Promise<Readiness>;
    /** Whether the Service will do at the end of the time, though its endpoints never stood still. */
    goodEnough: () => boolean;
} {
    let version: string | undefined;
    let since = 0;
    let last: ServiceState | undefined;
    return {
        check: async (service) => {
            const endpoints = await endpointsOf(client, service);
            const seen = endpoints && text(endpoints, "metadata", "resourceVersion");
            if (seen !== version) {
                version = seen;
                since = Date.now();
            }
            last = serviceState(service, endpoints);
            const settled = !last.selects || (version !== undefined && Date.now() - since >= settleTime);
            return { ready: last.balanced && settled && !last.pending, reasons: last.reasons };
        },
        goodEnough: () => last?.balanced === true && !last.pending,
    };
}
