import { isIP } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { authority, type KeyPair, leaf, subject } from "./certificates";

export interface GatewayCertificatesArgs {
    /** The name that the VM asks the gateway to prove. */
    serverName: string;
    /** Host names and IP addresses under which the gateway is reached. */
    addresses: string[];
}

/** A CA of the gateway's own with one certificate for the gateway and one for the VM: neither vouches for anything else. */
export class GatewayCertificates extends pulumi.ComponentResource {
    public readonly caCertificate: pulumi.Output<string>;
    public readonly server: KeyPair;
    public readonly client: KeyPair;

    constructor(name: string, args: GatewayCertificatesArgs, opts?: pulumi.ComponentResourceOptions) {
        super("external-prometheus:index:GatewayCertificates", name, {}, opts);

        const { serverName, addresses } = args;
        const ca = authority(`${name}-ca`, "gateway CA", this);
        const server = {
            subject: subject("gateway"),
            dnsNames: [serverName, ...addresses.filter((address) => isIP(address) === 0)],
            ipAddresses: addresses.filter((address) => isIP(address) !== 0),
        };

        this.caCertificate = ca.certificate;
        this.server = leaf(`${name}-server`, ca, "server_auth", server, this);
        this.client = leaf(`${name}-client`, ca, "client_auth", { subject: subject("prometheus") }, this);
        this.registerOutputs({ caCertificate: this.caCertificate });
    }
}
