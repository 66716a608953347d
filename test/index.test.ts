import * as pulumi from "@pulumi/pulumi";
import { expect, it } from "vitest";
import index from "../index";
import { fillIn } from "./components/cluster";
import { printed } from "./components/vm";
import { exampleKeys, load } from "./config/environment";
import { isKnown, startMocks, UNKNOWN } from "./harness";

interface Outputs {
    readonly url: string;
    readonly version: pulumi.Output<string>;
    readonly jobs: readonly { readonly job: string }[];
    readonly sources: Readonly<Record<string, unknown>>;
    readonly sourceCredentials: pulumi.Output<unknown>;
}

function program(): Outputs {
    load(exampleKeys());
    return index() as unknown as Outputs;
}

it("gives the stack's outputs, and no others; only the credentials are secret", async () => {
    const mocks = await startMocks({
        outputs: (type, name, inputs) =>
            type === "command:remote:Command" ? { stdout: printed(name) } : fillIn(type, name, inputs),
    });
    const outputs = program();
    await mocks.settled();
    expect(Object.keys(outputs).sort()).toEqual(["jobs", "sourceCredentials", "sources", "url", "version"]);
    expect(await pulumi.isSecret(outputs.sourceCredentials)).toBe(true);
    expect(await pulumi.isSecret(outputs.version)).toBe(false);
    expect(Object.keys(outputs.sources)).toEqual(["staging"]);
    expect(JSON.stringify(outputs.sources)).not.toContain("KEY");
});

it("shows the jobs and the sources in the first preview, before anything is known of cluster and VM", async () => {
    const mocks = await startMocks({ preview: true, outputs: () => ({ stdout: UNKNOWN }) });
    const outputs = program();
    await mocks.settled();
    expect(outputs.jobs.map(({ job }) => job)).toContain("kubernetes-pods");
    expect(Object.keys(outputs.sources)).toEqual(["staging"]);
    expect(await isKnown(outputs.version)).toBe(false);
    expect(outputs.url).toBe("http://127.0.0.1:9090/");
    const { inputs } = mocks.find("command:remote:Command", "prometheus-configuration");
    expect(inputs["stdin"]).toContain("job_name: staging/kubernetes-pods");
});
