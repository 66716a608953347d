import { OWN_JOBS } from "../../config/ownJobs";
import { exampleKeys } from "./environment";
import { OTHER_KEY } from "./frontCertificates";
import {
    booleans,
    clash,
    durations,
    hosts,
    lists,
    notText,
    objects,
    ports,
    type Row,
    scrapeIntervals,
    wrong,
} from "./refusal";

export const NODE = exampleKeys()["scrapeJobs"]?.["node"];
const JOB = "scrapeJobs.node";
const NAME = "has a name that must be up to 100 letters, digits, '_' and '-', a letter first";
const LABEL =
    "has a name that must be the name of a label other than cluster, job and instance, which each target has of";
const LINE = "must be one line of text, got 'a";
const URL = "must be an http:// or https:// URL without user, password and fragment";
const TAKEN = "has a name that is the name of a job that this program makes itself; choose";
const STRANGER = "belongs to none of scrapeJobs";
const PEM = "must be a certificate in PEM form";
const TLS = ["caCertificate", "serverName", "clientCertificate"];

function urls(key: string): Row[] {
    return [
        notText(key),
        wrong(key, "ftp://h/", `${URL}, in ASCII, got 'ftp://h/'`),
        wrong(key, "https://u:hunter2@h/", `${URL}, in ASCII, got a value that is not shown`),
        wrong(key, "https://h/#x", `${URL}, in ASCII, got 'https://h/#x'`),
        ...["https://h/?api_key=hunter2", "https://h/?a=b&x-Token=hunter2", "https://h/?ap%69key=hunter2"].map((url) =>
            wrong(key, url, "must have no secret among its parameters, got a value that is not shown"),
        ),
        wrong(key, "https://h:99999/", `${URL}, whose host and port there can be, got 'https://h:99999/'`),
    ];
}

function refreshIntervals(key: string): Row[] {
    return [...durations(key), wrong(key, "999ms", "must be at least 1s, got '999ms'")];
}

function labels(key: string): Row[] {
    const names = ["cluster", "job", "instance", "__address__", "a-b", "1a"];
    const fields = ["api_server", "job_name", "scheme", "scrape_interval", "scrape_timeout", "password_file"];
    return [
        wrong(key, ["a"], 'must be an object, got ["a"]'),
        ...[...names, ...fields].map((name) => wrong(`${key}.${name}`, "x", LABEL)),
        wrong(`${key}.__proto__`, "x", "has a name that is not allowed"),
        notText(`${key}.site`),
        wrong(`${key}.site`, "a\nb", `${LINE}\\nb'`),
        wrong(`${key}.site`, "a\u001b[2Jb", `${LINE}\\u{1b}[2Jb'`),
    ];
}

/** Of a client with a username and a certificate at one place, and one with a token at another. */
function httpClients(at: string, other: string): Row[] {
    const key = `httpSecrets.${at}`;
    return [
        notText(`${at}.caCertificate`),
        wrong(`${at}.caCertificate`, "x", `${PEM}, `),
        ...hosts(`${at}.serverName`),
        ...booleans(`${at}.insecureSkipVerify`),
        notText(`${at}.clientCertificate`),
        wrong(`${at}.clientCertificate`, "x", `${PEM}, `),
        wrong(`${at}.username`, 5, "must be a string"),
        wrong(`${at}.username`, "monitor:CANARY", "must be a name without ':'"),
        clash(`${at}.authorization`, { [`${at}.authorization`]: {} }, "must not be set beside username", [
            `${key}.credentials`,
        ]),
        clash(
            `${at}.authorization`,
            { [`${at}.authorization`]: { credentials: "CANARY" } },
            "must not be set beside username",
            [`${at}.authorization.credentials`, `${key}.credentials`],
        ),
        ...["CANARY", null, ["CANARY"]].map((value) => wrong(`${other}.authorization`, value, "must be an object")),
        wrong(`${other}.authorization.credentials`, "CANARY", "is no key of this program; known here: type"),
        wrong(`${other}.authorization.type`, 5, "must be a string"),
        wrong(`${other}.authorization.type`, "basic", "must be a scheme other than Basic, which is by username"),
        wrong(`${other}.authorization.type`, "Bearer CANARY", "must be a scheme other than Basic"),
        notText(`${at}.proxyUrl`),
        wrong(`${at}.proxyUrl`, "socks5://h", "must be an http:// or https:// URL of host and port alone, got 'socks5"),
        ...["http://u:hunter2@h", "http://u:hunter2/@h", "u:hunter2@h:3128"].map((value) =>
            wrong(`${at}.proxyUrl`, value, "URL of host and port alone, got a value that is not shown, since it looks"),
        ),
        clash(`${key}.password`, { [`${at}.username`]: undefined }, `is set, but ${at}.username is not`),
        wrong(`${key}.password`, undefined, "is missing: it belongs to username"),
        wrong(`${key}.password`, { CANARY: 1 }, "must be text"),
        ...["", " \n", "CANARY\nCANARY", "CANARY\tCANARY", "==> CANARY <=="].map((value) =>
            wrong(`${key}.password`, value, "must be one line of text, of another form than '==> … <=='"),
        ),
        wrong(`${key}.privateKey`, undefined, "is missing: it belongs to clientCertificate"),
        wrong(`${key}.privateKey`, { CANARY: 1 }, "must be text"),
        wrong(`${key}.privateKey`, "CANARY", "must be a private key in PEM form, without a passphrase"),
        wrong(`${key}.privateKey`, OTHER_KEY, "is the key of another certificate than the clientCertificate there"),
        wrong(`${key}.passwd`, "CANARY", "is no key of this program; did you mean 'password'?"),
        wrong(`${key}.credentials`, "CANARY", `is set, but ${at}.authorization is not`),
        wrong(`httpSecrets.${other}.credentials`, undefined, "is missing: it belongs to authorization"),
        wrong(`httpSecrets.${other}.credentials`, 5, "must be text"),
        ...["CANARY", ["CANARY"], null].map((value) =>
            wrong(key, value, "must hold password, credentials or privateKey"),
        ),
    ];
}

