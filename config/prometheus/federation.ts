import { JOB_NAMES, type JobName, type Matcher, type ScrapeSource } from "../source";
import { credentialPaths, tokenPaths } from "./credentials";
import { guard, LIMITS, patternOf } from "./guard";
import { identity, jobBasics, type Job } from "./job";
import type { RelabelConfig, ScrapeConfig } from "./types";

type Federation = NonNullable<ScrapeSource["federation"]>;

/**
 * One job for each that is federated, so that their `match[]` are disjoint and one that fails takes no other with it.
 *
 * The federated series keep their own `job` and `instance` (`honor_labels`). What Prometheus adds itself, such as `up` of the
 * federation, has `job="federate/<job>"`: under the plain name it would be counted among the targets of the job. Every
 * replica is a target of its own with a label `replica`, or the samples of the replicas would mix in one series.
 */
export function federationJobs(source: ScrapeSource): Job[] {
    const { federation } = source;
    if (federation === undefined) {
        return [];
    }
    const { scheme, targets, matchers } = federation;
    const [path, ...otherPaths] = new Set(targets.map(({ metricsPath }) => metricsPath));
    const isOnePath = path !== undefined && otherPaths.length === 0;
    return JOB_NAMES.flatMap((job) => {
        const { path: chosen, interval } = source.jobs[job] ?? {};
        if (chosen !== "federate" || interval === undefined) {
            return [];
        }
        const scrape: ScrapeConfig = {
            ...jobBasics(source.name, job, interval),
            honor_labels: true,
            // Keeps time honest: a series that ends in the cluster ends here too, not 5 minutes later.
            track_timestamps_staleness: true,
            ...(federation.nativeHistograms && { scrape_native_histograms: true }),
            ...LIMITS,
            scheme,
            ...(isOnePath && { metrics_path: path }),
            params: { "match[]": [selector(matchers[job] ?? [])] },
            // A Prometheus answers by itself; who sends elsewhere is somebody else.
            follow_redirects: false,
            ...proof(source, federation),
            static_configs: targets.map(({ address, replica, metricsPath }) => ({
                targets: [address],
                labels: { replica, ...(!isOnePath && { __metrics_path__: metricsPath }) },
            })),
            relabel_configs: identity(source.name, `federate/${job}`),
            metric_relabel_configs: [
                ...kept(matchers[job] ?? []),
                ...guard(source, job),
                ...evaluated(source.name, job),
            ],
        };
        return [{ cluster: source.name, job, path: chosen, scrape }];
    });
}

/** What a cluster has computed can be nothing that the VM computes: a rule of the same name gives series without this label. */
function evaluated(cluster: string, job: JobName): RelabelConfig[] {
    return job === "recording-rules" || job === "alerts"
        ? [{ target_label: "evaluated_by", replacement: cluster }]
        : [];
}

/** Files on the VM by which it and the targets know each other; undefined for what they do not need. */
export function federationFiles(source: ScrapeSource, { ca, shows }: Federation) {
    const files = credentialPaths(source.name);
    const shown = (what: (typeof shows)[number], file: string) => (shows.includes(what) ? file : undefined);
    return {
        ca: { own: files.federationCa, cluster: files.ca, system: undefined }[ca],
        certificate: shown("certificate", files.federationCertificate),
        key: shown("certificate", files.federationKey),
        password: shown("password", files.federationPassword),
        token: shown("token", tokenPaths(source).federation),
    };
}

function proof(
    source: ScrapeSource,
    federation: Federation,
): Pick<ScrapeConfig, "authorization" | "basic_auth" | "tls_config"> {
    const { scheme, serverName, username } = federation;
    const { ca, certificate, key, password, token } = federationFiles(source, federation);
    const tls = {
        ...(ca !== undefined && { ca_file: ca }),
        ...(certificate !== undefined && { cert_file: certificate }),
        ...(key !== undefined && { key_file: key }),
        ...(serverName !== undefined && { server_name: serverName }),
    };
    return {
        ...(token !== undefined && { authorization: { credentials_file: token } }),
        ...(password !== undefined && { basic_auth: { username: username ?? "", password_file: password } }),
        ...(scheme === "https" && Object.keys(tls).length > 0 && { tls_config: tls }),
    };
}

/** Nothing but what was asked for. */
function kept(matchers: readonly Matcher[]): RelabelConfig[] {
    return matchers.map((matcher) => ({
        source_labels: [matcher.label],
        regex: patternOf(matcher),
        action: matcher.operator.startsWith("=") ? "keep" : "drop",
    }));
}

/** As PromQL writes it. */
function selector(matchers: readonly Matcher[]): string {
    return `{${matchers.map(({ label, operator, value }) => label + operator + JSON.stringify(value)).join(",")}}`;
}
