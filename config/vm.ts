import { z } from "zod";
import { Host } from "./lines";
import { HostKey, Port, UserName } from "./scalars";
import { Duration } from "./source";

export const VmConfig = z.strictObject({
    host: Host.describe("Address of the VM"),
    port: Port.default(22).describe("Port of its SSH server"),
    user: UserName.default("root").describe("Who logs in: root, or a user who may run sudo without a password"),
    hostKey: HostKey.describe(
        "The VM's own SSH key, one line; `ssh-keyscan -t ed25519 HOST` prints it behind the host's name",
    ),
    bootTimeout: Duration.default("5m").describe("How long a VM that was just made may take until it answers"),
    proxy: z
        .strictObject({
            host: Host.describe("Address of the jump host"),
            port: Port.default(22).describe("Port of its SSH server"),
            user: UserName.default("root").describe("Who logs in there; needs no rights but to open connections"),
            hostKey: HostKey.describe("The jump host's own SSH key, one line"),
        })
        .optional()
        .describe("A jump host on the way to the VM"),
    takeOver: z
        .string()
        .regex(/^[\w.-]+\/[\w.-]+\/[\w.-]+$/, "must be organization/project/stack, as the VM's mark names its owner")
        .max(300)
        .optional()
        .describe(
            "The stack that owns the VM now and is to lose it to this one; without it another stack's VM is refused",
        ),
    adopt: z
        .boolean()
        .default(false)
        .describe(
            "Whether a Prometheus that somebody else has installed on the VM, such as an Ansible playbook, is replaced in " +
                "place: its data stays, the rest is kept aside; to be removed when that was done",
        ),
    purgeData: z
        .boolean()
        .default(false)
        .describe("Whether `pulumi destroy` also removes what was recorded, and the users of the services"),
});
export type VmConfig = z.infer<typeof VmConfig>;
