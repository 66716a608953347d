import { expect, it } from "vitest";
import { look } from "../../operate/driftLook";
import { exported, urn } from "./deployed";
import { EDITED, Fakes } from "./fakes";

it("finds nothing, and has nothing to add", async () => {
    new Fakes();
    expect(await look("dev")).toMatchObject({ findings: [], notes: [] });
});

it("finds what differs", async () => {
    const fakes = new Fakes();
    fakes.vm(EDITED);
    expect((await look("dev")).findings).toMatchObject([{ found: "content differs" }]);
});

it("says that the last deployment failed", async () => {
    const fakes = new Fakes();
    fakes.history([{ result: "failed" }]);
    expect((await look("dev")).notes).toEqual([
        "The last deployment of 'dev' failed: the VM is compared with what each step last did with success.",
    ]);
});

it("says that a deployment is running, or was cut", async () => {
    const fakes = new Fakes();
    fakes.state(exported({ pending: [{ type: "updating", resource: { urn: urn("service") } }] }));
    expect((await look("dev")).notes).toEqual([
        "A deployment of 'dev' is running, or was cut: updating prometheus-service.",
    ]);
});

it("says that a first deployment did not get far", async () => {
    const fakes = new Fakes();
    const { deployment } = exported();
    const resources = deployment.resources.filter((resource) => !/-(service|configuration|verify)$/.test(resource.urn));
    fakes.state({ deployment: { ...deployment, resources } });
    fakes.history([]);
    expect((await look("dev")).notes).toEqual([
        "prometheus is not deployed yet as a service; 'pulumi up' goes on with it.",
        "alertmanager is not deployed yet as a service; 'pulumi up' goes on with it.",
    ]);
});

it("does not judge a stack that was deployed while it was looking", async () => {
    const fakes = new Fakes();
    const { deployment } = exported();
    fakes.state(exported(), { deployment: { ...deployment, manifest: { time: "2026-01-02T00:00:00Z" } } });
    fakes.vm(EDITED);
    await expect(look("dev")).rejects.toThrow("The stack 'dev' was deployed meanwhile. Look again.");
});

it.each([
    ["cat >/dev/null; echo 'root is needed on the VM' >&2; exit 1", "the VM 10.0.0.1: root is needed on the VM"],
    ["cat >/dev/null; exit 124", "the VM 10.0.0.1: it took longer than 180 s"],
    ["cat >/dev/null; head -c 2000 vm", "the VM 10.0.0.1: its answer is not whole"],
    ["echo 'Connection refused' >&2; exit 255", "Cannot log in to the VM root@10.0.0.1"],
])("says why it could not look: %s", async (ssh, reason) => {
    const fakes = new Fakes();
    fakes.program("ssh", ssh);
    await expect(look("dev")).rejects.toThrow(reason);
});

it("passes on what the CLI says", async () => {
    const fakes = new Fakes();
    fakes.program("pulumi", "echo \"error: no stack named 'dev' found\" >&2; exit 255");
    await expect(look("dev")).rejects.toThrow("no stack named 'dev' found");
});
