import { PROGRAMS } from "../../host/programs";
import type { Duration, ScrapeSource } from "../source";
import { targetOf } from "../url";
import { identity, jobBasics, type Job } from "./job";
import { WITNESSES } from "./naming";
import { knowsNodes, listedNodes } from "./nodes";
import type { ScrapeConfig } from "./types";

/** Modules of the blackbox_exporter: what answers is looked at, not trusted, and is shown nothing. */
const STATUS = "kubernetes_status";
const HANDSHAKE = "tls_handshake";

/**
 * Probes that need no API server to let them in, and none to find them: whether it answers at all and with which status, whether
 * each kubelet does, and whether the Prometheus in the cluster can still be reached where the way there is another.
 */
export function witnessJobs(source: ScrapeSource, interval: Duration): Job[] {
    const { server, federation } = source;
    const { scheme = "https", targets = [] } = federation ?? {};
    const address = server && targetOf(server).address;
    const others = [...new Set(targets.map((target) => target.address))].filter((each) => each !== address);
    return [
        ...(server === undefined
            ? []
            : [
                  witness(
                      source.name,
                      WITNESSES.apiServer,
                      STATUS,
                      to([`${server.replace(/\/$/, "")}/readyz`]),
                      interval,
                  ),
              ]),
        ...(knowsNodes(source) ? [witness(source.name, WITNESSES.kubelet, HANDSHAKE, kubelets(source), interval)] : []),
        ...(others.length === 0
            ? []
            : [
                  witness(
                      source.name,
                      WITNESSES.federation,
                      scheme === "https" ? HANDSHAKE : "tcp_connect",
                      to(others),
                      interval,
                  ),
              ]),
    ];
}

interface Targets {
    readonly places: Pick<ScrapeConfig, "static_configs" | "file_sd_configs">;
    /** Label of a target that is its `instance`. */
    readonly instance: string;
}

function to(targets: string[]): Targets {
    return { places: { static_configs: [{ targets }] }, instance: "__param_target" };
}

function kubelets(source: ScrapeSource): Targets {
    return { places: { file_sd_configs: [listedNodes(source)] }, instance: "__meta_kubernetes_node_name" };
}

function witness(cluster: string, job: string, module: string, { places, instance }: Targets, interval: Duration): Job {
    return {
        cluster,
        job,
        path: "direct",
        scrape: {
            ...jobBasics(cluster, job, interval),
            metrics_path: "/probe",
            params: { module: [module] },
            ...places,
            relabel_configs: [
                { source_labels: ["__address__"], target_label: "__param_target" },
                { source_labels: [instance], target_label: "instance" },
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
