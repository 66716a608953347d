import { PROGRAMS } from "../../host/programs";
import { type FrontConfig, frontUrl } from "../front";
import type { Duration } from "../source";
import { jobBasics, type Job } from "./job";

/** Module of the blackbox_exporter. */
const MODULE = "front";

/** A probe of Prometheus through its own front, on the VM: whether it answers, and until when the certificate is good. */
export function frontJob(front: FrontConfig, interval: Duration): Job {
    return {
        cluster: "",
        job: "front",
        path: "direct",
        scrape: {
            ...jobBasics("", "front", interval),
            metrics_path: "/probe",
            params: { module: [MODULE], target: [`https://127.0.0.1${front.path}-/ready`] },
            static_configs: [
                {
                    targets: [PROGRAMS.blackbox_exporter.address],
                    labels: { instance: frontUrl(front), renewal: front.certificateFile === undefined ? "up" : "vm" },
                },
            ],
        },
    };
}

/** How the blackbox_exporter probes it. */
export function frontModules({ serverName }: FrontConfig): object {
    return {
        [MODULE]: {
            prober: "http",
            http: {
                headers: { Host: serverName },
                follow_redirects: false,
                preferred_ip_protocol: "ip4",
                // Of a certificate that is not trusted, too, it must tell until when it is good.
                tls_config: { server_name: serverName, insecure_skip_verify: true },
            },
        },
    };
}
