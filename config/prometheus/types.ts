import type { Duration } from "../source";

/**
 * The parts of Prometheus's configuration that are used here, in Prometheus's own spelling: the object is the document.
 * Closed on purpose, so that a mistyped field does not compile.
 */
export interface PrometheusDocument {
    global: {
        scrape_interval: Duration;
        scrape_timeout: Duration;
        scrape_failure_log_file: string;
        external_labels?: Record<string, string>;
    };
    alerting?: { alertmanagers: AlertmanagerConfig[] };
    rule_files?: string[];
    scrape_config_files?: string[];
    storage?: { tsdb: { retention: { time?: Duration; size?: string } } };
    scrape_configs: ScrapeConfig[];
    remote_write?: RemoteWriteConfig[];
}

/** A file that `scrape_config_files` names. */
export interface ScrapeConfigFile {
    scrape_configs: ScrapeConfig[];
}

/** What everything has that sends requests. */
export interface HttpClientFields {
    follow_redirects?: boolean;
    authorization?: Authorization;
    basic_auth?: BasicAuth;
    tls_config?: TlsConfig;
    proxy_url?: string;
}

export interface ScrapeConfig extends HttpClientFields {
    job_name: string;
    scrape_interval: Duration;
    scrape_timeout: Duration;
    honor_labels?: boolean;
    track_timestamps_staleness?: boolean;
    scrape_native_histograms?: boolean;
    fallback_scrape_protocol?: "PrometheusText0.0.4";
    sample_limit?: number;
    target_limit?: number;
    label_limit?: number;
    body_size_limit?: string;
    scheme?: "http" | "https";
    metrics_path?: string;
    params?: Record<string, string[]>;
    kubernetes_sd_configs?: KubernetesSdConfig[];
    static_configs?: StaticConfig[];
    file_sd_configs?: FileSdConfig[];
    http_sd_configs?: HttpSdConfig[];
    dns_sd_configs?: DnsSdConfig[];
    relabel_configs?: RelabelConfig[];
    metric_relabel_configs?: RelabelConfig[];
}

export interface AlertmanagerConfig extends HttpClientFields {
    scheme?: "http" | "https";
    path_prefix?: string;
    timeout?: Duration;
    static_configs: StaticConfig[];
}

export interface RemoteWriteConfig extends HttpClientFields {
    name: string;
    url: string;
    remote_timeout?: Duration;
    send_native_histograms?: boolean;
}

export interface Authorization {
    /** Bearer, if it is absent. */
    type?: string;
    credentials_file: string;
}

export interface BasicAuth {
    username: string;
    password_file: string;
}

export interface TlsConfig {
    /** Absent where the VM's own trust store holds it. */
    ca_file?: string;
    cert_file?: string;
    key_file?: string;
    server_name?: string;
    insecure_skip_verify?: boolean;
}

export interface KubernetesSdConfig {
    role: "node" | "endpointslice" | "pod";
    api_server: string;
    namespaces?: { names: string[] };
    /** Of the discovery alone: a scrape is authorized by its job's own block. */
    authorization: Authorization;
    tls_config: TlsConfig;
}

export interface FileSdConfig {
    files: string[];
    /** How often they are read where no change of them was seen. */
    refresh_interval: Duration;
}

export interface HttpSdConfig extends HttpClientFields {
    url: string;
    refresh_interval: Duration;
}

export interface DnsSdConfig {
    names: string[];
    type: "SRV" | "A" | "AAAA";
    port?: number;
    refresh_interval: Duration;
}

export interface StaticConfig {
    targets: string[];
    labels?: Record<string, string>;
}

export interface RelabelConfig {
    source_labels?: string[];
    regex?: string;
    target_label?: string;
    replacement?: string;
    modulus?: number;
    action?: "keep" | "drop" | "labelmap" | "hashmod";
}
