import { PROGRAM_NAMES } from "../host/programs";
import { KUBERNETES_JOBS } from "./source";

/** Names of jobs that this program makes itself; whoever brings a job must call it otherwise. */
export const OWN_JOBS: readonly string[] = [...PROGRAM_NAMES, ...KUBERNETES_JOBS, "front"];
