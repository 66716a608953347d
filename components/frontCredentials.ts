import * as remote from "@pulumi/command/remote";
import * as pulumi from "@pulumi/pulumi";
import { frontCredentialFiles } from "../config/httpd/credentials";
import type { Front } from "../config/schema";
import { bundle } from "../host/bundle";
import type { FrontCertificates } from "./frontCertificates";
import type { CheckedVm } from "./gate";

export interface FrontCredentialsArgs {
    vm: CheckedVm;
    front: Front;
    certificates: FrontCertificates;
}

/** Certificate, key, hashes of passwords and the CA of clients on the VM, for the next step to take over. */
export class FrontCredentials extends pulumi.ComponentResource {
    /** By which one state of them is told from another; not secret. */
    public readonly sum: pulumi.Output<string>;

    constructor(name: string, args: FrontCredentialsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("external-prometheus:index:FrontCredentials", name, {}, opts);

        const { vm, front, certificates } = args;
        const { server, caCertificate, clientCaCertificate } = certificates;
        const pem = pulumi.all([
            server?.certificate ?? front.config.certificate,
            server?.key ?? front.privateKey,
            caCertificate ?? front.config.caCertificate,
            clientCaCertificate ?? front.config.clientCaCertificate,
        ]);
        const credentials = new remote.Command(
            name,
            {
                connection: vm.connection,
                create: vm.command("frontCredentials"),
                stdin: pulumi.secret(
                    pulumi
                        .all([pem, front.passwordHashes])
                        .apply(([[certificate, key, ca, clientCa], passwordHashes]) =>
                            bundle(
                                frontCredentialFiles({
                                    certificate,
                                    key,
                                    caCertificate: ca,
                                    clientCaCertificate: clientCa,
                                    passwordHashes,
                                }),
                            ),
                        ),
                ),
                logging: remote.Logging.None,
                addPreviousOutputInEnv: false,
            },
            vm.options(this),
        );

        this.sum = credentials.stdout;
        this.registerOutputs();
    }
}
