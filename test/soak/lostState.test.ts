import { afterAll, beforeAll, expect, it } from "vitest";
import { allUp, expectedJobs, handle, kubectl, pulumi, query, succeed, up } from "../lab/lab";
import { KINDS, LABELS } from "../lab/state";

beforeAll(async () => {
    await up();
    await allUp(await expectedJobs());
});

afterAll(async () => {
    await up();
});

it("is made again, when the state was lost, once what is in the cluster was taken away by its labels; the data stays", async () => {
    const begun = Date.now() / 1000 - 30;
    const old = await query("up", begun);
    const { deployment, ...rest } = JSON.parse(await pulumi("stack", "export")) as {
        deployment: { resources: { urn: string }[] };
    };
    const resources = deployment.resources.filter(({ urn }) => urn.includes("::pulumi:pulumi:Stack::"));
    const text = JSON.stringify({ ...rest, deployment: { ...deployment, resources } });
    await succeed("pulumi stack import", handle("pulumi", ["stack", "import"], { stdin: text }));
    const { code, stdout, stderr } = await handle("pulumi", ["up", "--yes", "--skip-preview", "--non-interactive"]);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toMatch(/namespaces "external-prometheus" already exists/);
    await succeed("kubectl delete", handle("kubectl", ["delete", KINDS, "--all-namespaces", "-l", LABELS]));
    // What the failed one has made is in the new state, and was taken away with the rest.
    await up("--refresh");
    await up("--expect-no-changes");
    await allUp(await expectedJobs());
    expect(await query("up", begun)).toEqual(old);
    expect(await kubectl("get", "namespace", "external-prometheus", "-o", "name")).toBe(
        "namespace/external-prometheus\n",
    );
}, 600_000);
