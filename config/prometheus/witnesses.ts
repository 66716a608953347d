import { PROGRAMS } from "../../host/programs";
import type { Duration, ScrapeSource } from "../source";
import { targetOf } from "../url";
import { identity, jobBasics, type Job } from "./job";

/** Modules of the blackbox_exporter: what answers is looked at, not trusted, and is shown nothing. */
const STATUS = "kubernetes_status";
const HANDSHAKE = "tls_handshake";

/**
 * Probes that need no API server to let them in, and no discovery: whether it answers at all and with which status, and whether
 * the Prometheus in the cluster can still be reached where the way there is another.
 */
export function witnessJobs(source: ScrapeSource, interval: Duration): Job[] {
    const { server, federation } = source;
    const { address } = targetOf(server);
    const { scheme = "https", targets = [] } = federation ?? {};
    const others = [...new Set(targets.map((target) => target.address))].filter((each) => each !== address);
    return [
        witness(source.name, "probe-apiserver", STATUS, [`${server.replace(/\/$/, "")}/readyz`], interval),
        ...(others.length === 0
            ? []
            : [
                  witness(
                      source.name,
                      "probe-federation",
                      scheme === "https" ? HANDSHAKE : "tcp_connect",
                      others,
                      interval,
                  ),
              ]),
    ];
}

function witness(cluster: string, job: string, module: string, targets: string[], interval: Duration): Job {
    return {
        cluster,
        job,
        path: "direct",
        scrape: {
            ...jobBasics(cluster, job, interval),
            metrics_path: "/probe",
            params: { module: [module] },
            static_configs: [{ targets }],
            relabel_configs: [
                { source_labels: ["__address__"], target_label: "__param_target" },
                { source_labels: ["__param_target"], target_label: "instance" },
                { target_label: "__address__", replacement: PROGRAMS.blackbox_exporter.address },
                ...identity(cluster, job),
            ],
        },
    };
}

/** How the blackbox_exporter probes: a certificate that is not trusted says as much of what is alive as any other. */
export const WITNESS_MODULES: object = {
    [STATUS]: {
        prober: "http",
        http: { follow_redirects: false, tls_config: { insecure_skip_verify: true } },
    },
    [HANDSHAKE]: { prober: "tcp", tcp: { tls: true, tls_config: { insecure_skip_verify: true } } },
};
