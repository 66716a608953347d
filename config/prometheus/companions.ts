import { PROGRAMS } from "../../host/programs";
import type { Companion } from "../programs";
import type { Duration } from "../source";
import { jobBasics, type Job } from "./job";
import type { PrometheusDocument } from "./types";

/** A program beside Prometheus on the same VM, which listens on its loopback alone. */
export function companionJob(program: Companion, interval: Duration): Job {
    return {
        cluster: "",
        job: program,
        path: "direct",
        scrape: { ...jobBasics("", program, interval), static_configs: [{ targets: [PROGRAMS[program].address] }] },
    };
}

/** Where alerts go: to the Alertmanager on the VM, if there is one. */
export function alerting(companions: readonly Companion[]): Pick<PrometheusDocument, "alerting"> {
    return companions.includes("alertmanager")
        ? { alerting: { alertmanagers: [{ static_configs: [{ targets: [PROGRAMS.alertmanager.address] }] }] } }
        : {};
}
