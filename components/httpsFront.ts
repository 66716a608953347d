import * as remote from "@pulumi/command/remote";
import * as pulumi from "@pulumi/pulumi";
import { frontUrl } from "../config/front";
import { frontFiles } from "../config/httpd/files";
import { federationCredentials, federators } from "../config/outputs";
import type { Front } from "../config/schema";
import type { SourceCredentials } from "../config/source";
import { bundle } from "../host/bundle";
import type { KeyPair } from "./certificates";
import { FrontCertificates } from "./frontCertificates";
import { FrontCredentials } from "./frontCredentials";
import type { CheckedVm } from "./gate";

export interface HttpsFrontArgs {
    vm: CheckedVm;
    front: Front;
    /** Seconds that Prometheus gives a query. */
    queryTimeout: number;
}

/** httpd before Prometheus: who gets in, and to what. Changed as one, or not at all. */
export class HttpsFront extends pulumi.ComponentResource {
    /** Of Prometheus, from outside the VM. */
    public readonly url: string;
    /** That the server's certificate comes from; undefined where nobody has said. */
    public readonly caCertificate: pulumi.Output<string> | undefined;
    /** Those that were made here, by the client's name. */
    public readonly clientCertificates: Readonly<Record<string, KeyPair>>;
    /** How another VM is let in that federates, by the client's name; secret. */
    public readonly federationCredentials: pulumi.Output<Readonly<Record<string, SourceCredentials>>>;
    /** Those who have a password, by their names, sorted. */
    public readonly users: readonly string[];

    constructor(name: string, args: HttpsFrontArgs, opts?: pulumi.ComponentResourceOptions) {
        super("external-prometheus:index:HttpsFront", name, {}, opts);

        const { vm, front, queryTimeout } = args;
        const { config } = front;
        const certificates = new FrontCertificates(`${name}-certificates`, { front: config }, { parent: this });
        const credentials = new FrontCredentials(`${name}-credentials`, { vm, front, certificates }, { parent: this });
        this.url = frontUrl(config);
        this.users = Object.keys(config.users).sort();
        new remote.Command(
            name,
            {
                connection: vm.connection,
                create: vm.command("front", {
                    // Another value takes over other credentials.
                    credentials: credentials.sum,
                    url: this.url,
                }),
                // Never a secret among it: the preview of a pull request shows this text, line by line.
                stdin: bundle(frontFiles(config, queryTimeout)),
                logging: remote.Logging.Stderr,
                addPreviousOutputInEnv: false,
            },
            vm.options(this),
        );

        const given = config.caCertificate === undefined ? undefined : pulumi.output(config.caCertificate);
        this.caCertificate = certificates.caCertificate ?? given;
        this.clientCertificates = certificates.clients;
        this.federationCredentials = pulumi.secret(
            pulumi
                .all([this.caCertificate, pulumi.all(certificates.clients)])
                .apply(([caCertificate, pairs]) => federationCredentials(federators(config), pairs, caCertificate)),
        );
        this.registerOutputs({ url: this.url });
    }

    /** What a stack tells others of it: who is to be trusted, and by whom. */
    public get outputs() {
        const { caCertificate, users, clientCertificates, federationCredentials } = this;
        return {
            ...(caCertificate && { caCertificate }),
            users,
            clientCertificates: pulumi.secret(clientCertificates),
            federationCredentials,
        };
    }
}
