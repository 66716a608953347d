import { type BadConfiguration, BAD_RULES } from "./badRules";

/** Where the rows below find files on the VM; `prepare` makes them. */
const AT = "/etc/mine";

/** Shell text that makes the files: a pair of a certificate and a key, another key, and what nobody can use. */
export function prepare(certificate: string, key: string, otherKey: string): string {
    return [
        `mkdir -p ${AT} /home/mine`,
        `cat >${AT}/ca.crt <<'END'\n${certificate}END`,
        `cat >${AT}/key.pem <<'END'\n${key}END`,
        `cat >${AT}/other-key.pem <<'END'\n${otherKey}END`,
        `echo garbage | tee ${AT}/garbage >/home/mine/token`,
        `: >${AT}/empty`,
        `echo token >${AT}/private && chmod 0600 ${AT}/private`,
        `chmod 0644 ${AT}/*.pem`,
    ].join("\n");
}

const API = "role: node, api_server: 'https://10.98.0.23:1'";

/** Found by promtool. */
const JOBS: BadConfiguration[] = [
    { what: "a field that does not exist", job: "scrape_intervall: 1m", says: "field scrape_intervall not found" },
    { what: "an interval that is no time", job: "scrape_interval: 10x", says: 'unknown unit "x" in duration "10x"' },
    {
        what: "a timeout above the interval",
        job: "scrape_interval: 5s, scrape_timeout: 6s",
        says: "scrape timeout greater than scrape interval",
    },
    {
        what: "an expression without its end",
        job: "relabel_configs: [{ source_labels: [a], regex: '(', action: keep }]",
        says: "missing closing )",
    },
    {
        what: "a replacement for nothing",
        job: "relabel_configs: [{ source_labels: [a], replacement: b }]",
        says: "requires 'target_label' value",
    },
    {
        what: "an action that does not exist",
        job: "relabel_configs: [{ action: remove }]",
        says: 'unknown relabel action "remove"',
    },
    {
        what: "a hash without modulus",
        job: "metric_relabel_configs: [{ action: hashmod, target_label: a }]",
        says: "requires non-zero modulus",
    },
    {
        what: "a target by URL",
        job: "static_configs: [{ targets: ['http://a:1'] }]",
        says: '"http://a:1" is not a valid hostname',
    },
    {
        what: "a role that does not exist",
        job: "kubernetes_sd_configs: [{ role: nodes, api_server: 'https://k:1' }]",
        says: "unknown Kubernetes SD role",
    },
    {
        what: "a certificate without its key",
        job: `tls_config: { cert_file: ${AT}/ca.crt }`,
        says: "exactly one of key or key_file must be configured",
    },
    {
        what: "a version of TLS that does not exist",
        job: "tls_config: { min_version: TLS99 }",
        says: "unknown TLS version: TLS99",
    },
    { what: "a size that is none", job: "body_size_limit: large", says: "units: invalid large" },
    {
        what: "two ways to log in",
        job: `basic_auth: { username: a, password_file: ${AT}/ca.crt }, authorization: { credentials_file: ${AT}/ca.crt }`,
        says: "at most one of basic_auth",
    },
    { what: "a number that is a word", job: "sample_limit: many", says: "cannot unmarshal !!str `many` into uint" },
    {
        what: "yes or no that is neither",
        job: "honor_labels: perhaps",
        says: "cannot unmarshal !!str `perhaps` into bool",
    },
    {
        what: "a discovery that does not exist",
        job: "kubernets_sd_configs: []",
        says: "field kubernets_sd_configs not found",
    },
    { what: "a protocol that does not exist", job: "scrape_protocols: [JSON]", says: "unknown scrape protocol" },
];

