import * as pulumi from "@pulumi/pulumi";
import * as yaml from "js-yaml";
import type { GrafanaDataSource } from "../../config/outputs";

/** A client's certificate and its key, in PEM form. */
interface KeyPair {
    readonly certificate: string;
    readonly key: string;
}

/**
 * Reads the outputs of a stack of external-prometheus, and makes of them a file for Grafana's `provisioning/datasources`, as the
 * secret output `datasources`: its Prometheus, and its Alertmanager where the front leads to one.
 */
export = async () => {
    const config = new pulumi.Config();
    const client = config.require("client");
    const name = config.require("monitorStack");
    const stack = new pulumi.StackReference(name);

    const [shown, alertmanager, authority, certificates] = await Promise.all(
        ["grafanaDataSource", "alertmanagerUrl", "caCertificate", "clientCertificates"].map((output) =>
            stack.getOutputDetails(output),
        ),
    );
    const record = shown?.value as GrafanaDataSource | undefined;
    // A reference gives an empty object for what it cannot decrypt, and nothing for what is not there.
    const pair = (certificates?.secretValue as Record<string, KeyPair> | undefined)?.[client];
    if (record === undefined || pair?.key === undefined) {
        const lacking = record === undefined ? "front with a viewer" : `certificate of a client '${client}'`;
        throw new pulumi.RunError(
            `${name} has no ${lacking} that can be read here: set front.clients.${client}.roles to [viewer] there and deploy ` +
                "it, and use the passphrase of that stack here (PULUMI_CONFIG_PASSPHRASE)",
        );
    }
    const { access, jsonData } = record;
    const { tlsAuth, tlsAuthWithCACert, serverName } = jsonData;
    const secureJsonData = {
        ...(tlsAuthWithCACert && { tlsCACert: authority?.value as string }),
        tlsClientCert: pair.certificate,
        tlsClientKey: pair.key,
    };
    const document = {
        apiVersion: 1,
        datasources: [
            { ...record, secureJsonData },
            ...(alertmanager?.value === undefined
                ? []
                : [
                      {
                          name: `${record.name}-alertmanager`,
                          type: "alertmanager",
                          access,
                          url: alertmanager.value as string,
                          jsonData: { implementation: "prometheus", tlsAuth, tlsAuthWithCACert, serverName },
                          secureJsonData,
                      },
                  ]),
        ],
    };
    return { url: record.url, datasources: pulumi.secret(yaml.dump(document, { lineWidth: -1 })) };
};
