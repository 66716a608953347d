import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { credentialFiles } from "../config/credentials";
import type { ScrapeSource, SourceCredentials } from "../config/source";
import { bundle } from "../host/bundle";
import type { CheckedVm } from "./gate";

export interface CredentialsArgs {
    vm: CheckedVm;
    sources: pulumi.Input<readonly ScrapeSource[]>;
    /** By cluster name; secret. */
    credentials: pulumi.Input<Readonly<Record<string, SourceCredentials>>>;
}

/** Tokens, CAs and client keys on the VM, where the configuration names them. Rotating one needs no reload. */
export class Credentials extends pulumi.ComponentResource {
    constructor(name: string, args: CredentialsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("external-prometheus:index:Credentials", name, {}, opts);

        const { vm } = args;
        new remote.Command(
            name,
            {
                connection: vm.connection,
                create: vm.command("credentials"),
                stdin: pulumi.secret(
                    pulumi
                        .all([pulumi.output(args.sources), pulumi.output(args.credentials)])
                        .apply(([sources, credentials]) => credentialBundle(sources, credentials)),
                ),
                logging: remote.Logging.None,
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
): string {
    const byName = [...sources].sort((a, b) => (a.name < b.name ? -1 : 1));
    return bundle(
        byName.flatMap((source) => {
            const own = credentials[source.name];
            if (own === undefined) {
                throw new pulumi.RunError(
                    `cluster '${source.name}' has no credentials: its source and its credentials belong together`,
                );
            }
            return credentialFiles(source, own);
        }),
    );
}
