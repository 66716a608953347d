import { describe, expect, it } from "vitest";
import { flagProblems, OWN_FLAGS } from "../../config/flags";
import { companion, PrometheusConfig } from "../../config/programs";
import { PROGRAM_NAMES } from "../../host/programs";
import { unitOf } from "../../host/units";

/** The messages, each after its key and place. */
function problems(extraFlags: readonly string[], unsafeFlags: readonly string[] = []): string[] {
    return flagProblems("prometheus", extraFlags, unsafeFlags).map(
        ({ key, index, message }) => `${key}[${index}] ${message}`,
    );
}

it("lets pass what only this stack can want", () => {
    expect(
        problems([
            "--log.level=debug",
            "--query.timeout=1m",
            "--enable-feature=exemplar-storage,memory-snapshot-on-shutdown",
            "--no-scrape.adjust-timestamps",
            "--no-web.enable-lifecycle",
            "--constructor",
            "--enable-feature.x=__proto__",
        ]),
    ).toEqual([]);
});

describe("a flag by which anybody could change something", () => {
    const unsafe = [
        "--web.enable-lifecycle",
        "--web.enable-lifecycle=true",
        "--web.enable-admin-api",
        "--web.enable-remote-write-receiver",
        "--web.enable-otlp-receiver",
        "--enable-feature=remote-write-receiver",
        "--enable-feature=exemplar-storage,otlp-write-receiver",
    ];

    it.each(unsafe)("is refused among the others and allowed where it is asked for: %s", (flag) => {
        expect(problems([flag])).toEqual([
            expect.stringMatching(/^extraFlags\[0\] lets anybody .*external-prometheus:prometheus\.unsafeFlags$/),
        ]);
        expect(problems([], [flag])).toEqual([]);
    });

    it.each(["--log.level=debug", "--no-web.enable-lifecycle", "--enable-feature=exemplar-storage"])(
        "is the only kind that is asked for there, unlike %s",
        (flag) => {
            expect(problems([], [flag])).toEqual([
                "unsafeFlags[0] opens nothing that is unsafe; put it into extraFlags",
            ]);
        },
    );

    it("exists for Prometheus only", () => {
        expect(flagProblems("node_exporter", ["--web.enable-lifecycle"], [])).toEqual([]);
    });
});

it.each([
    [["--log.level=debug", "--log.level=info"], []],
    [["--log.level=debug", "--log.level"], []],
    [["--web.enable-x", "--no-web.enable-x"], []],
    [["--enable-feature=a", "--enable-feature=b"], []],
    [["--no-web.enable-lifecycle"], ["--web.enable-lifecycle"]],
])("refuses a flag that is given twice: %j %j", (extraFlags, unsafeFlags) => {
    expect(problems(extraFlags, unsafeFlags)).toEqual([expect.stringContaining("a second time")]);
});

describe.each(PROGRAM_NAMES)("%s", (program) => {
    it.each(Object.keys(OWN_FLAGS[program]))("lets nobody else set --%s", (name) => {
        for (const flag of [`--${name}=x`, `--${name}`, `--no-${name}`]) {
            expect(flagProblems(program, [flag], [])).toEqual([
                {
                    key: "extraFlags",
                    index: 0,
                    message: expect.stringMatching(/^is not for the stack to set: ./) as string,
                },
            ]);
        }
    });

    it("lets nobody else set what its unit sets", () => {
        const [, ...flags] = String(unitOf(program, { flags: [] }).Service["ExecStart"]).split(" ");
        for (const flag of flags) {
            expect(flagProblems(program, [flag], [])).toHaveLength(1);
        }
    });
});

it("names the key that decides instead", () => {
    expect(problems(["--storage.tsdb.retention.time=90d"])[0]).toContain(
        "set external-prometheus:prometheus.retention.time",
    );
    expect(problems(["--enable-feature=auto-reload-config"])[0]).toContain("not for the stack to set");
});

it("is a part of the configuration's schema, where all problems are reported at once", () => {
    const result = PrometheusConfig.safeParse({
        scrapeInterval: "never",
        extraFlags: ["--config.file=/x", "no flag", "--web.enable-admin-api"],
        unsafeFlags: ["--log.level=debug"],
    });
    expect(result.error?.issues.map(({ path }) => path.join("."))).toEqual([
        "extraFlags.1",
        "scrapeInterval",
        "extraFlags.0",
        "extraFlags.2",
        "unsafeFlags.0",
    ]);
    const alertmanager = companion("alertmanager").safeParse({ extraFlags: ["--cluster.listen-address=:9094"] });
    expect(alertmanager.error?.issues.map(({ path }) => path.join("."))).toEqual(["extraFlags.0"]);
});
