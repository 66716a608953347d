/** A way around the allow-list of the front. */
export interface Bypass {
    /** What of the front is to stop it. */
    readonly rule: Rule;
    /** What is tried, in a few words; no two are the same. */
    readonly tried: string;
    /** The bytes that are sent by a viewer; `ROW` stands for a word by which what arrives is known. */
    readonly bytes: string;
    /** The request is hidden in another one, which may arrive: what must not is a second request. */
    readonly hidden?: true;
}

export type Rule =
    | "paths that are not listed"
    | "paths are compared as they are decoded and merged"
    | "methods by path"
    | "roles by path"
    | "requests of strict form"
    | "one request is one request"
    | "names by virtual host"
    | "HTTP/1.1 only"
    | "no proxy for others";

const HOST = "Host: prometheus.example.com";

/** A request without a body that closes its connection. */
function request(line: string, ...headers: readonly string[]): string {
    const all = headers.some((header) => /^host\b/i.test(header)) ? headers : [HOST, ...headers];
    return [`${line} HTTP/1.1`, ...all, "Connection: close", "", ""].join("\r\n");
}

function of(rule: Rule, tries: Readonly<Record<string, string>>): Bypass[] {
    return Object.entries(tries).map(([tried, bytes]) => ({ rule, tried, bytes }));
}

const INNER = `GET /api/v1/admin/tsdb/snapshot?ROW HTTP/1.1\r\n${HOST}\r\n\r\n`;
const CHUNK = `${INNER.length.toString(16)}\r\n${INNER}\r\n0\r\n\r\n`;

/** A request that is allowed, with a body that holds one that is not; the headers say of its length different things. */
function smuggled(body: string, ...headers: readonly string[]): string {
    return ["POST /api/v1/query HTTP/1.1", HOST, ...headers, "", body].join("\r\n");
}

function pairs(tries: Readonly<Record<string, string>>): Bypass[] {
    return of("one request is one request", tries).map((bypass) => ({ ...bypass, hidden: true }));
}

