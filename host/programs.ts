/** Programs of the Prometheus project that can be installed on the VM, by the names of their tarballs. */
export const PROGRAM_NAMES = ["prometheus", "node_exporter", "alertmanager", "blackbox_exporter"] as const;
export type ProgramName = (typeof PROGRAM_NAMES)[number];

/** What is the same for every release of a program. */
export interface Program {
    /** All that must be in the tarball, the service's own first. */
    readonly binaries: readonly [string, ...string[]];
    /** Where it listens: on the VM itself only, since none of them has users or protection against forged requests. */
    readonly address: string;
    /** Answers 200 as soon as the program does its work. */
    readonly health: string;
}

export const PROGRAMS: Readonly<Record<ProgramName, Program>> = {
    prometheus: { binaries: ["prometheus", "promtool"], address: "127.0.0.1:9090", health: "/-/ready" },
    node_exporter: { binaries: ["node_exporter"], address: "127.0.0.1:9100", health: "/" },
    alertmanager: { binaries: ["alertmanager", "amtool"], address: "127.0.0.1:9093", health: "/-/ready" },
    blackbox_exporter: { binaries: ["blackbox_exporter"], address: "127.0.0.1:9115", health: "/-/healthy" },
};
