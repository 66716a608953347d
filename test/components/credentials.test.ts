import * as pulumi from "@pulumi/pulumi";
import { expect, it } from "vitest";
import { Credentials } from "../../components/credentials";
import type { CheckedVm } from "../../components/gate";
import { unbundle } from "../../host/bundle";
import { startMocks } from "../harness";
import { COMMAND, credentials, source, TOKEN } from "./vm";

const vm: CheckedVm = {
    connection: { host: "vm" },
    command: () => pulumi.output("true"),
    options: (parent) => ({ parent }),
};

it("gives every cluster's files the same place, whatever the order of the clusters", async () => {
    const stdins = [];
    for (const names of [
        ["a", "b"],
        ["b", "a"],
    ]) {
        const mocks = await startMocks();
        const all = Object.fromEntries(names.map((name) => [name, credentials()]));
        new Credentials("credentials", { vm, sources: names.map(source), credentials: all });
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

it("keeps stdin secret even where what it is made of is not", async () => {
    const mocks = await startMocks();
    new Credentials("credentials", { vm, sources: [source("a")], credentials: { a: credentials() } });
    await mocks.settled();
    expect(mocks.find(COMMAND, "credentials").secrets).toContain("stdin");
});
