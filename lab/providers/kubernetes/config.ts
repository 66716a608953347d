// The provider's own configuration (provider.go, CheckConfig and DiffConfig).
import type { CheckFailure, CheckRequest, CheckResult, DiffRequest, DiffResult } from "../plugin";
import { Unknown, equal, plain, plainProperties, type Plain, type Properties } from "../values";
import { refuseUnknownProperties } from "../values";
import { activeCluster, parseKubeconfig, type Kubeconfig } from "./kubeconfig";
import type { Fields } from "./objects";

// The engine adds the version itself.
const properties = ["kubeconfig", "context", "clusterIdentifier", "strictMode", "deleteUnreachable", "version"];

/** Refuses configuration that the stand-in does not implement, and in strict mode configuration that leaves the cluster to chance. */
export function checkConfig({ urn, name, type, inputs }: CheckRequest): CheckResult {
    refuseUnknownProperties(inputs, properties, `provider ${name}`);
    const failures: CheckFailure[] = [];
    if (isStrict(inputs) && type.startsWith("pulumi:providers:")) {
        if (urn.slice(urn.lastIndexOf("::") + 2).startsWith("default")) {
            failures.push({ property: "", reason: "strict mode prohibits default provider" });
        }
        for (const property of ["kubeconfig", "context"]) {
            if (given(inputs, property) === undefined) {
                failures.push({ property, reason: `strict mode requires Provider "${property}" argument` });
            }
        }
    }
    return { inputs, failures };
}

/** Whether strict mode is on: by the provider's property, else by the stack's configuration `kubernetes:strictMode`. */
export function isStrict(inputs: Properties): boolean {
    const own = inputs["strictMode"];
    if (own !== undefined && own !== null) {
        return isTrue(plain(own));
    }
    const stack = process.env["PULUMI_CONFIG"];
    try {
        return stack !== undefined && isTrue((JSON.parse(stack) as Record<string, Plain>)["strictMode"]);
    } catch {
        return false;
    }
}

/** Whether a flag is on: the SDK sends flags as text. */
export function isTrue(value: Plain | undefined): boolean {
    return value === true || value === "true";
}

/** The text of a property; undefined when it is missing, empty or not known yet. */
export function given(inputs: Properties, property: string): string | undefined {
    const value = plain(inputs[property] ?? null);
    return typeof value === "string" && value !== "" ? value : undefined;
}

/** Another cluster replaces the provider and with it all that it made; `clusterIdentifier`, once set, decides that alone. */
export function diffConfig({ oldState, inputs }: DiffRequest): DiffResult {
    const olds = plainProperties(oldState);
    const news = plainProperties(inputs);
    const diffs = [...new Set([...Object.keys(olds), ...Object.keys(news)])].filter(
        (key) => !equal(olds[key] ?? null, news[key] ?? null),
    );
    const replaces = new Set<string>();
    const identified = has(olds, "clusterIdentifier") && has(news, "clusterIdentifier");
    if (identified && diffs.includes("clusterIdentifier")) {
        replaces.add("clusterIdentifier");
    }
    const unknown = ["kubeconfig", "context"].find((key) => news[key] instanceof Unknown);
    if (unknown !== undefined) {
        replaces.add(unknown);
    } else if (diffs.length > 0) {
        const before = cluster(olds);
        const after = cluster(news);
        if (before !== undefined && after !== undefined && JSON.stringify(before) !== JSON.stringify(after)) {
            for (const key of ["kubeconfig", "context"].filter((property) => diffs.includes(property))) {
                replaces.add(key);
            }
        }
    }
    const sameIdentifier = identified && !diffs.includes("clusterIdentifier");
    return { changes: diffs.length > 0, diffs, replaces: sameIdentifier ? [] : [...replaces] };
}

function has(config: Fields, key: string): boolean {
    return config[key] !== undefined && config[key] !== null;
}

function cluster(config: Fields): unknown {
    const context = config["context"];
    const kubeconfig = readKubeconfig(config["kubeconfig"]);
    return kubeconfig && activeCluster(kubeconfig, typeof context === "string" ? context : undefined);
}

function readKubeconfig(value: Plain | undefined): Kubeconfig | undefined {
    if (typeof value !== "string" || value === "") {
        return undefined;
    }
    try {
        return parseKubeconfig(value);
    } catch (error) {
        throw new Error(`failed to parse kubeconfig: ${error instanceof Error ? error.message : "unreadable"}`, {
            cause: error,
        });
    }
}
