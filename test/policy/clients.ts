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
            .flatMap(({ path, name, isApiServer, ...client }) =>
                unchecked(client).flatMap((how) =>
                    [
                        ...(isApiServer ? ["is an API server's"] : []),
                        ...shownTo(client.fields).map((what) => `shows ${what}`),
                    ].map((why) => ({ resource, what: `${how} in ${path} for ${name}, which ${why}` })),
                ),
            ),
    );
}

/** How it comes that whoever answers is not asked who it is. */
function unchecked({ fields, scheme }: Pick<Client, "fields" | "scheme">): string[] {
    // A file of the user's own has text in the place of other values.
    const takesAny = String(field(field(fields, "tls_config"), "insecure_skip_verify")) === "true";
    const isPlain =
        ((scheme === "http" || labelsLeadElsewhere(fields)) && !isLoopback(fields)) ||
        [...urls(fields), ...urls(field(fields, "oauth2"))].some((url) => !LOOPBACK.test(url));
    return [...(takesAny ? ["takes any certificate"] : []), ...(isPlain ? ["asks without TLS"] : [])];
}

const LOOPBACK = /^(http:\/\/)?(127(\.\d+){3}|\[::1\]|localhost)(:\d+)?(\/|$)/i;

/** What is asked by its URL without TLS. What is asked through a proxy is asked by its own URL. */
function urls(fields: unknown): string[] {
    const values = Object.entries(isObject(fields) ? fields : {}).filter(([key]) => key !== "proxy_url");
    return values
        .flatMap(([, value]) => value)
        .filter((value): value is string => typeof value === "string" && /^http:\/\//i.test(value));
}

/** Whether a label of a target, or a rule that writes one, may choose another scheme than the client's own. */
function labelsLeadElsewhere(fields: unknown): boolean {
    const labels = items(field(fields, "static_configs")).map((group) => field(field(group, "labels"), "__scheme__"));
    const rules = items(field(fields, "relabel_configs")).filter(
        (rule) => field(rule, "target_label") === "__scheme__",
    );
    const schemes = [...labels, ...rules.map((rule) => field(rule, "replacement") ?? "$1")];
    return schemes.some((scheme) => scheme !== undefined && scheme !== "https");
}

/** Whether all that is asked without a URL is on the VM itself. */
function isLoopback(fields: unknown): boolean {
    const targets = items(field(fields, "static_configs")).flatMap((group) => items(field(group, "targets")));
    const places = [...targets, field(fields, "server")].filter((place) => typeof place === "string");
    return places.length > 0 && places.every((place) => LOOPBACK.test(place)) && discoveries(fields).length === 0;
}

interface Client {
    readonly name: string;
    readonly isApiServer: boolean;
    /** By which it asks what it is not given as a URL. */
    readonly scheme: unknown;
    readonly fields: unknown;
}

/** Whatever sends requests, of one document. */
function clients(document: unknown): Client[] {
    const other = (what: string, list: unknown, scheme?: string) =>
        items(list).map((fields, i) => ({ name: `${what}[${i}]`, isApiServer: false, ...asking(fields, scheme) }));
    return [
        ...items(field(document, "scrape_configs")).flatMap((fields) => scrapeClients(fields)),
        ...other("alertmanagers", field(field(document, "alerting"), "alertmanagers"), "http"),
        ...other("remote_write", field(document, "remote_write")),
        ...other("remote_read", field(document, "remote_read")),
    ];
}

function scrapeClients(job: unknown): Client[] {
    const name = String(field(job, "job_name"));
    return [
        {
            name: `the job ${name}`,
            isApiServer: /\/kubernetes-apiservers(-static)?$/.test(name),
            ...asking(job, "http"),
        },
        ...discoveries(job).flatMap(([key, list]) =>
            items(list).map((fields) => ({
                name: `${key} of the job ${name}`,
                isApiServer: key === "kubernetes_sd_configs",
                ...asking(fields, key === "consul_sd_configs" ? "http" : undefined),
            })),
        ),
    ];
}

function discoveries(fields: unknown): [key: string, list: unknown][] {
    return Object.entries(isObject(fields) ? fields : {}).filter(([key]) => key.endsWith("_sd_configs"));
}

/** With Prometheus's own default for the scheme, where it has one. */
function asking(fields: unknown, scheme: string | undefined): Pick<Client, "fields" | "scheme"> {
    return { fields, scheme: field(fields, "scheme") ?? scheme };
}

/** What a client shows that does more than read metrics, or may; a certificate's key is not shown to anybody. */
function shownTo(fields: unknown): string[] {
    const authorization = field(fields, "authorization");
    const token = field(authorization, "credentials_file") ?? field(fields, "bearer_token_file");
    return [
        ...(typeof token === "string" && !HARMLESS.test(token) ? [token] : []),
        ...["basic_auth", "oauth2", "sigv4", "azuread", "google_iam", "http_headers"].filter(
            (key) => field(fields, key) !== undefined,
        ),
    ];
}

function items(list: unknown): unknown[] {
    return Array.isArray(list) ? list : [];
}
