import type { TestProject } from "vitest/node";

declare module "vitest" {
    export interface ProvidedContext {
        seed: number;
    }
}

/** One seed for all files of a run, printed, so that the run can be repeated. */
export default function setup({ provide }: TestProject): void {
    const given = process.env["FAULT_SEED"] ?? "";
    const seed = given === "" ? Math.floor(Math.random() * 2 ** 31) : Number(given);
    if (!Number.isInteger(seed)) {
        throw new Error(`FAULT_SEED=${given} is no whole number`);
    }
    console.log(`faults drawn by FAULT_SEED=${seed} FAULT_SAMPLE=${process.env["FAULT_SAMPLE"] ?? "all"}`);
    provide("seed", seed);
}
