import { remote, type types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { VmConfig } from "../config/vm";
import { milliseconds } from "../config/source";
import { bootWait } from "../host/dialError";
import { hostScript, type HostScript } from "../host/render";
import { LISTEN_ADDRESS } from "../host/unit";

export interface GateArgs {
    vm: VmConfig;
    /** For SSH; secret. */
    privateKey: pulumi.Input<string>;
}

/** A VM that was let through, as the later steps use it. */
export interface CheckedVm {
    readonly connection: types.input.remote.ConnectionArgs;
    /**
     * The command line of a step. It changes when the VM turns out to be another one, so that a rebuilt VM gets every
     * step again.
     */
    command(script: HostScript, variables?: Readonly<Record<string, pulumi.Input<string>>>): pulumi.Output<string>;
}

/**
 * The first step, and the only one that waits for a VM that is still booting. It also is the only one with a delete:
 * all others depend on it, so that it is deleted last, and then removes what all of them have installed.
 */
export class Gate extends pulumi.ComponentResource {
    public readonly vm: CheckedVm;

    constructor(name: string, args: GateArgs, opts?: pulumi.ComponentResourceOptions) {
        super("external-prometheus:index:Gate", name, {}, opts);

        const { vm, privateKey } = args;
        const variables = {
            owner: `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`,
            component: name,
            address: LISTEN_ADDRESS,
        };
        const check = new remote.Command(
            name,
            {
                // One try at a time: each of the provider's own retries would be another failed login where the key is
                // wrong.
                connection: connection(vm, privateKey, 0),
                create: hostScript("gate", vm.user, variables),
                delete: hostScript("remove", vm.user, { ...variables, purge_data: String(vm.purgeData) }),
                logging: remote.Logging.Stderr,
                addPreviousOutputInEnv: false,
            },
            {
                parent: this,
                // The other order would remove what was just set up; this one ends in a new mark, so that all steps run
                // again.
                deleteBeforeReplace: true,
                hooks: { onError: [waitForBoot(`${name}-boot`, vm, this)] },
            },
        );

        this.vm = {
            connection: connection(vm, privateKey, 2),
            command: (script, more = {}) =>
                pulumi
                    .all([check.stdout, pulumi.all(more)])
                    .apply(([seen, values]) => hostScript(script, vm.user, { ...variables, ...values, vm: seen })),
        };
        this.registerOutputs();
    }
}

function connection(
    vm: VmConfig,
    privateKey: pulumi.Input<string>,
    dialErrorLimit: number,
): types.input.remote.ConnectionArgs {
    const { host, port, user, hostKey } = vm;
    return { host, port, user, privateKey: pulumi.secret(privateKey), hostKey, perDialTimeout: 10, dialErrorLimit };
}

function waitForBoot(name: string, vm: VmConfig, gate: pulumi.Resource): pulumi.ErrorHook {
    const judge = bootWait(milliseconds(vm.bootTimeout));
    return new pulumi.ErrorHook(name, async ({ errors, failedOperation }) => {
        if (failedOperation === "delete") {
            return false;
        }
        const verdict = await judge(errors[0] ?? "");
        if (verdict.kind === "stop" && verdict.advice !== undefined) {
            await pulumi.log.error(`${vm.host}:${vm.port}: ${verdict.advice}`, gate);
        }
        return verdict.kind === "retry";
    });
}