/** Fields of TLS where there is none. */
function withoutTls(at: string, set: string, value: string, says: string): Row[] {
    return ["caCertificate", "insecureSkipVerify"].map((first) => {
        const others = [...TLS, "insecureSkipVerify"].filter((name) => name !== first);
        const changes = { [`${at}.${set}`]: value, [`${at}.insecureSkipVerify`]: true };
        return clash(`${at}.${first}`, changes, `is of TLS, and needs ${says}`, below(at, others));
    });
}

function below(key: string, names: readonly string[]): string[] {
    return names.map((name) => `${key}.${name}`);
}

const SOURCES: Row[] = [
    clash(JOB, { [`${JOB}.targets`]: undefined }, "must have one of targets, fileSd, httpSd, dnsSd"),
    clash(
        JOB,
        { [JOB]: { authorization: "CANARY" } },
        "must have one of targets, fileSd, httpSd, dnsSd, got a value that is not shown",
        [`${JOB}.authorization`, "httpSecrets.scrapeJobs.node.credentials"],
    ),
    ...lists(`${JOB}.targets`, "198.51.100.31:9100"),
    wrong(`${JOB}.targets`, [], "must not be empty, got []"),
    notText(`${JOB}.targets[0]`),
    wrong(
        `${JOB}.targets[0]`,
        "198.51.100.31",
        "must be host:port, or, to be probed by http_2xx, an http:// or https://",
    ),
    wrong(`${JOB}.targets[0]`, "https://u:hunter2@h/", "got a value that is not shown, since it looks like a secret"),
    wrong(`${JOB}.targets[0]`, "a:99999", "must have a port up to 65535, got 'a:99999'"),
    wrong(`${JOB}.targets[0]`, "http://h/", "must be host:port, unless it is probed by http_2xx, got 'http://h/'"),
    clash(
        "scrapeJobs.probed.targets[0]",
        { "scrapeJobs.probed.probe.module": "tcp_tls" },
        "must be host:port, unless it is probed by http_2xx, got 'https://www.example.com/",
    ),
    wrong(
        "scrapeJobs.probed.targets[0]",
        "https://h/?token=hunter2",
        "must have no secret among its parameters, got a value that is not shown",
    ),
    ...objects("scrapeJobs.bearer.fileSd", "file", "did you mean 'files'?"),
    clash(`${JOB}.fileSd.files`, { [`${JOB}.fileSd`]: {} }, "is missing: The files; each must be there"),
    ...lists(`${JOB}.fileSd.files`, "/x.json"),
    wrong(`${JOB}.fileSd.files`, [], "must not be empty, got []"),
    notText("scrapeJobs.bearer.fileSd.files[0]"),
    ...["x.json", "/a/../x.json", "/x.txt", "/*/x.json", "/*a*.json", "/a b.json"].map((path) =>
        wrong(
            "scrapeJobs.bearer.fileSd.files[0]",
            path,
            "must be an absolute path on the VM that ends in .json, .yml or",
        ),
    ),
    ...refreshIntervals("scrapeJobs.bearer.fileSd.refreshInterval"),
    ...objects("scrapeJobs.bearer.dnsSd", "name", "did you mean 'names'?"),
    clash(`${JOB}.dnsSd.names`, { [`${JOB}.dnsSd`]: {} }, "is missing: Names that are looked up"),
    ...lists("scrapeJobs.bearer.dnsSd.names", "example.com"),
    wrong("scrapeJobs.bearer.dnsSd.names", [], "must not be empty, got []"),
    notText("scrapeJobs.bearer.dnsSd.names[0]"),
    wrong("scrapeJobs.bearer.dnsSd.names[0]", "a b", "must be a name in the DNS, got 'a b'"),
    wrong("scrapeJobs.bearer.dnsSd.type", "MX", "must be SRV or A or AAAA, got 'MX'"),
    ...ports("scrapeJobs.bearer.dnsSd.port"),
    wrong("scrapeJobs.bearer.dnsSd.port", undefined, "is missing: only records of the type SRV have a port"),
    clash(
        "scrapeJobs.bearer.dnsSd.port",
        { "scrapeJobs.bearer.dnsSd.type": "SRV" },
        "is of no use with the type SRV, whose records have a port",
    ),
    ...refreshIntervals("scrapeJobs.bearer.dnsSd.refreshInterval"),
    ...objects("scrapeJobs.bearer.httpSd", "uri", "did you mean 'url'?"),
    wrong("scrapeJobs.bearer.httpSd.url", undefined, "is missing: Where the list is; it is shown"),
    ...urls("scrapeJobs.bearer.httpSd.url"),
    ...refreshIntervals("scrapeJobs.bearer.httpSd.refreshInterval"),
    ...httpClients("scrapeJobs.bearer.httpSd", "scrapeJobs.listed.httpSd"),
    ...withoutTls("scrapeJobs.bearer.httpSd", "url", "http://h/", "a url that begins with https://"),
    wrong(
        "httpSecrets.scrapeJobs.secured.httpSd",
        { password: "CANARY" },
        "is set, but scrapeJobs.secured.httpSd is not",
    ),
];

