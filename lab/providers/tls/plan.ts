// Check and plan: what would become of a resource, without making anything.
import { detailedDiff } from "../detailedDiff";
import type { CheckFailure, CheckResult, DiffResult, PropertyDiff } from "../plugin";
import { equal, isObject, plain, type Plain, type Properties, Secret, Unknown, unknown, type Value } from "../values";
import { type Input, type ResourceType, subjectAttributes } from "./resources";

/** Refuses wrong inputs and marks the secret ones; adds no defaults, which upstream's state has and its inputs have not. */
export function checkInputs(type: ResourceType, inputs: Properties): CheckResult {
    const failures: CheckFailure[] = [];
    const checked: Properties = {};
    for (const [name, value] of Object.entries(inputs)) {
        const input = type.inputs[name];
        const reason = input === undefined ? `unknown property '${name}'` : wrong(name, input, plain(value));
        if (reason !== undefined) {
            failures.push({ property: name, reason });
        }
        checked[name] = input?.secret && !(value instanceof Secret) ? new Secret(value) : value;
    }
    for (const [name, input] of Object.entries(type.inputs)) {
        if (input.required && (inputs[name] ?? null) === null) {
            failures.push({ property: name, reason: `missing required property '${name}'` });
        }
    }
    if (inputs["algorithm"] === "ECDSA" && (inputs["ecdsaCurve"] ?? "P224") === "P224") {
        failures.push({
            property: "ecdsaCurve",
            reason: "the lab's stand-in does not implement P224, which is also the default; set P256, P384 or P521",
        });
    }
    return { inputs: checked, failures };
}

function wrong(name: string, input: Input, value: Plain): string | undefined {
    if (value === null || value instanceof Unknown) {
        return undefined;
    }
    switch (input.kind) {
        case "string":
            return typeof value === "string" ? notListed(name, input, [value]) : `${name} must be a string`;
        case "boolean":
            return typeof value === "boolean" ? undefined : `${name} must be a boolean`;
        case "integer":
            if (!Number.isInteger(value)) {
                return `${name} must be a whole number`;
            }
            return (value as number) < (input.minimum ?? -Infinity)
                ? `${name} must be at least ${input.minimum ?? 0}, got ${value as number}`
                : undefined;
        case "strings":
            return Array.isArray(value) ? notListed(name, input, value) : `${name} must be a list of strings`;
        case "subject":
            return wrongSubject(value);
    }
}

function notListed(name: string, { values }: Input, items: readonly Plain[]): string | undefined {
    for (const item of items) {
        if (item instanceof Unknown) {
            continue;
        }
        if (typeof item !== "string" || (item === "" && name !== "dnsNames")) {
            return `${name} must hold non-empty strings`;
        }
        if (values !== undefined && !values.includes(item)) {
            return `${name} must be one of ${values.join(", ")}; got ${item}`;
        }
    }
    return undefined;
}

function wrongSubject(value: Plain): string | undefined {
    if (!isObject(value)) {
        return "subject must be an object";
    }
    const refused = Object.keys(value).filter((key) => !(key in subjectAttributes));
    return refused.length > 0
        ? `the lab's stand-in does not implement subject.${refused.join(", subject.")}; use the official plugin for it`
        : undefined;
}

interface Plan {
    readonly state: Properties;
    /** Top-level properties whose change makes a new resource. */
    readonly replaces: readonly string[];
}

/** The state that the inputs ask for, unknown where only making it can tell. `old` is absent for a new resource. */
export function plan(type: ResourceType, inputs: Properties, old: Properties | undefined, now: Date): Plan {
    const state: Properties = {};
    const replaces: string[] = [];
    for (const [name, input] of Object.entries(type.inputs)) {
        const given = inputs[name] ?? null;
        const chosen = input.computed ? (old === undefined ? unknown : old[name]) : input.default;
        const value = given === null ? (chosen ?? null) : given;
        state[name] = value;
        if (old !== undefined && !input.updatable && !equal(value, old[name] ?? null)) {
            replaces.push(name);
        }
    }
    const known = type.keepsOutputs || replaces.length === 0;
    for (const name of [...type.outputs, "id"]) {
        state[name] = old !== undefined && known ? (old[name] ?? null) : unknown;
    }
    if (type.certificate) {
        state["readyForRenewal"] = readyFromTheStart(state);
        if (isReadyForRenewal(state, now)) {
            state["readyForRenewal"] = unknown;
            replaces.push("readyForRenewal");
        }
    }
    return { state, replaces };
}

/** attribute_plan_modifier_bool/default_value.go */
function readyFromTheStart(state: Properties): boolean {
    const validity = plain(state["validityPeriodHours"] ?? null);
    const early = plain(state["earlyRenewalHours"] ?? null);
    return validity === 0 || (typeof validity === "number" && typeof early === "number" && early >= validity);
}

/** common_cert.go modifyPlanIfCertificateReadyForRenewal: nothing is ready whose end is not known. */
export function isReadyForRenewal(state: Properties, now: Date): boolean {
    const end = plain(state["validityEndTime"] ?? null);
    const early = plain(state["earlyRenewalHours"] ?? null);
    return typeof end === "string" && Date.parse(end) - Number(early ?? 0) * 3_600_000 <= now.getTime();
}

/** Compares the old state with the plan (pulumi-terraform-bridge pkg/pf/tfbridge/provider_diff.go). */
export function difference(type: ResourceType, inputs: Properties, old: Properties, now: Date): DiffResult {
    const { state, replaces } = plan(type, inputs, old, now);
    const bare = (properties: Properties): Record<string, Value> =>
        Object.fromEntries(Object.keys(state).map((name) => [name, plain(properties[name] ?? null)]));
    const found = detailedDiff(bare(old), bare(state));
    const promoted = Object.entries(found).map(([path, diff]): [string, PropertyDiff] => {
        const [name = path] = path.split(/[.[]/);
        return [
            path,
            replaces.includes(name) ? { ...diff, kind: `${diff.kind}-replace` as PropertyDiff["kind"] } : diff,
        ];
    });
    return {
        changes: promoted.length > 0,
        replaces,
        diffs: [...new Set(promoted.map(([path]) => path.split(/[.[]/)[0] ?? path))],
        detailedDiff: Object.fromEntries(promoted),
    };
}
