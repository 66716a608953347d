import { isIP } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";

export interface GatewayCertificatesArgs {
    /** The name that the VM asks the gateway to prove. */
    serverName: string;
    /** Host names and IP addresses under which the gateway is reached. */
    addresses: string[];
}

/** A certificate and its key, in PEM form. */
export interface KeyPair {
    readonly certificate: pulumi.Output<string>;
    readonly key: pulumi.Output<string>;
}

const DAY = 24;
const YEAR = 365 * DAY;
const LEAF = { validityPeriodHours: YEAR, earlyRenewalHours: 30 * DAY };
/** Renewed so early that no leaf outlives it. */
const AUTHORITY = { validityPeriodHours: 10 * YEAR, earlyRenewalHours: YEAR };

/** A CA of the gateway's own with one certificate for the gateway and one for the VM: neither vouches for anything else. */
export class GatewayCertificates extends pulumi.ComponentResource {
    public readonly caCertificate: pulumi.Output<string>;
    public readonly server: KeyPair;
    public readonly client: KeyPair;

    constructor(name: string, args: GatewayCertificatesArgs, opts?: pulumi.ComponentResourceOptions) {
        super("external-prometheus:index:GatewayCertificates", name, {}, opts);

        const caKey = this.privateKey(`${name}-ca-key`);
        const ca = new tls.SelfSignedCert(
            `${name}-ca`,
            {
                privateKeyPem: caKey.privateKeyPem,
                subject: subject("gateway CA"),
                isCaCertificate: true,
                allowedUses: ["cert_signing"],
                ...AUTHORITY,
            },
            { parent: this },
        );
        const authority = { caPrivateKeyPem: caKey.privateKeyPem, caCertPem: ca.certPem };

        this.caCertificate = ca.certPem;
        this.server = this.leaf(`${name}-server`, authority, "server_auth", {
            subject: subject("gateway"),
            dnsNames: [args.serverName, ...args.addresses.filter((address) => isIP(address) === 0)],
            ipAddresses: args.addresses.filter((address) => isIP(address) !== 0),
        });
        this.client = this.leaf(`${name}-client`, authority, "client_auth", { subject: subject("prometheus") });
        this.registerOutputs({ caCertificate: this.caCertificate });
    }

    private privateKey(name: string): tls.PrivateKey {
        return new tls.PrivateKey(name, { algorithm: "ECDSA", ecdsaCurve: "P256" }, { parent: this });
    }

    private leaf(
        name: string,
        authority: Pick<tls.LocallySignedCertArgs, "caPrivateKeyPem" | "caCertPem">,
        use: "server_auth" | "client_auth",
        request: Omit<tls.CertRequestArgs, "privateKeyPem">,
    ): KeyPair {
        const key = this.privateKey(`${name}-key`);
        const { certRequestPem } = new tls.CertRequest(
            `${name}-request`,
            { privateKeyPem: key.privateKeyPem, ...request },
            { parent: this },
        );
        const { certPem } = new tls.LocallySignedCert(
            name,
            { certRequestPem, ...authority, allowedUses: ["digital_signature", use], ...LEAF },
            { parent: this },
        );
        return { certificate: certPem, key: key.privateKeyPem };
    }
}

function subject(commonName: string): tls.CertRequestArgs["subject"] {
    return { commonName, organization: "external-prometheus" };
}
