import { expect, it } from "vitest";
import { credentialFiles, missingCredentials } from "../../config/credentials";
import { credentialPaths } from "../../config/prometheus/credentials";
import { KUBERNETES_JOBS, type JobPath, type ScrapeSource, type SourceCredentials } from "../../config/source";
import { clusterDocument, source } from "./prometheus/scraping";

const CREDENTIALS: SourceCredentials = {
    version: 5,
    tokens: { discovery: "token", kubelet: "token" },
    federation: { caCertificate: "ca", clientCertificate: "certificate", clientKey: "key" },
};

const boundTokens = { purposes: ["discovery" as const, "kubelet" as const], lifetimeSeconds: 3600 };

it("lack the token of the account that may ask for the others", () => {
    const bound = source("a", { boundTokens });
    const { federation } = CREDENTIALS;
    const tokens = (own: SourceCredentials["tokens"]) => ({ version: 5, tokens: own, federation }) as const;
    expect(missingCredentials(bound, tokens({}))).toEqual(["a/renewal.token"]);
    expect(missingCredentials(bound, tokens({ renewal: "a.b.c" }))).toEqual([]);
    const halved = source("a", { boundTokens: { purposes: ["discovery"], lifetimeSeconds: 3600 } });
    expect(missingCredentials(halved, tokens({ renewal: "a.b.c" }))).toEqual(["a/kubelet.token"]);
    expect(missingCredentials(source("a"), tokens({ renewal: "a.b.c" }))).toEqual([
        "a/discovery.token",
        "a/kubelet.token",
    ]);
});

function withPaths(path: (job: string) => JobPath): ScrapeSource {
    const jobs = KUBERNETES_JOBS.map((job) => [job, { path: path(job), interval: "30s" }]);
    return source("a", { jobs: Object.fromEntries(jobs) as ScrapeSource["jobs"] });
}

it.each<[what: string, source: ScrapeSource, files: string[]]>([
    [
        "all by default",
        source("a"),
        ["ca.crt", "discovery.token", "kubelet.token", "federation-ca.crt", "federation.crt", "federation.key"],
    ],
    [
        "no token for federation alone",
        withPaths(() => "federate"),
        ["federation-ca.crt", "federation.crt", "federation.key"],
    ],
    [
        "no kubelet's token for the API servers alone",
        withPaths((job) => (job === "kubernetes-apiservers" ? "direct" : "off")),
        ["ca.crt", "discovery.token"],
    ],
    ["nothing where nothing is scraped", withPaths(() => "off"), []],
    [
        "no token that the VM gets itself",
        source("a", { boundTokens }),
        ["ca.crt", "federation-ca.crt", "federation.crt", "federation.key"],
    ],
])("of a cluster are those that its jobs name: %s", (_what, from, files) => {
    const written = credentialFiles(from, CREDENTIALS).map(({ path }) => path);
    expect(written).toEqual(files.map((file) => `a/${file}`));
    const named = JSON.stringify(clusterDocument(from));
    const paths = Object.values<string>(credentialPaths("a")).filter((path) => named.includes(path));
    expect(paths.map((path) => path.split("/").slice(-2).join("/"))).toEqual(written);
});
