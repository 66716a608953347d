import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { changed, load, refusal } from "./environment";

let project: string;

beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), "project-"));
    vi.spyOn(process, "cwd").mockReturnValue(project);
});

afterEach(() => {
    vi.restoreAllMocks();
    rmSync(project, { recursive: true });
});

function write(path: string, content: string | Buffer): void {
    mkdirSync(join(project, path, ".."), { recursive: true });
    writeFileSync(join(project, path), content);
}

const RULES = "groups:\n  - name: a\n    rules:\n      - record: a:b\n        expr: '1' # kept\n";

/** A file of one job, with more fields of it as YAML. */
function job(name: string, fields = ""): string {
    return `scrape_configs:\n  - job_name: ${name}\n${fields}`;
}

describe("the user's files", () => {
    it("are taken as they are, sorted by the names that they have on the VM", () => {
        write("b/one.yml", RULES);
        write("a/two.yaml", `# mine\n${RULES}`.trimEnd());
        const { ruleFiles } = load(changed({ "prometheus.ruleFiles": ["a/two.yaml", "b/one.yml"] }));
        expect(ruleFiles).toMatchObject([
            { name: "one.yml", content: RULES },
            { name: "two.yaml", content: `# mine\n${RULES}` },
        ]);
    });

    it("may be links within the project", () => {
        write("shared/rules.yml", RULES);
        symlinkSync("shared/rules.yml", join(project, "here.yml"));
        const { ruleFiles } = load(changed({ "prometheus.ruleFiles": ["here.yml"] }));
        expect(ruleFiles).toMatchObject([{ name: "here.yml", content: RULES }]);
    });

    it("may be as long as rules get", () => {
        write("long.yml", `${RULES}${"# a line of 300 KB\n".repeat(17_000)}`);
        const { ruleFiles } = load(changed({ "prometheus.ruleFiles": ["long.yml"] }));
        expect(ruleFiles[0]?.content.length).toBeGreaterThan(300_000);
    });
});

/** What lies at the path, and what is said of it. */
const UNREADABLE: [what: string, make: () => void, message: string][] = [
    ["what is not there", () => undefined, "names x.yml, which does not exist"],
    [
        "a folder",
        () => {
            mkdirSync(join(project, "x.yml"));
        },
        "is no plain file",
    ],
    [
        "a link that leads out",
        () => {
            symlinkSync("/etc/hostname", join(project, "x.yml"));
        },
        "leads out of the project",
    ],
    [
        "a link to nothing",
        () => {
            symlinkSync("none", join(project, "x.yml"));
        },
        "does not exist",
    ],
    [
        "more than a megabyte",
        () => {
            write("x.yml", "#".repeat(1_000_001));
        },
        "has 1000001 bytes, more than 1000000",
    ],
    [
        "what is not UTF-8",
        () => {
            write("x.yml", Buffer.from([0x23, 0xff]));
        },
        "is not encoded in UTF-8",
    ],
    [
        "a NUL character",
        () => {
            write("x.yml", "# \0");
        },
        "holds a NUL character",
    ],
];

