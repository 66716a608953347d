import type { Row } from "./refusal";

type Content = NonNullable<Row["files"]>[string];

/** A file of the user's own, by the list that names it. */
function file(list: "ruleFiles" | "scrapeConfigFiles", content: Content, says: string): Row {
    return files(list, { "own.yml": content }, says);
}

/** Several, all of them named; of the last one something is said. */
function files(list: "ruleFiles" | "scrapeConfigFiles", contents: NonNullable<Row["files"]>, says: string): Row {
    const names = Object.keys(contents).filter((path) => path.endsWith(".yml"));
    return {
        set: {
            "prometheus.ruleFiles": undefined,
            "prometheus.scrapeConfigFiles": undefined,
            [`prometheus.${list}`]: names,
        },
        key: `prometheus.${list}[${names.length - 1}]`,
        says: `names ${names.at(-1) ?? ""}, which ${says}`,
        also: [],
        files: contents,
    };
}

/** A file with one job that has these fields. */
function job(fields: string, says: string): Row {
    return file("scrapeConfigFiles", `scrape_configs:\n  - job_name: own\n    ${fields}\n`, `has in job 'own' ${says}`);
}

function named(name: string, says: string): Row {
    return file("scrapeConfigFiles", `scrape_configs:\n  - job_name: ${name}\n`, says);
}

const RULES = "groups: [{ name: a, rules: [] }]\n";
const JOBS = "scrape_configs: [{ job_name: own }]\n";
const NAME = "a name must be letters, digits, single spaces, '_', '.', '/', ':' and '-'";
const NO_JOBS = "does not hold exactly one field `scrape_configs`, a list of jobs with a `job_name`";

/** What is refused of any file, by the list that names it. */
function anyFile(list: "ruleFiles" | "scrapeConfigFiles", right: string): Row[] {
    return [
        { ...file(list, right, "does not exist"), files: {} },
        file(list, { link: "/etc/hostname" }, "is a link that leads out of the project's directory"),
        file(list, { link: "own.yml" }, "cannot be read (ELOOP)"),
        { ...file(list, right, "is no plain file"), files: { "own.yml/a": "" } },
        file(list, `#${"x".repeat(1_000_000)}\n${right}`, "has 10000"),
        file(list, `#\0\n${right}`, "holds a NUL character"),
        file(list, Buffer.from(`#\xe9\n${right}`, "latin1"), "is not encoded in UTF-8"),
        file(list, `${right}'`, "is no YAML: "),
        file(list, "", "is no YAML: "),
        {
            ...file(list, `${right}==> end <==\n`, "has in line 2 the form '==> … <=='"),
            also: [`prometheus.${list}[0]`],
        },
        file(list, `# https://u:hunter2@h/\n${right}`, "holds a private key or a URL with a password in line 1"),
        file(
            list,
            `# -----BEGIN EC PRIVATE KEY-----\n${right}`,
            "holds a private key or a URL with a password in line 1",
        ),
        files(
            list,
            { "a/own.yml": right, "b/own.yml": right.replace("own", "other") },
            "is called own.yml as a/own.yml is: on the VM they are",
        ),
    ];
}

/** Of the user's own files. */
export const FILE_ROWS: readonly Row[] = [
    ...anyFile("ruleFiles", RULES),
    ...["[]", "groups: 5", "groups: []", "rules: []"].map((content) =>
        file("ruleFiles", content, "holds no list of `groups`"),
    ),
    file("ruleFiles", "groups: [{ name: a, rules: [] }, { name: b }]", "holds no list of `rules` in groups[1]"),
    ...anyFile("scrapeConfigFiles", JOBS),
    ...["[]", "scrape_configs: []", "scrape_configs: [{}]", "global: {}\nscrape_configs: [{ job_name: a }]"].map(
        (content) => file("scrapeConfigFiles", content, NO_JOBS),
    ),
    named("'a,b'", `has a job "a,b": ${NAME}`),
    { ...named(`"a\\nb"`, `has a job "a\\nb": ${NAME}`), also: ["prometheus.scrapeConfigFiles[0]"] },
    ...["prometheus", "kubernetes-nodes", "node", "staging/own"].map((name) =>
        named(name, `has a job '${name}', as one that this program makes is called`),
    ),
    files("scrapeConfigFiles", { "a.yml": JOBS, "b.yml": JOBS }, "has a job 'own', as a.yml has"),
    job(`x: &a [${"1,".repeat(500)}]\n    y: &b [${"*a,".repeat(500)}]\n    z: [*b, *b]`, "too many values"),
    job('metrics_path: "/a\\nb"', "at metrics_path more than one line, or what cannot be printed"),
    job("basic_auth: { username: a, password: hunter2 }", "a secret in clear at basic_auth.password"),
    job("params: { apiKey: [hunter2] }", "a secret in clear at params.apiKey"),
    job("params: { x-access-key: [hunter2] }", 'a secret in clear at params["x-access-key"]'),
    job("http_headers: { X-Api-Key: { values: [hunter2] } }", 'a secret in clear at http_headers["X-Api-Key"].values'),
    job("http_headers: { cookie: { values: [hunter2] } }", "a secret in clear at http_headers.cookie.values"),
    job('proxy_url: "http:\\/\\/u:hunter2@h"', "a secret in clear at proxy_url"),
    job("bearer_token: hunter2", "a secret in clear at bearer_token"),
    job("tls_config: { ca_file: ca.crt }", "at tls_config.ca_file something else than an absolute path"),
    job(
        "file_sd_configs: [{ files: [a.json] }]",
        "at file_sd_configs[0].files[0] something else than an absolute path",
    ),
    job("kubernetes_sd_configs: [{ role: pod }]", "at kubernetes_sd_configs[0] no api_server"),
    job(
        "kubernetes_sd_configs: [{ role: pod, api_server: 'k8s:6443' }]",
        "at kubernetes_sd_configs[0].api_server no http:// or https:// URL",
    ),
    ...["api_server", "scheme", "scrape_interval", "log_file"].map((label) =>
        job(
            `static_configs: [{ targets: ['a:1'], labels: { ${label}: x } }]`,
            `a label at static_configs[0].labels.${label} that is called as a field is`,
        ),
    ),
    job("scheme: ftp", "another scheme than http and https"),
    job("params: { job_name: a }", "a second job_name at params.job_name"),
    job("proxy_from_environment: true", "proxy_from_environment at proxy_from_environment"),
];
