import { expect, it } from "vitest";
import { retentionFlags, retentionInConfiguration, retentionText } from "../../config/retention";

it.each([
    ["2.55.1", false],
    ["3.5.4", false],
    ["3.10.0", false],
    ["3.11.0-rc.1", false],
    ["3.11.0", true],
    ["3.13.2", true],
    ["4.0.0", true],
])("knows whether %s reads its retention from the configuration rightly: %s", (version, inConfiguration) => {
    expect(retentionInConfiguration(version)).toBe(inConfiguration);
});

it("gives an older Prometheus what is wanted by flags", () => {
    expect(retentionFlags("3.10.0", { time: "90d", size: "80GB" })).toEqual([
        "--storage.tsdb.retention.time=90d",
        "--storage.tsdb.retention.size=80GB",
    ]);
    expect(retentionFlags("3.10.0", { size: "80GB" })).toEqual(["--storage.tsdb.retention.size=80GB"]);
});

it("leaves the default to Prometheus", () => {
    expect(retentionFlags("3.10.0", {})).toEqual([]);
    expect(retentionFlags("3.13.2", {})).toEqual([]);
});

it("keeps what there is until the configuration says how much, without a restart for each change of that", () => {
    expect(retentionFlags("3.13.2", { time: "90d" })).toEqual(["--storage.tsdb.retention.time=100y"]);
    expect(retentionFlags("3.13.2", { size: "80GB" })).toEqual(retentionFlags("3.13.2", { time: "365d" }));
});

it("is told as Prometheus tells it, which knows a default", () => {
    expect(retentionText({ time: "90d", size: "80GB" })).toBe("90d or 80GB");
    expect(retentionText({ size: "80GB" })).toBe("80GB");
    expect(retentionText({})).toBe("15d");
});
