import { STATIC_API_SERVERS } from "../config/prometheus/naming";
import { demandsAnotherCertificate, type Answer } from "./doctorCauses";
import type { Attempt } from "./doctorPlan";

/** Names of the clusters of which no API server has answered, of those where one was asked. */
export function silentClusters(attempts: readonly Attempt[], answers: ReadonlyMap<number, Answer>): Set<string> {
    const silent = new Set<string>();
    const heard = new Set<string>();
    for (const [number, attempt] of attempts.entries()) {
        const answer = answers.get(number);
        if (answer !== undefined && asksApiServer(attempt)) {
            if (isSilence(answer)) silent.add(attempt.cluster);
            else if (!SAYS_NOTHING.includes(answer.exit)) heard.add(attempt.cluster);
        }
    }
    return new Set([...silent].filter((cluster) => !heard.has(cluster)));
}

/** Not what it passes on to pods, whose failures may be the pods'. */
function asksApiServer({ job, path }: Attempt): boolean {
    const isItsOwn = job === "kubernetes-apiservers" || job === STATIC_API_SERVERS;
    return path === "answers" || path === "discovery" || (path === "direct" && isItsOwn);
}

/** Of curl: no such name; and what cannot be read of the VM's own, so that nobody was asked. */
const SAYS_NOTHING = [6, 26, 58, 77];

/** Of curl: no connection, none in time, or one that was cut, as load balancers do who have nobody behind them. */
const NO_ANSWER = [7, 28, 35, 52, 56];

function isSilence({ exit, status = 0, error }: Answer): boolean {
    return exit === 0 ? status >= 500 : NO_ANSWER.includes(exit) && !demandsAnotherCertificate(error);
}
