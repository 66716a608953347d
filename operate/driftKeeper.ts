import { KEEPER_SERVICE } from "../host/keeper";
import type { DeclaredProgram } from "./declared";
import type { Facts } from "./driftFacts";
import type { Finding } from "./driftFinding";
import { timedFindings } from "./driftTimed";

/** What differs in what keeps lists of nodes beside Prometheus. What is in the lists is the clusters' to say. */
export function keeperFindings(programs: readonly DeclaredProgram[], facts: Facts): Finding[] {
    const program = programs.find(({ configuration }) => configuration !== undefined);
    const files = program?.keeper ?? [];
    return timedFindings(program, { folder: "keeper", service: KEEPER_SERVICE, step: "configuration", files }, facts);
}
