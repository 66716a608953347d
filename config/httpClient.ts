import { z } from "zod";
import { Host, UserOfHttp } from "./lines";
import { Certificate } from "./scalars";
import { hasSecretParam } from "./secretNames";

const URL_FORM = "must be an http:// or https:// URL without user, password and fragment";

const PlainUrl = z
    .string()
    .regex(
        /^https?:\/\/([A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])(:[1-9]\d{0,4})?([/?][\x21\x22\x24-\x7e]*)?$/,
        `${URL_FORM}, in ASCII`,
    )
    .refine((url) => URL.canParse(url), `${URL_FORM}, whose host and port there can be`);

/** Of which every part but a password may be shown. */
export const HttpUrl = withoutSecretParams(PlainUrl);

export function isHttpUrl(value: unknown): boolean {
    return PlainUrl.safeParse(value).success;
}

export function withoutSecretParams(schema: z.ZodString) {
    return schema.refine((url) => !hasSecretParam(url), {
        error: "must have no secret among its parameters",
        params: { unseen: true },
    });
}

/** How Prometheus shows who it is to a server, and how it knows that server: fields of whatever it sends requests to. */
export const HTTP_CLIENT = {
    caCertificate: Certificate.optional().describe(
        "CA of the server in PEM form, where the VM does not trust it anyway",
    ),
    serverName: Host.optional().describe("Name in the server's certificate, if it is not the host that is asked"),
    insecureSkipVerify: z.boolean().default(false).describe("Whether any certificate of the server is taken"),
    clientCertificate: Certificate.optional().describe(
        "Certificate that is shown to the server, in PEM form; its key is `privateKey` in `httpSecrets`",
    ),
    username: UserOfHttp.optional().describe("For basic authentication; `password` is in `httpSecrets`"),
    authorization: z
        .strictObject({
            type: z
                .string()
                .regex(/^(?!basic$)[a-z][a-z0-9-]*$/i, "must be a scheme other than Basic, which is by username")
                .default("Bearer")
                .describe("Scheme of the header `Authorization`"),
        })
        .optional()
        .describe("For a token, such as `{}`; `credentials` is in `httpSecrets`"),
    proxyUrl: z
        .string()
        .regex(
            /^https?:\/\/([A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])(:[1-9]\d{0,4})?\/?$/,
            "must be an http:// or https:// URL of host and port alone",
        )
        .optional()
        .describe("HTTP proxy on the way to the server"),
};
export type HttpClient = z.infer<z.ZodObject<typeof HTTP_CLIENT>>;

const TLS_FIELDS = ["caCertificate", "serverName", "insecureSkipVerify", "clientCertificate"];

export type Refuse = (path: (string | number)[], message: string, params?: { remove: true }) => void;

/** Sets it right by taking the key away. */
export const REMOVE = { remove: true } as const;

/** As a check of zod's gives it. */
export function refusing(context: z.RefinementCtx): Refuse {
    return (path, message, params) => {
        context.addIssue({ code: "custom", path, message, params });
    };
}

/** Fields that are set to something else than what holds without them. */
export function setFields(value: Readonly<Record<string, unknown>>, names: readonly string[]): string[] {
    return names.filter((name) => value[name] !== undefined && value[name] !== false);
}

/** What is wrong with the fields together; `tls` is what they need besides, where it is not so. */
export function httpClientIssues(client: Readonly<Record<string, unknown>>, tls: string | undefined, refuse: Refuse) {
    if (client["username"] !== undefined && client["authorization"] !== undefined) {
        refuse(["authorization"], "must not be set beside username", REMOVE);
    }
    for (const name of tls === undefined ? [] : setFields(client, TLS_FIELDS)) {
        refuse([name], `is of TLS, and needs ${tls}`, REMOVE);
    }
}

/** What a scheme lacks for TLS. One that is about to be refused lacks nothing. */
export function lackingScheme(scheme: unknown = "http"): string | undefined {
    return scheme === "http" ? "scheme to be https" : undefined;
}

/** What a URL lacks for TLS. */
export function lackingUrl(url: unknown): string | undefined {
    return String(url).startsWith("http://") ? "a url that begins with https://" : undefined;
}
