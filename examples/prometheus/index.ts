import * as pulumi from "@pulumi/pulumi";
import * as yaml from "js-yaml";
import type { Matcher, ScrapeSource } from "../../config/source";

/** A client's certificate and its key, in PEM form. */
interface KeyPair {
    readonly certificate: string;
    readonly key: string;
}

/** As PromQL writes it. */
function selector(matchers: readonly Matcher[]): string {
    return `{${matchers.map(({ label, operator, value }) => label + operator + JSON.stringify(value)).join(",")}}`;
}

/**
 * For a Prometheus that somebody else has set up: reads the outputs of a stack of external-prometheus, and makes the parts of its
 * `prometheus.yml` by which it federates from that one and writes its own series there, as the output `configuration`. What they
 * name beside it is in the secret output `files`, by name.
 */
export = async () => {
    const config = new pulumi.Config();
    const client = config.require("client");
    const name = config.require("monitorStack");
    const stack = new pulumi.StackReference(name);

    const [given, writing, authority, certificates] = await Promise.all(
        ["federationSource", "remoteWriteUrl", "caCertificate", "clientCertificates"].map((output) =>
            stack.getOutputDetails(output),
        ),
    );
    const federation = (given?.value as ScrapeSource | undefined)?.federation;
    const pair = (certificates?.secretValue as Record<string, KeyPair> | undefined)?.[client];
    if (federation === undefined || writing?.value === undefined || pair?.key === undefined) {
        throw new pulumi.RunError(
            `${name} does not let in a client '${client}': set front.clients.${client}.roles to [federator, writer] there and ` +
                "deploy it, and use the passphrase of that stack here (PULUMI_CONFIG_PASSPHRASE)",
        );
    }
    const ca = authority?.value as string | undefined;
    const tls = { ...(ca !== undefined && { ca_file: "ca.pem" }), cert_file: "client.pem", key_file: "client.key" };
    const document = {
        scrape_configs: federation.targets.map(({ address, replica, metricsPath }) => ({
            job_name: `federate/${replica}`,
            scheme: federation.scheme,
            metrics_path: metricsPath,
            honor_labels: true,
            params: { "match[]": Object.values(federation.matchers).map(selector) },
            tls_config: tls,
            static_configs: [{ targets: [address], labels: { taken_from: replica } }],
        })),
        remote_write: [
            {
                url: writing.value as string,
                tls_config: tls,
                // What comes from there is not sent back.
                write_relabel_configs: [{ source_labels: ["taken_from"], regex: ".+", action: "drop" }],
            },
        ],
    };
    return {
        configuration: yaml.dump(document, { lineWidth: -1 }),
        files: pulumi.secret({
            ...(ca !== undefined && { "ca.pem": ca }),
            "client.pem": pair.certificate,
            "client.key": pair.key,
        }),
    };
};
