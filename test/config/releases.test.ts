import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
    ARCHITECTURES,
    clockSource,
    compareVersions,
    DEFAULT_VERSIONS,
    releaseOf,
    releaseProblems,
} from "../../config/releases";
import { PROGRAM_NAMES } from "../../host/programs";

const SUM = "a".repeat(64);
const AMD64 = "0e8c4d46101bd025ea8265e377d2caabc57f488fc1be1c367f37db69ea41be6f";
const MIRROR = "https://mirror.example.com/p.tar.gz";

function named(file: string): string {
    return `https://mirror.example.com/prometheus/${file}`;
}

describe("the known sums", () => {
    const lines = readFileSync(join(__dirname, "../../config/releases.ts"), "utf8").split("\n");

    it("name two sources of different owners each, and no sum stands twice", () => {
        const sums = new Set<string>();
        let owners = new Set<string>();
        for (const line of lines) {
            if (/^ {8}"/.test(line)) {
                owners = new Set();
            }
            const owner = /^ *\/\/ github\.com\/([\w-]+)\/[\w.-]+ [\w./-]+$/.exec(line)?.[1];
            if (owner !== undefined) {
                owners.add(owner);
            }
            const sum = /^ *(?:amd64|arm64): "(.*)",$/.exec(line)?.[1];
            if (sum !== undefined) {
                expect(sum).toMatch(/^[0-9a-f]{64}$/);
                expect(sums).not.toContain(sum);
                sums.add(sum);
                expect(owners.size, `sources of ${sum}`).toBeGreaterThanOrEqual(2);
            }
        }
        expect(sums.size).toBeGreaterThan(20);
    });

    it.each(PROGRAM_NAMES)("hold the default version of %s for both architectures", (program) => {
        const choice = { version: DEFAULT_VERSIONS[program] };
        expect(releaseProblems(program, choice)).toEqual([]);
        expect(Object.keys(releaseOf(program, choice))).toEqual([...ARCHITECTURES]);
    });
});

describe("releaseOf", () => {
    it("offers upstream's tarball of a known version for every architecture whose sum is known", () => {
        const { amd64, arm64 } = releaseOf("prometheus", { version: "3.13.2" });
        expect(amd64).toEqual({
            url: "https://github.com/prometheus/prometheus/releases/download/v3.13.2/prometheus-3.13.2.linux-amd64.tar.gz",
            sha256: AMD64,
            directory: "prometheus-3.13.2.linux-amd64",
        });
        expect(arm64?.url).toMatch(/prometheus-3\.13\.2\.linux-arm64\.tar\.gz$/);
        expect(arm64?.sha256).not.toBe(amd64?.sha256);
        expect(Object.keys(releaseOf("prometheus", { version: "3.13.3" }))).toEqual(["amd64"]);
    });

    it("knows each program's own repository", () => {
        expect(releaseOf("node_exporter", { version: "1.12.1" }).amd64?.url).toBe(
            "https://github.com/prometheus/node_exporter/releases/download/v1.12.1/node_exporter-1.12.1.linux-amd64.tar.gz",
        );
    });

    it("keeps the known sum for a mirror, also one on the VM itself", () => {
        for (const url of [MIRROR, "file:///srv/prometheus.tar.gz"]) {
            expect(releaseOf("prometheus", { version: "3.13.2", url }).amd64).toMatchObject({ url, sha256: AMD64 });
        }
    });

    it("takes another build only from another place", () => {
        expect(releaseOf("prometheus", { version: "3.13.2", url: MIRROR, sha256: SUM }).amd64?.sha256).toBe(SUM);
        expect(releaseOf("prometheus", { version: "9.9.9", url: MIRROR, sha256: SUM }).arm64).toEqual({
            url: MIRROR,
            sha256: SUM,
            directory: "prometheus-9.9.9.linux-arm64",
        });
    });

    it("takes upstream's tarball of a version, or an architecture, that is not known by the sum that is given", () => {
        expect(releaseOf("alertmanager", { version: "9.9.9", sha256: SUM }).amd64).toEqual({
            url: "https://github.com/prometheus/alertmanager/releases/download/v9.9.9/alertmanager-9.9.9.linux-amd64.tar.gz",
            sha256: SUM,
            directory: "alertmanager-9.9.9.linux-amd64",
        });
        const { amd64, arm64 } = releaseOf("prometheus", { version: "3.13.3", sha256: SUM });
        expect(amd64?.sha256).toMatch(/^b349c732/);
        expect(arm64?.sha256).toBe(SUM);
    });
});

