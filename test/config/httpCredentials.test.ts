import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { httpCredentialFiles } from "../../config/httpCredentials";
import { HttpSecrets } from "../../config/httpSecrets";
import { CREDENTIALS_DIRECTORY, credentialPaths } from "../../config/prometheus/credentials";
import { documents } from "../../config/prometheus/document";
import { ClusterName } from "../../config/source";
import { valueOf } from "../harness";
import { configOf, ENVIRONMENT_NAMES, scrapingOf } from "./prometheus/environments";
import { CA, CLIENT_CERTIFICATE, CLIENT_KEY } from "./frontCertificates";

describe.each(ENVIRONMENT_NAMES)("an environment with %s", (name) => {
    it("has every file of credentials that its documents name, and no other of an HTTP client", async () => {
        const scraping = scrapingOf(name);
        const secrets = await valueOf(configOf(name).httpSecrets);
        const http = httpCredentialFiles(scraping, secrets).map(({ path }) => `${CREDENTIALS_DIRECTORY}/${path}`);
        const clusters = scraping.sources.flatMap((source) => Object.values<string>(credentialPaths(source.name)));
        const named = documents(scraping).flatMap(({ content }) =>
            [...content.matchAll(/_file: (\/usr\/local\/etc\/.*)/g)].map(([, path = ""]) => path),
        );
        expect(named.filter((path) => ![...http, ...clusters].includes(path))).toEqual([]);
        expect(http.filter((path) => !named.includes(path))).toEqual([]);
    });

    it("shows no secret of an HTTP client in a document, and keeps them all secret", async () => {
        const { httpSecrets } = configOf(name);
        expect(await pulumi.isSecret(httpSecrets)).toBe(true);
        const texts = documents(scrapingOf(name)).map(({ content }) => content);
        expect(texts.join("")).not.toMatch(/CANARY|PRIVATE KEY/);
    });
});

it("gives each client its own, below a folder that can be no cluster's", async () => {
    const files = httpCredentialFiles(
        scrapingOf("other-servers"),
        await valueOf(configOf("other-servers").httpSecrets),
    );
    const basic = (place: string) =>
        ["ca.crt", "client.crt", "client.key", "password"].map((file) => `${place}/${file}`);
    expect(files.map(({ path }) => path)).toEqual([
        ...basic("alertmanagers.central"),
        "alertmanagers.other/credentials",
        ...basic("remoteWrite.longterm"),
        "remoteWrite.other/credentials",
        "scrapeJobs.bearer/credentials",
        ...basic("scrapeJobs.bearer.httpSd"),
        "scrapeJobs.listed.httpSd/credentials",
        ...basic("scrapeJobs.secured"),
    ]);
    const contents = files.filter(({ path }) => path.startsWith("scrapeJobs.secured/")).map(({ content }) => content);
    expect(contents).toEqual([CA, CLIENT_CERTIFICATE, CLIENT_KEY, "CANARY"]);
    expect(files.every(({ mode }) => mode === "0640")).toBe(true);
    const folders = files.map(({ path }) => path.split("/")[0]);
    expect(folders.filter((folder) => ClusterName.safeParse(folder).success)).toEqual([]);
});

it("tells the secrets of a job from those of who lists its targets", () => {
    const client = { insecureSkipVerify: false, authorization: { type: "Bearer" } };
    const { scrapeJobs } = scrapingOf("other-servers");
    const job = scrapeJobs.find(({ name }) => name === "bearer");
    if (job?.httpSd === undefined) throw new Error("no such job");
    const both = { ...job, httpSd: { ...client, url: job.httpSd.url, refreshInterval: job.httpSd.refreshInterval } };
    const secrets = HttpSecrets.parse({
        scrapeJobs: { bearer: { credentials: "of targets", httpSd: { credentials: "of the list" } } },
    });
    const files = httpCredentialFiles({ scrapeJobs: [both], alertmanagers: [], remoteWrite: [] }, secrets);
    expect(files.map(({ path, content }) => [path, content])).toEqual([
        ["scrapeJobs.bearer/credentials", "of targets"],
        ["scrapeJobs.bearer.httpSd/credentials", "of the list"],
    ]);
});