describe.each(["ruleFiles", "scrapeConfigFiles"])("%s", (list) => {
    it.each(UNREADABLE)("refuses %s", (_what, make, message) => {
        make();
        const said = refusal(changed({ [`prometheus.${list}`]: ["x.yml"] }));
        expect(said).toContain(`✖ external-prometheus:prometheus.${list}[0] names x.yml, which `);
        expect(said).toContain(message);
        expect(said).toContain("\n    → ");
    });

    it("refuses two of the same name", () => {
        const content = list === "ruleFiles" ? RULES : job("a");
        write("a/x.yml", content);
        write("b/x.yml", content);
        const said = refusal(changed({ [`prometheus.${list}`]: ["a/x.yml", "b/x.yml"] }));
        expect(said).toContain(`prometheus.${list}[1] names b/x.yml, which is called x.yml as a/x.yml is`);
    });

    it.each([
        ["a line that frames files", "==> b <==\n", "has in line 1 the form '==> … <=='"],
        [
            "a private key",
            "# -----BEGIN EC PRIVATE KEY-----\n",
            "holds a private key or a URL with a password in line 1",
        ],
        ["a URL with a password", "# https://a:b@c/\n", "holds a private key or a URL with a password in line 1"],
        ["what is no YAML", "a: [\n", "is no YAML: "],
        ["a key that stands there twice", "a: 1\na: 2\n", "is no YAML: duplicated mapping key (2:1)"],
        ["two documents", "a: 1\n---\nb: 1\n", "is no YAML: "],
        ["nothing", "", "is no YAML: "],
    ])("refuses %s, without showing it", (_what, content, message) => {
        write("x.yml", content);
        const said = refusal(changed({ [`prometheus.${list}`]: ["x.yml"] }));
        expect(said).toContain(`✖ external-prometheus:prometheus.${list}[0] names x.yml, which ${message}`);
        expect(said).not.toContain("a:b@c");
        expect(said).not.toContain("BEGIN");
    });
});

describe("a file of rules", () => {
    it.each([
        ["a list", "- a\n", "holds no list of `groups`"],
        ["other fields", "rules: []\n", "holds no list of `groups`"],
        ["no group", "groups: []\n", "holds no list of `groups`"],
        ["a group without rules", "groups:\n  - name: a\n", "holds no list of `rules` in groups[0]"],
    ])("is refused with %s", (_what, content, message) => {
        write("x.yml", content);
        expect(refusal(changed({ "prometheus.ruleFiles": ["x.yml"] }))).toContain(message);
    });
});

/** The file's text, and what is said of it. */
const SCRAPE_FILES: [what: string, content: string, message: string][] = [
    ["a list", "- a\n", "does not hold exactly one field `scrape_configs`"],
    ["another field", `${job("a")}global: {}\n`, "does not hold exactly one field `scrape_configs`"],
    ["no job", "scrape_configs: []\n", "does not hold exactly one field `scrape_configs`"],
    ["nothing in it", "scrape_configs:\n", "does not hold exactly one field `scrape_configs`"],
    ["a job without a name", "scrape_configs:\n  - scheme: http\n", "does not hold exactly one field `scrape_configs`"],
    ["a job of no text", "scrape_configs:\n  - job_name: [a]\n", "does not hold exactly one field `scrape_configs`"],
    ["a comma in a name", job('"a,b"'), 'has a job "a,b": a name must be letters'],
    ["a quote in a name", job(`'a"b'`), "a name must be letters"],
    ["a line's end in a name", job(String.raw`"a\nb"`), String.raw`has a job "a\nb": a name must be`],
    ["an empty name", job('""'), "a name must be letters"],
    ["a name twice", `${job("a")}  - job_name: a\n`, "has a job 'a', as x.yml has"],
    ["our own name", job("prometheus"), "has a job 'prometheus', as one that this program makes"],
    ["a companion's name", job("node_exporter"), "has a job 'node_exporter', as one that this program makes"],
    ["a Kubernetes job's name", job("kubernetes-pods"), "has a job 'kubernetes-pods', as one that this program makes"],
    ["the name of one of scrapeJobs", job("node"), "has a job 'node', as one that this program makes"],
    ["a cluster's job", job("staging/mine"), "has a job 'staging/mine', as one that this program makes"],
    ["a password", job("a", "    basic_auth: { password: canary }\n"), "'a' a secret in clear at basic_auth.password"],
    [
        "credentials",
        job("a", "    authorization: { credentials: canary }\n"),
        "a secret in clear at authorization.credentials",
    ],
    ["a bearer token", job("a", "    bearer_token: canary\n"), "a secret in clear at bearer_token"],
    [
        "a client secret",
        job("a", "    oauth2: { client_secret: canary }\n"),
        "a secret in clear at oauth2.client_secret",
    ],
    [
        "a discovery's secret",
        job("a", "    ec2_sd_configs: [{ secret_key: canary }]\n"),
        "a secret in clear at ec2_sd_configs[0].secret_key",
    ],
    ["secret headers", job("a", "    http_headers: { X-A: { secrets: [canary] } }\n"), '["X-A"].secrets'],
    [
        "a token among the parameters",
        job("a", "    params: { token: [canary] }\n"),
        "a secret in clear at params.token",
    ],
    [
        "a relative file",
        job("a", "    tls_config: { ca_file: ca.crt }\n"),
        "at tls_config.ca_file something else than an abs",
    ],
    [
        "relative files",
        job("a", "    file_sd_configs: [{ files: [a.json] }]\n"),
        "at file_sd_configs[0].files[0] something",
    ],
    ["a scheme that is none", job("a", "    scheme: htps\n"), "another scheme than http and https"],
    [
        "a discovery without API server",
        job("a", "    kubernetes_sd_configs: [{ role: node }]\n"),
        "at kubernetes_sd_configs[0] no api_server",
    ],
    [
        "an API server that is no URL",
        job("a", "    kubernetes_sd_configs: [{ role: node, api_server: 'k:6443' }]\n"),
        "at kubernetes_sd_configs[0].api_server no http:// or https:// URL",
    ],
    ["a second job_name", job("a", "    params: { job_name: [b] }\n"), "a second job_name at params.job_name"],
    [
        "a label that is called as a field is",
        job("a", "    static_configs: [{ targets: ['a:1'], labels: { log_file: /etc/a } }]\n"),
        "a label at static_configs[0].labels.log_file that is called as a field is",
    ],
    ["text of two lines", job("a", '    metrics_path: "/a\\nb"\n'), "at metrics_path more than one line"],
    ["what cannot be printed", job("a", '    metrics_path: "/\\u2028"\n'), "at metrics_path more than one line"],
    [
        "the service's environment",
        job("a", "    proxy_from_environment: true\n"),
        "proxy_from_environment at proxy_from",
    ],
    ["an alias within itself", job("a", "    params: &a { b: *a }\n"), "has in job 'a' too many values"],
];

