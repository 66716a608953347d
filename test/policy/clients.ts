import * as yaml from "js-yaml";
import { CREDENTIALS_DIRECTORY } from "../../config/prometheus/credentials";
import { field, isObject } from "../../config/scalars";
import { RENEWAL_HOME } from "../../host/renewal";
import type { Deployed, Violation } from "./deployed";
import { documentsOf } from "./files";

/** Tokens of accounts that read metrics and nothing else. */
const HARMLESS = new RegExp(`^(${CREDENTIALS_DIRECTORY}|${RENEWAL_HOME}/tokens)/[^/]+/(kubelet|metrics)\\.token$`);

/** Where Prometheus shows something worth stealing to whoever answers, or takes an API server's word without a proof. */
export function uncheckedTls({ resources }: Deployed): Violation[] {
    return resources.flatMap((resource) =>
        documentsOf(resource)
            .flatMap(({ path, content }) => clients(yaml.load(content)).map((client) => ({ path, ...client })))
            // A file of the user's own has text in the place of other values.
            .filter(({ fields }) => String(field(field(fields, "tls_config"), "insecure_skip_verify")) === "true")
            .flatMap(({ path, name, isApiServer, fields }) =>
                [...(isApiServer ? ["is an API server's"] : []), ...shownTo(fields).map((what) => `shows ${what}`)].map(
                    (why) => ({ resource, what: `takes any certificate in ${path} for ${name}, which ${why}` }),
                ),
            ),
    );
}

interface Client {
    readonly name: string;
    readonly isApiServer: boolean;
    readonly fields: unknown;
}

/** Whatever sends requests, of one document. */
function clients(document: unknown): Client[] {
    const other = (what: string, list: unknown) =>
        items(list).map((fields, i): Client => ({ name: `${what}[${i}]`, isApiServer: false, fields }));
    return [
        ...items(field(document, "scrape_configs")).flatMap((fields) => scrapeClients(fields)),
        ...other("alertmanagers", field(field(document, "alerting"), "alertmanagers")),
        ...other("remote_write", field(document, "remote_write")),
        ...other("remote_read", field(document, "remote_read")),
    ];
}

function scrapeClients(job: unknown): Client[] {
    const name = String(field(job, "job_name"));
    const discoveries = Object.entries(isObject(job) ? job : {}).filter(([key]) => key.endsWith("_sd_configs"));
    return [
        { name: `the job ${name}`, isApiServer: /\/kubernetes-apiservers(-static)?$/.test(name), fields: job },
        ...discoveries.flatMap(([key, list]) =>
            items(list).map((fields) => ({
                name: `${key} of the job ${name}`,
                isApiServer: key === "kubernetes_sd_configs",
                fields,
            })),
        ),
    ];
}

/** What a client shows that does more than read metrics, or may; a certificate's key is not shown to anybody. */
function shownTo(fields: unknown): string[] {
    const authorization = field(fields, "authorization");
    const token = field(authorization, "credentials_file") ?? field(fields, "bearer_token_file");
    return [
        ...(typeof token === "string" && !HARMLESS.test(token) ? [token] : []),
        ...["basic_auth", "oauth2", "sigv4", "azuread", "google_iam"].filter((key) => field(fields, key) !== undefined),
    ];
}

function items(list: unknown): unknown[] {
    return Array.isArray(list) ? list : [];
}
