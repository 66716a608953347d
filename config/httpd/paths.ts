/** What somebody who was let in may do. */
export const ROLES = ["viewer", "federator", "writer", "silencer"] as const;
export type Role = (typeof ROLES)[number];

/** Those of HTTP that reach a program; HEAD goes with GET. */
export type Method = "GET" | "POST" | "DELETE";

/** Paths of one program, and who may use which method there. What is under no opening reaches no program. */
export interface Opening {
    readonly program: "prometheus" | "alertmanager";
    readonly allows: readonly { readonly role: Role | "health"; readonly methods: readonly Method[] }[];
    /** Regular expressions of whole paths, relative to where the program is. */
    readonly paths: readonly string[];
    /** Bytes that a request may bring with it; without it, none. */
    readonly bodyLimit?: number;
}

const VIEWED: Opening["allows"] = [{ role: "viewer", methods: ["GET"] }];

/** Files of an interface, as its build names them; none begins with a dot. */
const ASSETS = "(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+";

/**
 * From the routes of Prometheus 3 (web/web.go and web/api/v1/api.go of its source) and of the Alertmanager (ui/web.go,
 * api/v2/openapi.yaml). Left out on purpose: /-/reload, /-/quit, /debug, /api/v1/admin, /api/v1/read, /consoles and /user.
 */
export const OPENINGS: readonly Opening[] = [
    {
        program: "prometheus",
        allows: VIEWED,
        paths: [
            "",
            "(?:query|graph|alerts|rules|targets|service-discovery|alertmanager-discovery|status|tsdb-status|flags|config)",
            "(?:favicon\\.svg|favicon\\.ico|manifest\\.json|version|metrics)",
            `assets${ASSETS}`,
            "api/v1/(?:scrape_pools|targets|targets/metadata|targets/relabel_steps|alertmanagers|metadata|alerts|rules|features)",
            "api/v1/status/(?:config|runtimeinfo|buildinfo|flags|tsdb|tsdb/blocks|self_metrics|walreplay)",
            "api/v1/label/[A-Za-z0-9_:]+/values",
            "api/v1/(?:notifications|notifications/live)",
        ],
    },
    {
        program: "prometheus",
        // A query that is too long for a URL is posted; none changes anything.
        allows: [{ role: "viewer", methods: ["GET", "POST"] }],
        paths: [
            "api/v1/(?:query|query_range|query_exemplars|format_query|parse_query|labels|series)",
            "api/v1/search/(?:metric_names|label_names|label_values)",
        ],
        bodyLimit: 1024 * 1024,
    },
    { program: "prometheus", allows: [{ role: "federator", methods: ["GET"] }], paths: ["federate"] },
    {
        program: "prometheus",
        allows: [{ role: "writer", methods: ["POST"] }],
        paths: ["api/v1/write"],
        // A batch of samples is larger than any query.
        bodyLimit: 32 * 1024 * 1024,
    },
    { program: "prometheus", allows: [{ role: "health", methods: ["GET"] }], paths: ["-/(?:healthy|ready)"] },
    {
        program: "alertmanager",
        allows: VIEWED,
        paths: [
            "",
            "(?:script\\.js|favicon\\.ico)",
            `(?:lib|assets)${ASSETS}`,
            "api/v2/(?:status|receivers|alerts|alerts/groups)",
        ],
    },
    {
        program: "alertmanager",
        allows: [...VIEWED, { role: "silencer", methods: ["POST"] }],
        paths: ["api/v2/silences"],
        bodyLimit: 1024 * 1024,
    },
    {
        program: "alertmanager",
        allows: [...VIEWED, { role: "silencer", methods: ["DELETE"] }],
        paths: ["api/v2/silence/[0-9a-f-]+"],
    },
];
