import { describe, expect, it } from "vitest";
import { CLUSTERS_SIDE, heldClusters, type SourceStack, watchedClusters } from "../../config/sourceStacks";
import type { ScrapeSource, SourceCredentials } from "../../config/source";
import { credentials, source } from "../components/vm";
import { CA } from "./frontCertificates";

const STACK = "organization/external-prometheus/prod-eu";

/** A stack with one cluster, all of which is right. */
function stack(changes: Partial<SourceStack> = {}): SourceStack {
    return {
        key: "sourceStacks[0]",
        name: STACK,
        outputs: CLUSTERS_SIDE,
        sources: { eu: source("eu") },
        sourceCredentials: { eu: credentials() },
        isSecret: true,
        ...changes,
    };
}

/** Its cluster with other words about what it federates. */
function federating(changes: object): Partial<SourceStack> {
    const { federation, ...rest } = source("eu");
    return { sources: { eu: { ...rest, federation: { ...federation, ...changes } } } };
}

/** Its cluster with other words about its pods. */
function pods(job: object): Partial<SourceStack> {
    return { sources: { eu: { ...source("eu"), jobs: { ...source("eu").jobs, "kubernetes-pods": job } } } };
}

/** What is said of one stack in which something is wrong. */
function problem(changes: Partial<SourceStack>): string {
    const { problems } = watchedClusters([stack(changes)], []);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.key).toBe("sourceStacks[0]");
    return problems[0]?.message.replace(`(${STACK}) `, "") ?? "";
}

