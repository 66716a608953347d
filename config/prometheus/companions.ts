import { PROGRAMS } from "../../host/programs";
import type { Companion } from "../programs";
import type { Duration } from "../source";
import { jobBasics, type Job } from "./job";

/** A program beside Prometheus on the same VM, which listens on its loopback alone. */
export function companionJob(program: Companion, interval: Duration): Job {
    return {
        cluster: "",
        job: program,
        path: "direct",
        scrape: { ...jobBasics("", program, interval), static_configs: [{ targets: [PROGRAMS[program].address] }] },
    };
}