describe("releaseProblems", () => {
    it.each([
        [{ version: "3.13.2" }],
        [{ version: "3.13.2", sha256: AMD64 }],
        [{ version: "3.13.2", url: MIRROR }],
        [{ version: "3.13.2", url: MIRROR, sha256: SUM }],
        [{ version: "9.9.9", url: MIRROR, sha256: SUM }],
        [{ version: "9.9.9", sha256: SUM }],
        [{ version: "3.13.3", sha256: SUM }],
        [{ version: "2.48.0", sha256: SUM }],
        [{ version: "3.14.0-rc.0", sha256: SUM }],
        [{ version: "3.13.2", url: named("prometheus-3.13.2.linux-amd64.tar.gz") }],
        [{ version: "3.14.0-rc.0", url: named("prometheus-3.14.0-rc.0.linux-arm64.tar.gz"), sha256: SUM }],
        // What these hold their names do not tell.
        [{ version: "3.13.2", url: named("prometheus-3.13.1-acme.linux-amd64.tar.gz") }],
        [{ version: "3.13.2", url: named("prometheus-3.13.1.tar.gz") }],
        [{ version: "3.13.2", url: named("node_exporter-1.12.1.linux-amd64.tar.gz") }],
        [{ version: "3.13.2", url: named("prometheus-3.13.1.linux-amd64.tar.gz/download") }],
    ])("accepts %j, which then has a tarball", (choice) => {
        expect(releaseProblems("prometheus", choice)).toEqual([]);
        expect(releaseOf("prometheus", choice).amd64).toBeDefined();
    });

    it.each([
        [{ version: "9.9.9" }, ["version"], /is not among the known releases \(.*3\.13\.2.*\); any other needs sha256/],
        [{ version: "9.9.9", url: MIRROR }, ["sha256"], /is missing: the sum of this version is not known/],
        [{ version: "3.13.2", sha256: SUM }, ["sha256"], /contradicts what is known of .*amd64 0e8c4d46/],
        [{ version: "toString" }, ["version"], /is not among/],
        [{ version: "2.47.2", url: MIRROR, sha256: SUM }, ["version"], /is too old: .* 2\.48\.0 is the first/],
        [{ version: "2.48.0-rc.2", sha256: SUM }, ["version"], /is too old/],
        [{ version: "2.47.2", url: MIRROR }, ["version", "sha256"], /is too old.*is missing/],
        [
            { version: "3.13.3", url: named("prometheus-3.13.2.linux-amd64.tar.gz"), sha256: AMD64 },
            ["url"],
            /^names the tarball of 3\.13\.2, while version is 3\.13\.3: give the place of 3\.13\.3 and its sha256, or set version to 3\.13\.2$/,
        ],
        [
            { version: "3.13.2", url: named("prometheus-3.14.0-rc.1.linux-arm64.tar.gz?of=x"), sha256: SUM },
            ["url"],
            /^names the tarball of 3\.14\.0-rc\.1, while version is 3\.13\.2, the default: /,
        ],
        [
            { version: "3.13.3", url: "file:///srv/prometheus-3.13.2.linux-amd64.tar.gz" },
            ["url"],
            /^names .* 3\.13\.2,/,
        ],
        [
            { version: "9.9.9", url: named("prometheus-3.13.2.linux-amd64.tar.gz") },
            ["sha256", "url"],
            /is missing.*names/,
        ],
    ])("refuses %j and names %j", (choice, keys, message) => {
        const problems = releaseProblems("prometheus", choice);
        expect(problems.map(({ key }) => key)).toEqual(keys);
        expect(problems.map((problem) => problem.message).join(" ")).toMatch(message);
    });

    it("leaves what is no sum, or no URL, to those who refuse it as such", () => {
        expect(releaseProblems("prometheus", { version: "3.13.2", sha256: "abc" })).toEqual([]);
        const url = "prometheus-3.13.1.linux-amd64.tar.gz";
        expect(releaseProblems("prometheus", { version: "3.13.2", url })).toEqual([]);
    });

    it("knows each program's own versions", () => {
        expect(releaseProblems("node_exporter", { version: "1.12.1" })).toEqual([]);
        expect(releaseProblems("alertmanager", { version: "1.12.1" })).toHaveLength(1);
        expect(releaseProblems("prometheus", { version: "1.12.1" })).toHaveLength(2);
    });
});

describe("compareVersions", () => {
    it("orders by numbers, a candidate before its release", () => {
        const ordered = ["2.9.0", "2.48.0", "2.53.4", "3.0.0-rc.0", "3.0.0-rc.10", "3.0.0", "3.0.1", "3.13.2"];
        for (const [i, a] of ordered.entries()) {
            for (const [j, b] of ordered.entries()) {
                expect(Math.sign(compareVersions(a, b)), `${a} and ${b}`).toBe(Math.sign(i - j));
            }
        }
    });
});

it("takes the right time from the server that a release comes from, whatever the release, and from no file", () => {
    expect(clockSource({})).toBe("https://github.com");
    expect(clockSource({ url: "http://mirror.example:8080/a/prometheus.tar.gz" })).toBe("http://mirror.example:8080");
    expect(clockSource({ url: "file:///srv/prometheus.tar.gz" })).toBe("");
});