describe("clusters of other stacks", () => {
    it("are read as they are", () => {
        expect(watchedClusters([stack()], [])).toEqual({
            watched: [{ source: source("eu"), credentials: credentials() }],
            problems: [],
        });
    });

    it.each<[string, Partial<SourceStack>]>([
        ["has no output 'sources': it was not deployed, or is no stack of this program", { sources: undefined }],
        ["has no output 'sourceCredentials': it was", { sourceCredentials: undefined }],
        ["has no output 'sourceCredentials': it was", { sourceCredentials: "text" }],
        ["has its output 'sourceCredentials' in clear; whoever read its state has the tokens", { isSecret: false }],
        ["has no credentials of its cluster 'eu': name the stack that makes", { sourceCredentials: { us: {} } }],
        [
            "has no credentials of 'eu': another passphrase than this one's keeps its secrets, or it has none to give",
            { sourceCredentials: {} },
        ],
        [
            "has no credentials of 'eu': another passphrase than this one's keeps its secrets, or it has none to give",
            { sourceCredentials: {}, isSecret: false },
        ],
        [
            "has a cluster 'eu' of version 6; this program reads 1 to 5: update the one that is older",
            { sources: { eu: { ...source("eu"), version: 6 } } },
        ],
        [
            "has a cluster 'eu' of version 6; this program reads 1 to 5",
            { sourceCredentials: { eu: { ...credentials(), version: 6 } } },
        ],
        ["has a cluster 'eu' of no version that can be read", { sources: { eu: {} } }],
        ["has a cluster 'eu' of no version that can be read", { sources: { eu: null } }],
        [
            "has a cluster 'eu' whose output 'sources' cannot be understood at 'server': ",
            { sources: { eu: { ...source("eu"), server: "canary" } } },
        ],
        ...[
            { "kubernetes-pods": { path: "apiServerProxy", interval: "30s" } },
            { "kubernetes-pods": { path: "off", interval: "30s", namespaces: ["shop"] } },
            { "kubernetes-nodes": { path: "apiServerProxy", interval: "30s", namespaces: ["*"] } },
            { "kubernetes-pods": { path: "apiServerProxy", interval: "30s", namespaces: ["../x"] } },
        ].map((jobs): [string, Partial<SourceStack>] => [
            "has a cluster 'eu' whose output 'sources' cannot be understood at 'jobs.kubernetes-",
            { sources: { eu: { ...source("eu"), jobs: { ...source("eu").jobs, ...jobs } } } },
        ]),
        ...["https://h/[1-9]", "https://h/{a,b}", "https://u:p@h/", "https://h/a?b", "https://h/ -o /etc/x"].map(
            (server): [string, Partial<SourceStack>] => [
                "has a cluster 'eu' whose output 'sources' cannot be understood at 'server': ",
                { sources: { eu: { ...source("eu"), server } } },
            ],
        ),
        ...["a\nb", "a\tb"].flatMap((text): [string, Partial<SourceStack>][] => [
            ...(["serverName", "username"] as const).map((key): [string, Partial<SourceStack>] => [
                `has a cluster 'eu' whose output 'sources' cannot be understood at 'federation.${key}': `,
                federating({ [key]: text }),
            ]),
            [
                "has a cluster 'eu' whose output 'sources' cannot be understood at 'federation.targets.0.replica': ",
                federating({ targets: [{ address: "192.0.2.1:443", replica: text, metricsPath: "/federate" }] }),
            ],
            [
                "has a cluster 'eu' whose output 'sources' cannot be understood at 'federation.matchers.alerts.0.value': ",
                federating({ matchers: { alerts: [{ label: "job", operator: "=", value: text }] } }),
            ],
            [
                "has a cluster 'eu' whose output 'sourceCredentials' cannot be understood at 'federation.password': ",
                { sourceCredentials: { eu: { ...credentials(), federation: { password: text } } } },
            ],
        ]),
        ...[[], ["../../x"], ["kubelet\nkubelet -K-"]].map((purposes): [string, Partial<SourceStack>] => [
            "has a cluster 'eu' whose output 'sources' cannot be understood at 'boundTokens.purposes",
            { sources: { eu: { ...source("eu"), boundTokens: { purposes, lifetimeSeconds: 600 } } } },
        ]),
        [
            "has a cluster 'eu' whose output 'sourceCredentials' cannot be understood at 'tokens.discovery': ",
            { sourceCredentials: { eu: { ...credentials(), tokens: { discovery: "canary" } } } },
        ],
        [
            "has a cluster 'eu' whose credentials lack what its jobs need: eu/discovery.token, eu/kubelet.token",
            { sourceCredentials: { eu: { ...credentials(), tokens: {} } } },
        ],
        ...[
            `${CA}==> end <==\n`,
            `${CA}-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n${CA}`,
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        ].flatMap((caCertificate): [string, Partial<SourceStack>][] => [
            [
                "has a cluster 'eu' whose output 'sources' cannot be understood at 'caCertificate': ",
                { sources: { eu: { ...source("eu"), caCertificate } } },
            ],
            [
                "has a cluster 'eu' whose output 'sourceCredentials' cannot be understood at 'federation.caCertificate': ",
                { sourceCredentials: { eu: { ...credentials(), federation: { caCertificate } } } },
            ],
        ]),
        [
            "has a cluster 'eu' whose output 'sourceCredentials' cannot be understood at 'federation.clientKey': ",
            { sourceCredentials: { eu: { ...credentials(), federation: { clientKey: "canary\n==> end <==\n" } } } },
        ],
        ...["1ms", "6m", "99999999999999d"].map((interval): [string, Partial<SourceStack>] => [
            "has a cluster 'eu' whose output 'sources' cannot be understood at 'jobs.kubernetes-pods.interval': must",
            pods({ path: "federate", interval }),
        ]),
        ["has a cluster 'eu' that calls itself 'us'", { sources: { eu: source("us") } }],
        ["has a cluster with the name 'E U', which no cluster can have", { sources: { "E U": source("eu") } }],
    ])("are refused where one %s", (says, changes) => {
        const message = problem(changes);
        expect(message).toContain(says);
        expect(message).not.toMatch(/canary/);
    });

    it("are refused all at once, each with its stack", () => {
        const other = { ...stack({ sources: undefined }), key: "sourceStacks[1]", name: "other" };
        const last = stack({ key: "sourceStacks[2]" });
        const { problems } = watchedClusters([stack({ isSecret: false }), other, last], ["eu"]);
        expect(problems.map(({ key, message }) => `${key} ${message}`)).toEqual([
            expect.stringMatching(/^sourceStacks\[0\] \(\S+prod-eu\) has its output 'sourceCredentials' in clear/),
            expect.stringMatching(/^sourceStacks\[0\] \(\S+prod-eu\) has a cluster 'eu', as this stack has$/),
            expect.stringMatching(/^sourceStacks\[1\] \(other\) has no output 'sources'/),
            expect.stringMatching(/^sourceStacks\[2\] \(\S+prod-eu\) has a cluster 'eu', as this stack has$/),
        ]);
        const twice = watchedClusters([stack(), { ...stack(), name: "other" }], []);
        expect(twice.problems.map(({ message }) => message)).toEqual([`(other) has a cluster 'eu', as ${STACK} has`]);
    });

    it.each<[string, Partial<SourceStack>, RegExp]>([
        [
            "its stack",
            { sourceCredentials: undefined },
            /again here\. Until then: take it out of sourceStacks and name/,
        ],
        ["all secrets of it", { sourceCredentials: {} }, /PULUMI_CONFIG_PASSPHRASE.*Until then: take it out of/],
        ["one cluster of it", { sources: { eu: {} } }, /again here\. Until then: add eu to heldClusters, and/],
    ])("come with the way to go on without what is wrong with %s", (_what, changes, remedy) => {
        expect(watchedClusters([stack(changes)], []).problems.map((each) => each.remedy)).toEqual([
            expect.stringMatching(remedy),
        ]);
    });

    it("are not looked at where they are held", () => {
        const broken = { sources: { eu: {}, us: source("us") }, sourceCredentials: { us: credentials() } };
        expect(watchedClusters([stack(broken)], [], ["eu"])).toEqual({
            watched: [{ source: source("us"), credentials: credentials() }],
            problems: [],
        });
        // A stack of whose clusters each is held may show no secret at all.
        const silent = { sourceCredentials: {}, isSecret: false };
        expect(watchedClusters([stack(silent)], [], ["eu"])).toEqual({ watched: [], problems: [] });
    });

    it("are understood in an older version's words, as the gateway that it knew", () => {
        const { federation, ...rest } = source("eu");
        const [target] = federation?.targets ?? [];
        const older = {
            ...rest,
            version: 1,
            federation: {
                targets: [{ address: target?.address, replica: target?.replica }],
                serverName: federation?.serverName,
            },
        };
        const read = watchedClusters(
            [stack({ sources: { eu: older }, sourceCredentials: { eu: { ...credentials(), version: 1 } } })],
            [],
        );
        expect(read.problems).toEqual([]);
        const job = (value: string) => [{ label: "job", operator: "=", value }];
        expect(read.watched).toEqual<{ source: ScrapeSource; credentials: SourceCredentials }[]>([
            {
                source: {
                    ...source("eu"),
                    federation: {
                        scheme: "https",
                        targets: target === undefined ? [] : [target],
                        serverName: "gateway",
                        ca: "own",
                        shows: ["certificate"],
                        matchers: {
                            "kubernetes-pods": job("kubernetes-pods"),
                            "kubernetes-service-endpoints": job("kubernetes-service-endpoints"),
                        } as NonNullable<ScrapeSource["federation"]>["matchers"],
                    },
                },
                credentials: credentials(),
            },
        ]);
    });

    it.each([2, 3, 4])("are understood in the words of version %i, which knew less", (version) => {
        const read = watchedClusters(
            [
                stack({
                    sources: { eu: { ...source("eu"), version } },
                    sourceCredentials: { eu: { ...credentials(), version } },
                }),
            ],
            [],
        );
        expect(read).toEqual({ watched: [{ source: source("eu"), credentials: credentials() }], problems: [] });
    });

    it("are understood in an older version's words where nothing was federated", () => {
        const { jobs, name, server, caCertificate } = source("eu");
        const rest = { name, server, caCertificate };
        const direct = Object.fromEntries(
            Object.entries(jobs).map(([job, chosen]) => [
                job,
                { path: chosen?.path === "federate" ? "off" : chosen?.path, interval: "30s" },
            ]),
        );
        const older = { ...rest, jobs: direct, version: 1 };
        const { watched, problems } = watchedClusters([stack({ sources: { eu: older } })], []);
        expect(problems).toEqual([]);
        expect(watched[0]?.source).toEqual({ ...older, version: 5 });
    });
});

