import type { FrontConfig } from "./front";
import { frontModules } from "./prometheus/front";
import type { Companion } from "./programs";
import { WITNESS_MODULES } from "./prometheus/witnesses";
import { renderYaml } from "./prometheus/render";
import type { Document } from "./prometheus/document";

/** The configuration that a companion starts with, below its own directory; it does what its program has no default for. */
export function companionDocuments(program: Companion, front?: FrontConfig): Document[] {
    const document = companionDocument(program, front);
    return document === undefined ? [] : [{ path: `${program}.yml`, mode: "0640", content: renderYaml(document) }];
}

function companionDocument(program: Companion, front?: FrontConfig): object | undefined {
    switch (program) {
        case "node_exporter":
            return undefined;
        case "alertmanager":
            // Alerts are kept and shown; nobody is told.
            return { route: { receiver: "none" }, receivers: [{ name: "none" }] };
        case "blackbox_exporter":
            return {
                modules: {
                    http_2xx: { prober: "http" },
                    tcp_connect: { prober: "tcp" },
                    tcp_tls: { prober: "tcp", tcp: { tls: true } },
                    ...WITNESS_MODULES,
                    ...(front === undefined ? {} : frontModules(front)),
                },
            };
    }
}