const SCRAPES: Row[] = [
    ...objects("scrapeJobs.probed.probe", "modul", "did you mean 'module'?"),
    clash(`${JOB}.probe.module`, { [`${JOB}.probe`]: {} }, "is missing: Whether it answers with a status of 2xx"),
    wrong("scrapeJobs.probed.probe.module", "front", "must be http_2xx or tcp_connect or tcp_tls, got 'front'"),
    clash("scrapeJobs.probed.probe", { blackboxExporter: undefined }, "is set, but there is no blackboxExporter"),
    ...Object.entries({ scheme: "https", metricsPath: "/x", params: { a: ["b"] }, serverName: "h" }).map(
        ([field, value]) =>
            wrong(
                `scrapeJobs.probed.${field}`,
                value,
                "must not be set beside probe: the blackbox_exporter asks, by its",
            ),
    ),
    wrong(`${JOB}.scheme`, "ftp", "must be http or https, got 'ftp'"),
    notText(`${JOB}.metricsPath`),
    wrong(`${JOB}.metricsPath`, "metrics", "must begin with '/', got 'metrics'"),
    wrong(`${JOB}.metricsPath`, "/a b", "must begin with '/'"),
    wrong(`${JOB}.params`, ["a"], 'must be an object, got ["a"]'),
    ...[".files", ".rule_files", ".scrape_config_files", ".targets", ".tls_config", '["a b"]'].map((name) =>
        wrong(
            `${JOB}.params${name}`,
            "x",
            "has a name that must be letters, digits and '._-[]', and none of files, rule_files",
            [`${JOB}.params${name}`],
        ),
    ),
    ...[".token", ".apikey", ".x-api-key"].map((name) =>
        wrong(`${JOB}.params${name}`, "hunter2", "has a name that must not be a secret's", [`${JOB}.params${name}`]),
    ),
    wrong(`${JOB}.params.a`, "x", "must be a list, got 'x'"),
    wrong(`${JOB}.params.a`, [], "must not be empty, got []"),
    clash(`${JOB}.params.a[0]`, { [`${JOB}.params`]: { a: [5] } }, "must be a string, got 5"),
    clash(`${JOB}.params.a[0]`, { [`${JOB}.params`]: { a: ["a\nb"] } }, `${LINE}\\nb'`),
    ...scrapeIntervals(`${JOB}.interval`),
    ...labels(`${JOB}.labels`),
    ...booleans(`${JOB}.honorLabels`),
    ...["sampleLimit", "targetLimit"].flatMap((limit) => [
        wrong(`${JOB}.${limit}`, "100", "must be a number, got '100'"),
        wrong(`${JOB}.${limit}`, 1.5, "must be a whole number, got 1.5"),
        wrong(`${JOB}.${limit}`, 0, "must be at least 1, got 0"),
    ]),
    notText(`${JOB}.bodySizeLimit`),
    wrong(`${JOB}.bodySizeLimit`, "10", "must be a size such as 200MB, got '10'"),
    ...httpClients("scrapeJobs.secured", "scrapeJobs.bearer"),
    ...withoutTls("scrapeJobs.secured", "scheme", "http", "scheme to be https"),
];