describe("clusters that are held", () => {
    const last = { sources: { eu: source("eu") }, watchedCredentials: { eu: credentials() } };

    it("are those of the last deployment", () => {
        expect(heldClusters(["eu"], last, [])).toEqual({
            watched: [{ source: source("eu"), credentials: credentials() }],
            problems: [],
        });
    });

    it("may be those of an older program's deployment", () => {
        const older = {
            sources: { eu: { ...source("eu"), version: 3 } },
            watchedCredentials: { eu: { ...credentials(), version: 3 } },
        };
        expect(heldClusters(["eu"], older, []).watched).toEqual(heldClusters(["eu"], last, []).watched);
    });

    const unknown = "'eu' is no cluster of another stack that this one was deployed with, so nothing is known of it";

    it.each<[string, Parameters<typeof heldClusters>[1], string[]]>([
        [unknown, { sources: undefined, watchedCredentials: undefined }, []],
        [unknown, { ...last, sources: {} }, []],
        [unknown, { ...last, watchedCredentials: {} }, []],
        ["'eu' is made by this stack, so there is nothing to hold it by", last, ["eu"]],
        [
            "'eu' was deployed, but has a cluster 'eu' whose output 'watchedCredentials' cannot be understood at 'tokens",
            { ...last, watchedCredentials: { eu: { ...credentials(), tokens: { discovery: "canary" } } } },
            [],
        ],
    ])("are refused: %s", (says, deployed, own) => {
        const { watched, problems } = heldClusters(["eu"], deployed, own);
        expect(watched).toEqual([]);
        expect(problems).toEqual([
            {
                key: "heldClusters[0]",
                message: expect.stringContaining(says) as string,
                remedy: "pulumi config rm --path 'heldClusters[0]'",
            },
        ]);
        expect(JSON.stringify(problems)).not.toContain("canary");
    });
});
