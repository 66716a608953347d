import type { types } from "@pulumi/command";
import * as remote from "@pulumi/command/remote";
import * as pulumi from "@pulumi/pulumi";
import type { VmConfig } from "../config/vm";
import { milliseconds } from "../config/source";
import { bootWait, type DialError, dialError, RETRIES } from "../host/dialError";
import { identityLine } from "../host/identity";
import { PROGRAM_NAMES } from "../host/programs";
import { hostScript, type HostScript } from "../host/render";
import { LISTEN_ADDRESS } from "../host/unit";

export interface GateArgs {
    vm: VmConfig;
    /** For SSH; secret. */
    privateKey: pulumi.Input<string>;
    /** For the jump host, if it is not the same; secret. */
    proxyPrivateKey?: pulumi.Input<string> | undefined;
    /** URL of a server whose clock the VM's is compared with, wherever it answers at once; empty: none. */
    clockSource: string;
}

/** A VM that was let through, as the later steps use it. */
export interface CheckedVm {
    readonly connection: types.input.remote.ConnectionArgs;
    /**
     * The command line of a step. It changes when the VM turns out to be another one, so that a rebuilt VM gets every
     * step again.
     */
    command(script: HostScript, variables?: Readonly<Record<string, pulumi.Input<string>>>): pulumi.Output<string>;
    /** What every step is told besides its inputs: where it belongs, and who puts its errors into words. */
    options(parent: pulumi.Resource): pulumi.CustomResourceOptions;
}

/**
 * The first step, and the only one that waits for a VM that is still booting. It also is the only one with a delete:
 * all others depend on it, so that it is deleted last, and then removes what all of them have installed.
 */
export class Gate extends pulumi.ComponentResource {
    public readonly vm: CheckedVm;

    constructor(name: string, args: GateArgs, opts?: pulumi.ComponentResourceOptions) {
        super("external-prometheus:index:Gate", name, {}, opts);

        const { vm } = args;
        const variables = {
            owner: `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`,
            component: name,
            address: LISTEN_ADDRESS,
            clock_source: args.clockSource,
        };
        const check = new remote.Command(
            name,
            {
                // Each of the provider's own retries would be another failed login where the key is wrong.
                connection: connection(args, RETRIES.gate),
                create: hostScript("gate", vm.user, {
                    ...variables,
                    take_over: vm.takeOver ?? "",
                    adopt: String(vm.adopt),
                }),
                delete: hostScript("remove", vm.user, {
                    ...variables,
                    programs: PROGRAM_NAMES.join(" "),
                    purge_data: String(vm.purgeData),
                }),
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

        if (vm.adopt) {
            // No preview can look at the VM.
            void pulumi.log.info(adoption(vm), this);
        }

        const unreachable = explain(`${name}-reach`, vm, this);
        this.vm = {
            connection: connection(args, RETRIES.step),
            command: (script, more = {}) =>
                pulumi
                    .all([check.stdout, pulumi.all(more)])
                    .apply(([seen, values]) =>
                        hostScript(script, vm.user, { ...variables, ...values, vm: identityLine(seen) }),
                    ),
            options: (parent) => ({ parent, hooks: { onError: [unreachable] } }),
        };
        this.registerOutputs();
    }
}

function connection(
    { vm, privateKey, proxyPrivateKey }: GateArgs,
    retries: Readonly<Record<"vm" | "proxy", number>>,
): types.input.remote.ConnectionArgs {
    const { host, port, user, hostKey, proxy } = vm;
    const key = pulumi.secret(privateKey);
    const direct = { host, port, user, privateKey: key, hostKey, perDialTimeout: 10, dialErrorLimit: retries.vm };
    if (proxy === undefined) {
        return direct;
    }
    const proxyKey = proxyPrivateKey === undefined ? key : pulumi.secret(proxyPrivateKey);
    return {
        ...direct,
        dialErrorLimit: RETRIES.behindProxy,
        proxy: {
            host: proxy.host,
            port: proxy.port,
            user: proxy.user,
            privateKey: proxyKey,
            hostKey: proxy.hostKey,
            perDialTimeout: 10,
            dialErrorLimit: retries.proxy,
        },
    };
}

/** What the hook of the gate says to an error: the engine tries again where it returns true. */
function waitForBoot(name: string, vm: VmConfig, gate: pulumi.Resource): pulumi.ErrorHook {
    const judge = bootWait(milliseconds(vm.bootTimeout));
    return new pulumi.ErrorHook(name, async ({ errors: [last = ""], failedOperation, urn }) => {
        if (failedOperation === "delete") {
            await advise(vm, dialError(last), gate, `\n${forget(urn)}`);
            return false;
        }
        const error = await judge(last);
        if (error.kind === "stop") {
            await advise(vm, error, gate);
        }
        return error.kind === "retry";
    });
}

/** The hook of all other steps: the gate has waited already. */
function explain(name: string, vm: VmConfig, gate: pulumi.Resource): pulumi.ErrorHook {
    return new pulumi.ErrorHook(name, async ({ name: step, errors: [last = ""] }) => {
        await advise(vm, dialError(last), gate, ` (${step})`);
        return false;
    });
}

async function advise(vm: VmConfig, error: DialError, gate: pulumi.Resource, more = ""): Promise<void> {
    if (error.advice !== undefined) {
        const { host, port } = error.at === "proxy" ? (vm.proxy ?? vm) : vm;
        await pulumi.log.error(`${host}:${port}: ${error.advice}${more}`, gate);
    }
}

function adoption({ host }: VmConfig): string {
    return (
        `${host}: a Prometheus that somebody else has installed there is adopted (vm.adopt). It goes on until ours is about ` +
        "to start in its place, with its data, its user and, at first, its configuration. Its unit, its configuration and " +
        "httpd's sites that lead to it are kept in /usr/local/lib/external-prometheus/set-aside. If ours does not become " +
        "healthy, it runs again as before. Where this was done, or there is none, nothing happens, and vm.adopt can go"
    );
}

function forget(urn: string): string {
    return `If the VM is gone for good, let the stack forget it: pulumi state delete --target-dependents '${urn}'`;
}
