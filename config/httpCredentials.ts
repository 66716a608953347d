import type { CredentialFile } from "./credentials";
import type { HttpClient } from "./httpClient";
import type { HttpSecrets } from "./httpSecrets";
import type { Scraping } from "./prometheus/document";
import { httpFolder, type HttpPlace } from "./prometheus/httpClient";

/** All that have HTTP clients with credentials. */
export type HttpServices = Pick<Scraping, "scrapeJobs" | "alertmanagers" | "remoteWrite">;

/** The credentials of all HTTP clients as files, where the documents name them, in the order of their places. */
export function httpCredentialFiles(services: HttpServices, secrets: HttpSecrets): CredentialFile[] {
    return clients(services).flatMap(({ place, client }) => {
        const [key, name, part] = place;
        const own = key === "scrapeJobs" && part ? secrets.scrapeJobs[name]?.[part] : secrets[key][name];
        const files = [
            ["ca.crt", client.caCertificate],
            ["client.crt", client.clientCertificate],
            ["client.key", client.clientCertificate && own?.privateKey],
            ["password", client.username && own?.password],
            ["credentials", client.authorization && own?.credentials],
        ] as const;
        return files.flatMap(([file, content]) =>
            content === undefined ? [] : [{ path: `${httpFolder(place)}/${file}`, mode: "0640" as const, content }],
        );
    });
}

function clients({ scrapeJobs, alertmanagers, remoteWrite }: HttpServices) {
    const all: { place: HttpPlace; client: HttpClient }[] = [
        ...scrapeJobs.flatMap((job) => [
            { place: ["scrapeJobs", job.name] as const, client: job },
            ...(job.httpSd ? [{ place: ["scrapeJobs", job.name, "httpSd"] as const, client: job.httpSd }] : []),
        ]),
        ...alertmanagers.map((client) => ({ place: ["alertmanagers", client.name] as const, client })),
        ...remoteWrite.map((client) => ({ place: ["remoteWrite", client.name] as const, client })),
    ];
    return all.sort((a, b) => (httpFolder(a.place) < httpFolder(b.place) ? -1 : 1));
}