const RECEIVERS: Row[] = [
    ...["alertmanagers", "remoteWrite"].flatMap((key) => [
        wrong(key, [5], "must be an object, got [5]"),
        wrong(`${key}.1a`, {}, NAME, [`${key}.1a.${key === "remoteWrite" ? "url" : "targets"}`]),
    ]),
    ...objects("alertmanagers.central", "target", "did you mean 'targets'?"),
    ...objects("remoteWrite.longterm", "uri", "did you mean 'url'?"),
    wrong("alertmanagers.central.targets", undefined, "is missing: Each of its replicas as host:port"),
    ...lists("alertmanagers.central.targets", "a:1"),
    wrong("alertmanagers.central.targets", [], "must not be empty, got []"),
    notText("alertmanagers.central.targets[0]"),
    wrong("alertmanagers.central.targets[0]", "http://a:1", "must be host:port, got 'http://a:1'"),
    wrong("alertmanagers.central.targets[0]", "a:99999", "must have a port up to 65535, got 'a:99999'"),
    wrong("alertmanagers.central.scheme", "ftp", "must be http or https, got 'ftp'"),
    notText("alertmanagers.central.pathPrefix"),
    wrong(
        "alertmanagers.central.pathPrefix",
        "/a/",
        "must be a path such as /alertmanager, without a slash at its end",
    ),
    ...durations("alertmanagers.central.timeout"),
    ...httpClients("alertmanagers.central", "alertmanagers.other"),
    ...withoutTls("alertmanagers.central", "scheme", "http", "scheme to be https"),
    wrong("remoteWrite.longterm.url", undefined, "is missing: Where samples are written to"),
    ...urls("remoteWrite.longterm.url"),
    ...durations("remoteWrite.longterm.remoteTimeout"),
    ...booleans("remoteWrite.longterm.sendNativeHistograms"),
    ...httpClients("remoteWrite.longterm", "remoteWrite.other"),
    ...withoutTls("remoteWrite.longterm", "url", "http://h/", "a url that begins with https://"),
    ...labels("prometheus.externalLabels"),
];

const SECRETS: Row[] = [
    ...["CANARY", ["CANARY"]].map((value) =>
        wrong("httpSecrets", value, "must hold scrapeJobs, alertmanagers and remoteWrite"),
    ),
    wrong("httpSecrets.scrapeJob", "CANARY", "is no key of this program; did you mean 'scrapeJobs'?"),
    ...["scrapeJobs", "alertmanagers", "remoteWrite"].flatMap((key) => [
        ...["CANARY", ["CANARY"], null].map((value) => wrong(`httpSecrets.${key}`, value, "must hold secrets by name")),
        wrong(`httpSecrets.${key}.elsewhere`, "CANARY", `belongs to none of ${key}; there is none of that name`),
    ]),
    wrong("httpSecrets.scrapeJobs.secred", { password: "CANARY" }, `${STRANGER}; did you mean 'secured'?`),
];

/** Of jobs and services that belong to no cluster. */
export const SCRAPE_JOB_ROWS: readonly Row[] = [
    wrong("scrapeJobs", [5], "must be an object, got [5]"),
    ...["1a", "a b", "a/b", "a\nb"].map((name) =>
        wrong(/^\w+$/.test(name) ? `scrapeJobs.${name}` : `scrapeJobs[${JSON.stringify(name)}]`, NODE, NAME),
    ),
    wrong("scrapeJobs.__proto__", NODE, "has a name that is not allowed"),
    ...OWN_JOBS.map((name) => wrong(`scrapeJobs.${name}`, NODE, TAKEN)),
    ...objects(JOB, "target", "did you mean 'targets'?"),
    ...SOURCES,
    ...SCRAPES,
    ...RECEIVERS,
    ...SECRETS,
];
