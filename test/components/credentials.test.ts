import * as pulumi from "@pulumi/pulumi";
import { expect, it } from "vitest";
import { Credentials } from "../../components/credentials";
import type { CheckedVm } from "../../components/gate";
import { scrapeSource } from "../../config/kubernetes/scrapeSource";
import { HttpSecrets } from "../../config/httpSecrets";
import { unbundle } from "../../host/bundle";
import { cluster } from "../config/kubernetes/cluster";
import { alertmanager } from "../config/prometheus/scraping";
import { startMocks } from "../harness";
import { tokenFor } from "./cluster";
import { COMMAND, credentials, source, TOKEN } from "./vm";

const vm: CheckedVm = {
    connection: { host: "vm" },
    command: () => pulumi.output("true"),
    options: (parent) => ({ parent }),
};

const none = { services: { scrapeJobs: [], alertmanagers: [], remoteWrite: [] }, httpSecrets: HttpSecrets.parse({}) };

it("gives every cluster's files the same place, whatever the order of the clusters", async () => {
    const stdins = [];
    for (const names of [
        ["a", "b"],
        ["b", "a"],
    ]) {
        const mocks = await startMocks();
        const all = Object.fromEntries(names.map((name) => [name, credentials()]));
        new Credentials("credentials", { vm, ...none, sources: names.map(source), credentials: all });
        await mocks.settled();
        stdins.push(String(mocks.find(COMMAND, "credentials").inputs["stdin"]));
    }
    expect(stdins[0]).toBe(stdins[1]);
    const files = unbundle(stdins[0] ?? "");
    expect(files.map(({ path }) => path)).toEqual(
        ["a", "b"].flatMap((name) =>
            ["ca.crt", "discovery.token", "kubelet.token", "federation-ca.crt", "federation.crt", "federation.key"].map(
                (file) => `${name}/${file}`,
            ),
        ),
    );
    expect(files.find(({ path }) => path === "a/discovery.token")).toEqual({
        path: "a/discovery.token",
        mode: "0640",
        content: `${TOKEN}\n`,
    });
});

it("brings what other servers are shown beside what clusters are", async () => {
    const mocks = await startMocks();
    new Credentials("credentials", {
        vm,
        sources: [source("a")],
        credentials: { a: credentials() },
        services: {
            ...none.services,
            alertmanagers: [alertmanager("central", { username: "monitor" })],
        },
        httpSecrets: HttpSecrets.parse({ alertmanagers: { central: { password: "canary" } } }),
    });
    await mocks.settled();
    const { inputs, secrets } = mocks.find(COMMAND, "credentials");
    expect(unbundle(String(inputs["stdin"])).at(-1)).toEqual({
        path: "alertmanagers.central/password",
        mode: "0640",
        content: "canary\n",
    });
    expect(secrets).toContain("stdin");
});

it("keeps stdin secret even where what it is made of is not", async () => {
    const mocks = await startMocks();
    new Credentials("credentials", { vm, ...none, sources: [source("a")], credentials: { a: credentials() } });
    await mocks.settled();
    expect(mocks.find(COMMAND, "credentials").secrets).toContain("stdin");
});

it("brings what the VM gets tokens with, where a cluster gives them, beside the credentials of the others", async () => {
    const mocks = await startMocks();
    const bound = scrapeSource({ ...cluster, tokens: { generation: 1, bound: { lifetime: "1h" } } });
    const { federation } = credentials();
    const renewal = tokenFor("external-prometheus-renewal");
    new Credentials("credentials", {
        vm,
        ...none,
        sources: [source("a"), bound],
        credentials: { a: credentials(), lab: { version: 5, tokens: { renewal }, ...(federation && { federation }) } },
    });
    await mocks.settled();
    const files = unbundle(String(mocks.find(COMMAND, "credentials").inputs["stdin"]));
    const paths = files.map(({ path }) => path).filter((path) => /^(lab|\.renewal)\//.test(path));
    expect(paths).toEqual([
        ...["ca.crt", "federation-ca.crt", "federation.crt", "federation.key"].map((file) => `lab/${file}`),
        ...["ca.crt", "authorization", "request.json", "accounts"].map((file) => `.renewal/clusters/lab/${file}`),
        ".renewal/renew-tokens",
        ".renewal/external-prometheus-tokens.service",
        ".renewal/external-prometheus-tokens.timer",
    ]);
    expect(files.filter(({ content }) => content.includes(renewal)).map(({ path, mode }) => `${path} ${mode}`)).toEqual(
        [".renewal/clusters/lab/authorization 0600"],
    );
});
