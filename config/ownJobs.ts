import { PROGRAM_NAMES } from "../host/programs";
import { NAMES_ELSEWHERE, slow, STATIC_API_SERVERS, WITNESSES } from "./prometheus/naming";
import { ANNOTATED_JOBS, EVIDENCE_JOBS, KUBERNETES_JOBS } from "./source";

/** What series of the VM's own making have as `job`, federation apart; whoever brings a job must call it otherwise. */
export const OWN_JOBS: readonly string[] = [
    ...PROGRAM_NAMES,
    ...KUBERNETES_JOBS,
    STATIC_API_SERVERS,
    ...ANNOTATED_JOBS.map(slow),
    ...EVIDENCE_JOBS,
    ...new Set(NAMES_ELSEWHERE),
    ...Object.values(WITNESSES),
    "front",
];
