import * as pulumi from "@pulumi/pulumi";
import { expect, it } from "vitest";
import type { CheckedVm } from "../../components/gate";
import { Release } from "../../components/release";
import { DEFAULT_VERSIONS, releaseOf } from "../../config/releases";
import { PlainKeys } from "../../config/schema";
import { PROGRAM_NAMES, PROGRAMS } from "../../host/programs";
import { hostScript, scriptVariables } from "../../host/render";
import { startMocks } from "../harness";
import { COMMAND } from "./vm";

const vm: CheckedVm = {
    connection: { host: "vm" },
    command: (script, variables = {}) =>
        pulumi.all(variables).apply((values: Record<string, string>) => hostScript(script, "root", values)),
    options: (parent) => ({ parent }),
};

it.each(PROGRAM_NAMES)("tells the VM all that it must know of a release of %s", async (program) => {
    const mocks = await startMocks();
    const version = DEFAULT_VERSIONS[program];
    new Release("release", { vm, program, choice: { version } });
    await mocks.settled();
    const { create } = mocks.find(COMMAND, "release").inputs;
    const { limit, key, ...variables } = scriptVariables(String(create));
    expect(Number(limit)).toBeGreaterThan(900); // all tries of a download, and what follows
    expect(Object.keys(PlainKeys.shape)).toContain(key);
    const { amd64, arm64 } = releaseOf(program, { version });
    expect(variables).toEqual({
        program,
        address: PROGRAMS[program].address,
        binaries: PROGRAMS[program].binaries.join(" "),
        version,
        url_amd64: amd64?.url,
        sha256_amd64: amd64?.sha256,
        url_arm64: arm64?.url,
        sha256_arm64: arm64?.sha256,
    });
});

it("leaves empty what is not known of an architecture", async () => {
    const mocks = await startMocks();
    new Release("release", { vm, program: "prometheus", choice: { version: "3.13.3" } });
    await mocks.settled();
    const variables = scriptVariables(String(mocks.find(COMMAND, "release").inputs["create"]));
    expect(variables).toMatchObject({ url_arm64: "", sha256_arm64: "" });
    expect(variables["sha256_amd64"]).not.toBe("");
});
