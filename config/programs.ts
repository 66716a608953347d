import { z } from "zod";
import type { ProgramName } from "../host/programs";
import { flagProblems } from "./flags";
import { DEFAULT_VERSIONS, releaseProblems } from "./releases";
import { ALWAYS, field, Labels } from "./scalars";
import { Duration, ScrapeInterval } from "./source";

/** A flag of a Prometheus-project program in one word, as it stands in the unit's ExecStart. */
const Flag = z
    .string()
    .regex(
        /^--[a-z][a-z0-9.-]*(=[^\s\p{C}"'\\$%;{}]*)?$/u,
        "must be one flag such as --log.level=debug, without spaces, quotes, '$', '%', ';', '{', '}' and backslashes",
    )
    .max(1_000);

/** Inside the project's directory; its last part becomes the file's name on the VM. */
export const FilePath = z
    .string()
    .regex(
        /^(?!.*(^|\/)\.\.(\/|$))[\w.-][\w./-]*\.ya?ml$/,
        "must be the path of a .yml or .yaml file below the project's directory, of letters, digits, '.', '_', '-' and '/'",
    )
    .max(200);

const VERSION = /^\d{1,5}\.\d{1,5}\.\d{1,5}(-rc\.\d{1,5})?$/;

const URL_FORM =
    "must be an http:// or https:// URL in ASCII, without user and password, or file:/// and a path on the VM";

/** Which release of a program is installed; what all programs have in common. */
function releaseKeys(version: string, meaning: string) {
    return {
        version: z
            .string()
            .regex(VERSION, `must be three numbers, such as ${version}`)
            .default(version)
            .describe(`Release${meaning}`),
        url: z
            .string()
            .regex(
                /^(https?:\/\/([A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])(:\d+)?(\/[\x21-\x3f\x41-\x7e]*)?|file:\/\/\/[\x21-\x7e]+)$/,
                URL_FORM,
            )
            .refine((url) => URL.canParse(url), URL_FORM)
            .max(2_000)
            .optional()
            .describe(
                "Where its tarball comes from, if not from upstream's release page; `file:///…` is a file on the VM",
            ),
        sha256: z
            .string()
            .regex(/^[0-9a-f]{64}$/, "must be 64 lower-case hexadecimal digits")
            .optional()
            .describe("Sum of the tarball, if not the one that is known for the version"),
        extraFlags: z
            .array(Flag)
            .default([])
            .describe("More command-line flags, such as `--log.level=debug`; none that this program sets itself"),
    };
}

/** A size as Prometheus's `--storage.tsdb.retention.size` takes it. */
const Size = z.string().regex(/^[1-9]\d*(MB|GB|TB|PB)$/, "must be a size such as 80GB");

const ShardConfig = z
    .strictObject({
        index: z.int().min(0).max(63).describe("Which of the parts, from 0"),
        of: z.int().min(2).max(64).describe("How many parts there are; the same on each of the VMs"),
    })
    .superRefine((shard: unknown, context) => {
        const [index, of] = [field(shard, "index"), field(shard, "of")];
        if (typeof index === "number" && typeof of === "number" && of >= 2 && index >= of) {
            context.addIssue({ code: "custom", path: ["index"], message: `must be below the number of parts, ${of}` });
        }
    }, ALWAYS);
export type Shard = z.infer<typeof ShardConfig>;

export const PrometheusConfig = z
    .strictObject({
        ...releaseKeys("3.13.2", "; the default is the LTS release that is supported until 2027-07-31"),
        scrapeInterval: ScrapeInterval.default("30s").describe("Interval of every job that has none of its own"),
        externalLabels: Labels.default({}).describe(
            "Labels of all that leaves this Prometheus: alerts, samples that are written elsewhere or federated",
        ),
        retention: z
            .strictObject({
                time: Duration.optional().describe(
                    "Older samples are removed (15d where neither time nor size is set, as Prometheus has it)",
                ),
                size: Size.optional().describe("The oldest blocks are removed when all of them take more than this"),
            })
            .default({})
            .describe("How long and how much is kept"),
        memoryMax: z
            .string()
            .regex(
                /^([1-9]\d*[KMGT]|[1-9]\d?%|100%)$/,
                "must be a size such as 4G, or a part of the VM's memory such as 80%",
            )
            .default("80%")
            .describe("`MemoryMax=` of the service: Prometheus, not the VM, ends when more is needed"),
        unsafeFlags: z
            .array(Flag)
            .default([])
            .describe("Flags that let anybody who reaches the port change or end something; refused in `extraFlags`"),
        restartDuringOutage: z
            .boolean()
            .default(false)
            .describe(
                "Whether Prometheus may be restarted while a watched cluster's API does not answer: " +
                    "the targets that were discovered there are lost until it does",
            ),
        shard: ShardConfig.optional().describe(
            "Which part of what the clusters give this VM takes, where several share them",
        ),
        ruleFiles: z
            .array(FilePath)
            .default([])
            .describe("Files of recording and alerting rules, relative to the project's directory"),
        scrapeConfigFiles: z
            .array(FilePath)
            .default([])
            .describe("Files with `scrape_configs` of your own, relative to the project's directory"),
    })
    .superRefine(releaseIssue("prometheus"), ALWAYS)
    .superRefine(flagIssues("prometheus"), ALWAYS);
export type PrometheusConfig = z.infer<typeof PrometheusConfig>;

/** A program beside Prometheus on the same VM. */
export type Companion = Exclude<ProgramName, "prometheus">;

export function companion(program: Companion) {
    return z
        .strictObject(releaseKeys(DEFAULT_VERSIONS[program], ""))
        .superRefine(releaseIssue(program), ALWAYS)
        .superRefine(flagIssues(program), ALWAYS);
}
export type CompanionConfig = z.infer<ReturnType<typeof companion>>;

/** What decides about a release. A url or sum that is about to be refused counts as given, for it was meant to be. */
const Choice = z.object({
    version: z.string().regex(VERSION),
    url: z.string().optional().catch(""),
    sha256: z.string().optional().catch(""),
});

/** Whether what is chosen is known, or its sum is given. */
function releaseIssue(program: ProgramName) {
    return (value: unknown, context: z.RefinementCtx) => {
        // A version that is refused as such says nothing of its sum.
        const choice = Choice.safeParse(value).data;
        for (const { key, message } of choice === undefined ? [] : releaseProblems(program, choice)) {
            context.addIssue({ code: "custom", path: [key], message });
        }
    };
}

/** The flags among what may be about to be refused for something else. */
const FlagList = z.array(z.string().catch("")).catch([]);
const Flags = z.object({ extraFlags: FlagList, unsafeFlags: FlagList });

/** Whether each flag is one that the stack may set, and under this key. */
function flagIssues(program: ProgramName) {
    return (value: unknown, context: z.RefinementCtx) => {
        const { extraFlags, unsafeFlags } = Flags.catch({ extraFlags: [], unsafeFlags: [] }).parse(value);
        for (const { key, index, message } of flagProblems(program, extraFlags, unsafeFlags)) {
            context.addIssue({ code: "custom", path: [key, index], message });
        }
    };
}
