import type { Duration } from "../source";
import { jobBasics, type Job } from "./job";

/** Prometheus itself, which listens on the VM's loopback alone. */
export function selfJob(interval: Duration): Job {
    return {
        cluster: "",
        job: "prometheus",
        path: "direct",
        scrape: { ...jobBasics("", "prometheus", interval), static_configs: [{ targets: ["127.0.0.1:9090"] }] },
    };
}
