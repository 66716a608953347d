import { isIP } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import type { FrontConfig } from "../config/front";
import { authority, type KeyPair, leaf, subject } from "./certificates";

export interface FrontCertificatesArgs {
    front: FrontConfig;
}

/** The certificates before Prometheus that nobody has brought: the server's with its CA, and those of machines with theirs. */
export class FrontCertificates extends pulumi.ComponentResource {
    /** Of the server; undefined where its certificate is given. */
    public readonly server: KeyPair | undefined;
    /** Issues nothing but the server's certificate. */
    public readonly caCertificate: pulumi.Output<string> | undefined;
    /** By the names of `front.clients`; empty where somebody else's CA issues them. */
    public readonly clients: Readonly<Record<string, KeyPair>>;
    /** Issues nothing but the clients' certificates. */
    public readonly clientCaCertificate: pulumi.Output<string> | undefined;

    constructor(name: string, args: FrontCertificatesArgs, opts?: pulumi.ComponentResourceOptions) {
        super("external-prometheus:index:FrontCertificates", name, {}, opts);

        const { front } = args;
        if (front.certificate === undefined && front.certificateFile === undefined) {
            const ca = authority(`${name}-ca`, "front CA", this);
            this.caCertificate = ca.certificate;
            this.server = leaf(`${name}-server`, ca, "server_auth", serverRequest(front), this);
        }
        const names = Object.keys(front.clients).sort();
        const issuer =
            names.length > 0 && front.clientCaCertificate === undefined
                ? authority(`${name}-clients-ca`, "front client CA", this)
                : undefined;
        this.clientCaCertificate = issuer?.certificate;
        this.clients = Object.fromEntries(
            names.flatMap((client) =>
                issuer === undefined
                    ? []
                    : [
                          [
                              client,
                              leaf(
                                  `${name}-client-${client}`,
                                  issuer,
                                  "client_auth",
                                  { subject: subject(client) },
                                  this,
                              ),
                          ],
                      ],
            ),
        );
        this.registerOutputs({ caCertificate: this.caCertificate });
    }
}

function serverRequest({ serverName, aliases }: FrontConfig) {
    const names = [serverName, ...aliases];
    return {
        subject: subject("front"),
        dnsNames: names.filter((each) => isIP(each) === 0),
        ipAddresses: names.filter((each) => isIP(each) !== 0),
    };
}
