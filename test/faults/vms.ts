/** Numbers of the spare VMs that the suites share, one for each that runs at the same time. */
export const SPARE_VMS = (process.env["FAULT_VMS"] || "7 6").split(" ").map(Number);

/** The one of this worker. */
export function ownVm(): number {
    return SPARE_VMS[Number(process.env["VITEST_POOL_ID"] ?? 1) - 1] ?? 7;
}
