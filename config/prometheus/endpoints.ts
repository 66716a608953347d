import type { ScrapeSource } from "../source";
import { federationFiles } from "./federation";

/**
 * How each federated replica is asked by hand, a line each, as host/offers.sh reads it: cluster, replica, URL, CA,
 * certificate, key, user name, password file, token file, name in the certificate. Names files, and holds no secret.
 */
export function endpointLines(sources: readonly ScrapeSource[]): string {
    return sources.flatMap(sourceLines).join("\n");
}

function sourceLines(source: ScrapeSource): string[] {
    const { name, federation } = source;
    if (federation === undefined) {
        return [];
    }
    const { ca, certificate, key, password, token } = federationFiles(source, federation);
    const { scheme, serverName, targets, username } = federation;
    return targets.map(({ address, metricsPath, replica }) => {
        const url = `${scheme}://${address}${metricsPath}`;
        return [name, replica, url, ca, certificate, key, username, password, token, serverName]
            .map((value) => value ?? "-")
            .join("\t");
    });
}
