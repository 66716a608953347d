import * as remote from "@pulumi/command/remote";
import * as pulumi from "@pulumi/pulumi";
import { type CredentialFile, credentialFiles } from "../config/credentials";
import { httpCredentialFiles, type HttpServices } from "../config/httpCredentials";
import type { HttpSecrets } from "../config/httpSecrets";
import { RENEWAL_FOLDER, renewalFiles } from "../config/renewal";
import type { ScrapeSource, SourceCredentials } from "../config/source";
import { bundle, type BundleFile } from "../host/bundle";
import { renewalProgram } from "../host/renewal";
import type { CheckedVm } from "./gate";

export interface CredentialsArgs {
    vm: CheckedVm;
    sources: pulumi.Input<readonly ScrapeSource[]>;
    /** By cluster name; secret. */
    credentials: pulumi.Input<Readonly<Record<string, SourceCredentials>>>;
    /** Other servers that are shown something. */
    services: HttpServices;
    /** Secret. */
    httpSecrets: pulumi.Input<HttpSecrets>;
}

/** Tokens, CAs and client keys on the VM, where the configuration names them. Rotating one needs no reload. */
export class Credentials extends pulumi.ComponentResource {
    constructor(name: string, args: CredentialsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("external-prometheus:index:Credentials", name, {}, opts);

        const { vm } = args;
        const program = renewalProgram();
        new remote.Command(
            name,
            {
                connection: vm.connection,
                create: vm.command("credentials"),
                stdin: pulumi.secret(
                    pulumi
                        .all([
                            pulumi.output(args.sources),
                            pulumi.output(args.credentials),
                            pulumi.output(args.httpSecrets),
                        ])
                        .apply(([sources, credentials, secrets]) =>
                            credentialBundle(
                                sources,
                                credentials,
                                program,
                                httpCredentialFiles(args.services, secrets),
                            ),
                        ),
                ),
                logging: remote.Logging.Stderr,
                addPreviousOutputInEnv: false,
            },
            vm.options(this),
        );
        this.registerOutputs();
    }
}

function credentialBundle(
    sources: readonly ScrapeSource[],
    credentials: Readonly<Record<string, SourceCredentials>>,
    program: readonly BundleFile[],
    others: readonly CredentialFile[],
): string {
    const byName = [...sources].sort((a, b) => (a.name < b.name ? -1 : 1));
    const files = byName.flatMap((source): CredentialFile[] => {
        const own = credentials[source.name];
        if (own === undefined) {
            throw new pulumi.RunError(
                `cluster '${source.name}' has no credentials: its source and its credentials belong together`,
            );
        }
        return [...credentialFiles(source, own), ...renewalFiles(source, own)];
    });
    // What gets tokens is there where there is a cluster that gives them.
    const renewal = files.some(({ path }) => path.startsWith(`${RENEWAL_FOLDER}/`)) ? program : [];
    return bundle([
        ...files,
        ...others,
        ...renewal.map((file) => ({ ...file, path: `${RENEWAL_FOLDER}/${file.path}` })),
    ]);
}