describe("a file of scrape jobs", () => {
    it.each(SCRAPE_FILES)("is refused with %s, without showing a secret", (_what, content, message) => {
        write("x.yml", content);
        const said = refusal(changed({ "prometheus.scrapeConfigFiles": ["x.yml"] }));
        expect(said).toContain(`✖ external-prometheus:prometheus.scrapeConfigFiles[0] names x.yml, which `);
        expect(said).toContain(message);
        expect(said).not.toContain("canary");
        expect(said).toContain("\n    → ");
    });

    it("is refused with a job of another file", () => {
        write("x.yml", job("a"));
        write("y.yml", job("a"));
        const said = refusal(changed({ "prometheus.scrapeConfigFiles": ["x.yml", "y.yml"] }));
        expect(said).toContain("prometheus.scrapeConfigFiles[1] names y.yml, which has a job 'a', as x.yml has");
    });

    it("names every problem at once", () => {
        write("x.yml", job('"a,b"', "    scheme: x\n    bearer_token: y\n"));
        const files = { "prometheus.scrapeConfigFiles": ["x.yml", "none.yml"], "prometheus.ruleFiles": ["none.yml"] };
        expect(refusal(changed(files))).toContain("has 5 problems");
    });

    it("is taken with what is no secret and no mistake", () => {
        const fields = [
            "    basic_auth: { username: a, password_file: /etc/a }",
            "    params: { 'match[]': ['{a=\"b\"}'], keyword: [a] }",
            "    relabel_configs: [{ source_labels: [__address__], target_label: token_of }]",
            "    static_configs: [{ targets: ['a:1'], labels: { access_key: x, api_servers: here, ä: é } }]",
            "    kubernetes_sd_configs: [{ role: node, api_server: 'https://k:6443' }]",
            "",
        ];
        write("x.yml", job("my own/job:1", fields.join("\n")));
        expect(load(changed({ "prometheus.scrapeConfigFiles": ["x.yml"] })).scrapeConfigFiles).toHaveLength(1);
    });
});