export const BYPASSES: readonly Bypass[] = [
    ...of("paths that are not listed", {
        "/-/reload": request("POST /-/reload?ROW"),
        "/-/quit": request("PUT /-/quit?ROW"),
        "/api/v1/admin/tsdb/snapshot": request("POST /api/v1/admin/tsdb/snapshot?ROW"),
        "/api/v1/admin/tsdb/delete_series": request("PUT /api/v1/admin/tsdb/delete_series?ROW"),
        "/debug/pprof/heap": request("GET /debug/pprof/heap?ROW"),
        "/api/v1/read": request("POST /api/v1/read?ROW", "Content-Length: 0"),
        "/api/v1/otlp/v1/metrics": request("POST /api/v1/otlp/v1/metrics?ROW", "Content-Length: 0"),
        "a path that nobody knows": request("GET /api/v2/anything?ROW"),
        "a listed path and more": request("GET /api/v1/query/more?ROW"),
        "a listed path and a slash": request("GET /api/v1/query/?ROW"),
        "the beginning of a listed path": request("GET /api/v1/?ROW"),
        "a forbidden path, a listed one behind '?'": request("GET /-/reload?/api/v1/query&ROW"),
        "a listed path in X-Original-URL": request("GET /-/reload?ROW", "X-Original-URL: /api/v1/query"),
        "a path of 8 000 characters": request(`GET /${"a".repeat(8_000)}?ROW`),
    }),
    ...of("paths are compared as they are decoded and merged", {
        "an encoded '-'": request("POST /%2d/reload?ROW"),
        "a doubly encoded '-'": request("POST /%252d/reload?ROW"),
        "an encoded '/'": request("GET /api/v1%2fadmin/tsdb/snapshot?ROW"),
        "an encoded '/' behind a listed path": request("GET /api/v1/query/..%2fadmin/tsdb/snapshot?ROW"),
        "an encoded '/' in the name of a label": request("GET /api/v1/label/x%2f..%2f..%2fadmin/values?ROW"),
        "'//' in front": request("POST //-/reload?ROW"),
        "'//' in the middle": request("POST /api/v1//admin/tsdb/snapshot?ROW"),
        "dot segments behind a listed path": request("GET /api/v1/query/../admin/tsdb/snapshot?ROW"),
        "encoded dot segments": request("GET /api/v1/query/%2e%2e/admin/tsdb/snapshot?ROW"),
        "half encoded dot segments": request("GET /assets/.%2e/-/reload?ROW"),
        "dot segments among assets": request("GET /assets/../-/reload?ROW"),
        "dot segments in the name of a label": request("GET /api/v1/label/../admin/tsdb/values?ROW"),
        "overlong UTF-8 dots": request("GET /assets/%c0%ae%c0%ae/-/reload?ROW"),
        "a '\\' for a '/'": request("GET /assets\\..\\-\\reload?ROW"),
        "an encoded '\\'": request("GET /assets/..%5c-%5creload?ROW"),
        "';' behind a forbidden path": request("POST /-/reload;a=1?ROW"),
        "';' and dot segments behind a listed path": request("GET /api/v1/query;/../admin/tsdb/snapshot?ROW"),
        "capital letters": request("POST /-/RELOAD?ROW"),
        "capital letters in the API": request("GET /API/v1/Admin/tsdb/snapshot?ROW"),
        "a dot at the end": request("POST /-/reload.?ROW"),
        "an encoded line end in a listed path": request("GET /api/v1/query%0d%0aX-Row:%20ROW?ROW"),
        "an encoded line end behind a listed path": request("GET /api/v1/query%0a?ROW"),
        "an encoded NUL": request("GET /api/v1/query%00/../admin?ROW"),
        "an encoded '?'": request("GET /-/reload%3f/api/v1/query?ROW"),
        "an encoded '#'": request("GET /-/reload%23/api/v1/query?ROW"),
    }),
    ...of("methods by path", {
        "TRACE of a listed path": request("TRACE /api/v1/query?ROW"),
        "OPTIONS of a listed path": request("OPTIONS /api/v1/query?ROW"),
        "PUT to a listed path": request("PUT /api/v1/query?ROW", "Content-Length: 0"),
        "DELETE of series": request("DELETE /api/v1/series?ROW"),
        "POST to what is only read": request("POST /api/v1/targets?ROW", "Content-Length: 0"),
        "a method that nobody knows": request("RELOAD /api/v1/query?ROW"),
        "a method in small letters": request("get /api/v1/query?ROW"),
    }),
    ...of("roles by path", {
        "/federate as a viewer": request("GET /federate?ROW"),
        "remote write as a viewer": request("POST /api/v1/write?ROW", "Content-Length: 0"),
        "a user's name in a header": request(
            "GET /federate?ROW",
            "X-Remote-User: prometheus-b",
            "REMOTE_USER: prometheus-b",
        ),
        "a certificate in a header": request(
            "GET /federate?ROW",
            "SSL_CLIENT_VERIFY: SUCCESS",
            "SSL_CLIENT_S_DN_CN: prometheus-b",
        ),
    }),
    ...of("requests of strict form", {
        "HTTP/0.9": "GET /-/reload?ROW\r\n",
        "HTTP/0.9 of a listed path": "GET /api/v1/query?ROW\r\n",
        "HTTP/1.0 without a Host": "POST /-/reload?ROW HTTP/1.0\r\n\r\n",
        "HTTP/1.1 without a Host": "GET /api/v1/query?ROW HTTP/1.1\r\nConnection: close\r\n\r\n",
        "lines that end by LF alone": `GET /-/reload?ROW HTTP/1.1\n${HOST}\nConnection: close\n\n`,
        "a CR within a line": request("GET /api/v1/query?ROW", "X: a\rGET /-/reload HTTP/1.1"),
        "a NUL in the path": request("GET /api/v1/query\0/../../-/reload?ROW"),
        "a space in the path": request("GET /api/v1/query /-/reload?ROW"),
        "a tab for a space": `GET\t/api/v1/query?ROW\tHTTP/1.1\r\n${HOST}\r\nConnection: close\r\n\r\n`,
        "a space before a header's colon": request("GET /api/v1/query?ROW", "X-Row : 1"),
        "61 headers": request("GET /api/v1/query?ROW", ...Array.from({ length: 61 }, (_, i) => `X-${i}: 1`)),
        "a body of more than 1 MiB":
            request("POST /api/v1/query?ROW", "Content-Length: 1048577") + "a".repeat(1_048_577),
    }),
    ...pairs({
        "Content-Length, then Transfer-Encoding": smuggled(
            `0\r\n\r\n${INNER}`,
            `Content-Length: ${5 + INNER.length}`,
            "Transfer-Encoding: chunked",
        ),
        "Transfer-Encoding, then Content-Length": smuggled(CHUNK, "Transfer-Encoding: chunked", "Content-Length: 4"),
        "two lengths": smuggled(INNER, "Content-Length: 0", `Content-Length: ${INNER.length}`),
        "two lengths in one header": smuggled(INNER, `Content-Length: 0, ${INNER.length}`),
        "a length with a sign": smuggled(INNER, "Content-Length: +0"),
        "a length in hexadecimal": smuggled(INNER, "Content-Length: 0x0"),
        "a folded Transfer-Encoding": smuggled(
            `0\r\n\r\n${INNER}`,
            `Content-Length: ${5 + INNER.length}`,
            "Transfer-Encoding:\r\n chunked",
        ),
        "an unknown Transfer-Encoding": smuggled(
            `0\r\n\r\n${INNER}`,
            `Content-Length: ${5 + INNER.length}`,
            "Transfer-Encoding: xchunked",
        ),
        "a space before the colon of Transfer-Encoding": smuggled(
            `0\r\n\r\n${INNER}`,
            `Content-Length: ${5 + INNER.length}`,
            "Transfer-Encoding : chunked",
        ),
        "chunked and something else": smuggled(CHUNK, "Transfer-Encoding: chunked, identity"),
        "a chunk of a negative size": smuggled(`-1\r\n${INNER}`, "Transfer-Encoding: chunked"),
        "a chunk's size of 17 digits": smuggled(`10000000000000000\r\n${INNER}`, "Transfer-Encoding: chunked"),
        "a GET with a body": ["GET /api/v1/query HTTP/1.1", HOST, "Content-Length: 0", `X: 1\r\n\r\n${INNER}`].join(
            "\r\n",
        ),
        "a second request in the same bytes": `GET /api/v1/query HTTP/1.1\r\n${HOST}\r\n\r\n${INNER}`,
    }),
    ...of("names by virtual host", {
        "another name": request("GET /api/v1/query?ROW", "Host: other.example.com"),
        "the VM's own address": request("GET /api/v1/query?ROW", "Host: 127.0.0.1:9090"),
        localhost: request("GET /api/v1/query?ROW", "Host: localhost"),
        "two names": request("GET /api/v1/query?ROW", HOST, "Host: localhost"),
        "a name with a user": request("GET /api/v1/query?ROW", "Host: prometheus.example.com@localhost"),
        "a name and a path": request("GET /-/reload?ROW", "Host: prometheus.example.com/api/v1/query?"),
        "an empty name": request("GET /api/v1/query?ROW", "Host:"),
    }),
    ...of("HTTP/1.1 only", {
        "HTTP/2 from the first byte": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nROW",
        "HTTP/2.0 in the request's line": `GET /-/reload?ROW HTTP/2.0\r\n${HOST}\r\nConnection: close\r\n\r\n`,
        "HTTP/3.7 in the request's line": `GET /-/reload?ROW HTTP/3.7\r\n${HOST}\r\nConnection: close\r\n\r\n`,
    }),
    ...of("no proxy for others", {
        "an absolute URL of a forbidden path": request("GET https://prometheus.example.com/-/reload?ROW"),
        "an absolute URL of Prometheus": request("GET http://127.0.0.1:9090/-/reload?ROW"),
        "an absolute URL of somebody else": request("GET http://other.example.com/-/reload?ROW"),
        "an absolute URL with another Host": request("GET https://other.example.com/api/v1/query?ROW", HOST),
        "CONNECT to Prometheus": `CONNECT 127.0.0.1:9090 HTTP/1.1\r\n${HOST}\r\n\r\nGET /-/reload?ROW HTTP/1.1\r\n${HOST}\r\n\r\n`,
        "an asterisk": request("OPTIONS *", "X-Row: ROW"),
    }),
];
