import type { BundleFile } from "../../host/bundle";
import { HTTPD_SITE, httpdDropIn } from "../../host/httpd";
import type { FrontConfig } from "../front";
import { frontDocument, type Person } from "./document";

/** What httpd and its unit are told, as files of a version of the front; no secret among them. */
export function frontFiles(front: FrontConfig, queryTimeout: number): BundleFile[] {
    const document = frontDocument({
        ...front,
        users: people(front.users),
        clients: people(front.clients),
        queryTimeout,
    });
    return [
        { path: "front.conf", mode: "0644", content: document },
        { path: "site.conf", mode: "0644", content: HTTPD_SITE },
        { path: "unit.conf", mode: "0644", content: httpdDropIn(front.keyFile ?? "") },
    ];
}

function people(byName: FrontConfig["users"]): Person[] {
    return Object.entries(byName)
        .map(([name, { roles }]) => ({ name, roles }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
}
