import { describe, expect, it } from "vitest";
import { releaseOf, releaseProblem } from "../../config/releases";

const SUM = "a".repeat(64);
const MIRROR = "https://mirror.example.com/p.tar.gz";

describe("releaseOf", () => {
    it("offers upstream's tarball of a known version for every architecture whose sum is known", () => {
        const { amd64, arm64 } = releaseOf({ version: "3.13.2" });
        expect(amd64).toEqual({
            url: "https://github.com/prometheus/prometheus/releases/download/v3.13.2/prometheus-3.13.2.linux-amd64.tar.gz",
            sha256: "0e8c4d46101bd025ea8265e377d2caabc57f488fc1be1c367f37db69ea41be6f",
            directory: "prometheus-3.13.2.linux-amd64",
        });
        expect(arm64?.url).toMatch(/prometheus-3\.13\.2\.linux-arm64\.tar\.gz$/);
        expect(arm64?.sha256).not.toBe(amd64?.sha256);
        expect(Object.keys(releaseOf({ version: "3.13.3" }))).toEqual(["amd64"]);
    });

    it("keeps the known sum for a mirror", () => {
        const { amd64 } = releaseOf({ version: "3.13.2", url: MIRROR });
        expect(amd64?.url).toBe(MIRROR);
        expect(amd64?.sha256).toBe(releaseOf({ version: "3.13.2" }).amd64?.sha256);
    });

    it("takes an explicit sum together with an explicit url, for any version", () => {
        expect(releaseOf({ version: "3.13.2", url: MIRROR, sha256: SUM }).amd64?.sha256).toBe(SUM);
        expect(releaseOf({ version: "9.9.9", url: MIRROR, sha256: SUM }).arm64).toEqual({
            url: MIRROR,
            sha256: SUM,
            directory: "prometheus-9.9.9.linux-arm64",
        });
    });
});

describe("releaseProblem", () => {
    it.each([
        [{ version: "3.13.2" }],
        [{ version: "3.13.2", url: MIRROR }],
        [{ version: "3.13.2", url: MIRROR, sha256: SUM }],
        [{ version: "9.9.9", url: MIRROR, sha256: SUM }],
    ])("accepts %j, which then has a tarball", (choice) => {
        expect(releaseProblem(choice)).toBeUndefined();
        expect(releaseOf(choice).amd64).toBeDefined();
    });

    it.each([
        [{ version: "9.9.9" }, "version"],
        [{ version: "9.9.9", url: MIRROR }, "sha256"],
        [{ version: "9.9.9", sha256: SUM }, "sha256"],
        [{ version: "3.13.2", sha256: SUM }, "sha256"],
        [{ version: "toString" }, "version"],
    ])("refuses %j and names %s", (choice, key) => {
        expect(releaseProblem(choice)?.key).toBe(key);
    });
});
