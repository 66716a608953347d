import {
    entries,
    type Entry,
    type Issue,
    type NamedFile,
    parseYaml,
    problemsIn,
    sameNames,
    SECRET_TEXT,
} from "./files";
import { OWN_JOBS } from "./ownJobs";
import type { Problem } from "./problems";
import { FIELDS_READ, isObject } from "./scalars";
import { isSecretHeader, SECRET_PARAM } from "./secretNames";

/** A job of the user's own, as the text of its fields. */
export type UserJob = Readonly<Record<string, unknown>> & { readonly job_name: string };

/** The jobs of a file that has no problem. */
export function userJobs(content: string): UserJob[] {
    return (parseYaml(content) as { scrape_configs: UserJob[] }).scrape_configs;
}

/** Names in the stack's configuration that are those of jobs. */
export interface JobNames {
    readonly clusters: readonly string[];
    readonly scrapeJobs: readonly string[];
}

/** What is wrong with files of scrape jobs, as far as it can be seen without the VM and without promtool. */
export function scrapeFileProblems(files: readonly NamedFile[], names: JobNames): Problem[] {
    // Where each name was found first; files are called by their paths.
    const found = new Map<string, string>();
    return [
        ...sameNames(files),
        ...files.flatMap((file) =>
            problemsIn(file, (document) => {
                const jobs = jobsOf(document);
                return jobs === undefined
                    ? [
                          {
                              message:
                                  "does not hold exactly one field `scrape_configs`, a list of jobs with a `job_name`",
                              remedy: "see https://prometheus.io/docs/prometheus/latest/configuration/configuration/",
                          },
                      ]
                    : jobs.flatMap((job) => [
                          ...nameIssues(job.job_name, names, found, file.path),
                          ...jobIssues(job).map(({ message, remedy }) => ({
                              message: `has in job '${job.job_name}' ${message}`,
                              remedy,
                          })),
                      ]);
            }),
        ),
    ];
}

function jobsOf(document: unknown): UserJob[] | undefined {
    if (!isObject(document) || Object.keys(document).join() !== "scrape_configs") {
        return undefined;
    }
    const jobs = document["scrape_configs"];
    const isJob = (job: unknown): job is UserJob => isObject(job) && typeof job["job_name"] === "string";
    return Array.isArray(jobs) && jobs.length > 0 && jobs.every(isJob) ? jobs : undefined;
}

function nameIssues(name: string, names: JobNames, found: Map<string, string>, path: string): Issue[] {
    const remedy = "rename the job";
    // The scripts on the VM read them line by line, and take apart what Prometheus says of them by commas and quotes.
    if (!/^[\w./:-]+( [\w./:-]+)*$/.test(name)) {
        const shown = JSON.stringify(name.slice(0, 60));
        const message = `has a job ${shown}: a name must be letters, digits, single spaces, '_', '.', '/', ':' and '-'`;
        return [{ message, remedy }];
    }
    const own = [...OWN_JOBS, ...names.scrapeJobs];
    if (own.includes(name) || names.clusters.some((cluster) => name.startsWith(`${cluster}/`))) {
        return [{ message: `has a job '${name}', as one that this program makes is called`, remedy }];
    }
    const other = found.get(name);
    found.set(name, path);
    return other === undefined ? [] : [{ message: `has a job '${name}', as ${other} has`, remedy }];
}

function jobIssues(job: UserJob): Issue[] {
    const all = entries(job);
    if (all === undefined) {
        return [{ message: "too many values", remedy: "look at its aliases, which count as what they stand for" }];
    }
    return all.flatMap((entry) => [
        ...textIssues(entry),
        ...secretIssues(entry),
        // To Prometheus a label of a target is no field, whatever it is called.
        ...(LABEL.test(entry.path) ? labelIssues(entry) : [...fileIssues(entry), ...discoveryIssues(entry)]),
        ...fieldIssues(entry),
    ]);
}

const LABEL = /^static_configs\[\d+\]\.labels[.[]/;

/** To the scripts on the VM it would be one. */
function labelIssues({ path, key }: Entry): Issue[] {
    return key !== "job_name" && new RegExp(`^(${FIELDS_READ})$`).test(key)
        ? [{ message: `a label at ${path} that is called as a field is`, remedy: "call the label otherwise" }]
        : [];
}

/** What js-yaml writes on one line and without escapes, for the scripts on the VM take it as it stands. */
const PRINTABLE = /^[\x20-\x7e\xa1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u;

function textIssues({ path, key, value }: Entry): Issue[] {
    const texts = typeof value === "string" ? [key, value] : [key];
    return texts.every((text) => PRINTABLE.test(text))
        ? []
        : [{ message: `at ${path} more than one line, or what cannot be printed`, remedy: "write it on one line" }];
}

/** Fields that hold a secret in one of Prometheus's blocks. */
const SECRET_KEYS =
    /^(.*_)?(password|passwd|secrets?|token|credentials)$|^(secret|private|consumer|client_certificate|service_account)_key$|^proxy_connect_header$/;

function secretIssues({ path, key, value }: Entry): Issue[] {
    const [, header] = /^http_headers(?:\.|\[")([^."]+)(?:"\])?\.values$/.exec(path) ?? [];
    const isNamed =
        SECRET_KEYS.test(key) ||
        (/^params\W/.test(path) && SECRET_PARAM.test(key)) ||
        (header !== undefined && isSecretHeader(header));
    // A list of secrets is one finding, not one for each.
    const isSecret = isNamed && value !== null && !/\[\d+\]$/.test(path);
    // YAML has ways to write it that its line does not show.
    return isSecret || (typeof value === "string" && SECRET_TEXT.test(value))
        ? [
              {
                  message: `a secret in clear at ${path}`,
                  remedy: `put it in a file on the VM that the group prometheus may read, and name that by a *_file field`,
              },
          ]
        : [];
}

/** Relative paths would be looked for beside the file's copy on the VM, where there is nothing but it. */
function fileIssues({ path, key, value }: Entry): Issue[] {
    const isPath = key.endsWith("_file") || (key === "files" && path.endsWith("]"));
    return isPath && !(typeof value === "string" && /^\/[^,]+$/.test(value))
        ? [{ message: `at ${path} something else than an absolute path`, remedy: "name the file as it is on the VM" }]
        : [];
}

/** Without one Prometheus would look for the cluster that it runs in; one that is no URL of HTTP it takes, and finds nothing. */
function discoveryIssues({ path, key, value }: Entry): Issue[] {
    if (key === "api_server" && !(typeof value === "string" && /^https?:\/\/[^/]/.test(value))) {
        return [{ message: `at ${path} no http:// or https:// URL`, remedy: "name the API server by its URL" }];
    }
    return key === "kubernetes_sd_configs" &&
        isObject(value) &&
        !Array.isArray(value) &&
        !["api_server", "kubeconfig_file"].some((field) => field in value)
        ? [{ message: `at ${path} no api_server`, remedy: "set it: this Prometheus runs in no cluster" }]
        : [];
}

function fieldIssues({ path, key, value }: Entry): Issue[] {
    if (path === "scheme" && value !== "http" && value !== "https") {
        return [{ message: "another scheme than http and https", remedy: "set one of the two" }];
    }
    if (key === "job_name" && path !== "job_name") {
        return [{ message: `a second job_name at ${path}`, remedy: "call the field or label otherwise" }];
    }
    return key === "proxy_from_environment" && value !== "false"
        ? [{ message: `proxy_from_environment at ${path}`, remedy: "use proxy_url: the service has no environment" }]
        : [];
}