/** What promtool lets pass. */
const FILES: BadConfiguration[] = [
    {
        what: "a CA that is missing",
        job: "tls_config: { ca_file: /etc/none.crt }",
        says: 'job "bad": ca_file /etc/none.crt: no such file',
    },
    {
        what: "a CA that the service may not read",
        job: `tls_config: { ca_file: ${AT}/private }`,
        says: `ca_file ${AT}/private: the service cannot read it`,
    },
    {
        what: "a CA that is garbage",
        job: `tls_config: { ca_file: ${AT}/garbage }`,
        says: "unusable certificates: unable to use specified CA cert",
    },
    { what: "a CA that is empty", job: `tls_config: { ca_file: ${AT}/empty }`, says: `ca_file ${AT}/empty: is empty` },
    {
        what: "a discovery's CA that is missing",
        job: `kubernetes_sd_configs: [{ ${API}, tls_config: { ca_file: /etc/none.crt } }]`,
        says: "ca_file /etc/none.crt: no such file",
    },
    {
        what: "a discovery's CA that is garbage",
        job: `kubernetes_sd_configs: [{ ${API}, tls_config: { ca_file: ${AT}/garbage } }]`,
        says: "unusable certificates: ",
    },
    {
        what: "a key of another certificate",
        job: `tls_config: { cert_file: ${AT}/ca.crt, key_file: ${AT}/other-key.pem }`,
        says: "private key does not match public key",
    },
    {
        what: "a key that the service may not read",
        job: `tls_config: { cert_file: ${AT}/ca.crt, key_file: ${AT}/private }`,
        says: `key_file ${AT}/private: the service cannot read it`,
    },
    {
        what: "credentials that are missing",
        job: "authorization: { credentials_file: /etc/none }",
        says: "credentials_file /etc/none: no such file",
    },
    {
        what: "credentials that the service may not read",
        job: `authorization: { credentials_file: ${AT}/private }`,
        says: "the service cannot read it",
    },
    {
        what: "credentials that are empty",
        job: `authorization: { credentials_file: ${AT}/empty }`,
        says: `credentials_file ${AT}/empty: is empty`,
    },
    {
        what: "credentials in a folder that the unit hides",
        job: "authorization: { credentials_file: /home/mine/token }",
        says: "/home/mine/token: no such file that the service can see",
    },
    {
        what: "a discovery's credentials that are missing",
        job: `kubernetes_sd_configs: [{ ${API}, authorization: { credentials_file: /etc/none } }]`,
        says: "credentials_file /etc/none: no such file",
    },
    {
        what: "a password that is missing",
        job: "basic_auth: { username: a, password_file: /etc/none }",
        says: "password_file /etc/none: no such file",
    },
    {
        what: "a kubeconfig that is garbage",
        job: `kubernetes_sd_configs: [{ role: node, kubeconfig_file: ${AT}/garbage }]`,
        says: "service discoveries could not be set up",
    },
    {
        what: "files of targets that are missing",
        job: "file_sd_configs: [{ files: [/etc/none/*.json] }]",
        says: "files /etc/none/*.json: no such file",
    },
    {
        what: "a log that the service cannot write",
        job: "scrape_failure_log_file: /etc/failures.log",
        says: "the service cannot write it",
    },
    { what: "a selector without its end", job: `params: { 'match[]': ['{job="a"'] }`, says: 'bad match[] {job="a"' },
    { what: "a selector of everything", job: `params: { 'match[]': ['{}'] }`, says: "bad match[] {}" },
];

/** What needs neither the VM nor promtool. */
const TEXTS: BadConfiguration[] = [
    { what: "a scheme that is none", job: "scheme: htps", says: "another scheme than http and https" },
    { what: "a discovery without API server", job: "kubernetes_sd_configs: [{ role: node }]", says: "no api_server" },
    {
        what: "an API server without scheme",
        job: "kubernetes_sd_configs: [{ role: node, api_server: 'k:1' }]",
        says: "no http:// or https:// URL",
    },
    {
        what: "a password in clear",
        job: "basic_auth: { username: a, password: canary }",
        says: "a secret in clear at basic_auth.password",
    },
    {
        what: "a file by a relative path",
        job: "tls_config: { ca_file: ca.crt }",
        says: "something else than an absolute path",
    },
    { what: "no job", scrape: "scrape_configs: []\n", says: "does not hold exactly one field `scrape_configs`" },
    {
        what: "more than jobs",
        scrape: "global: {}\nscrape_configs: [{ job_name: a }]\n",
        says: "does not hold exactly one field",
    },
    { what: "a job twice", scrape: "scrape_configs: [{ job_name: a }, { job_name: a }]\n", says: "has a job 'a', as " },
    {
        what: "a job of this program's",
        scrape: "scrape_configs: [{ job_name: prometheus }]\n",
        says: "as one that this program makes is called",
    },
    { what: "what is no YAML", scrape: "scrape_configs: [\n", says: "is no YAML" },
    { what: "no group", rules: "groups: []\n", says: "holds no list of `groups`" },
    { what: "rules that are no YAML", rules: "groups:\n\t- name: a\n", says: "is no YAML" },
];

export const BAD_CONFIGURATIONS = [...BAD_RULES, ...JOBS, ...FILES, ...TEXTS];
