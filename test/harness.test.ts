import * as pulumi from "@pulumi/pulumi";
import { remote } from "@pulumi/command";
import { expect, it, vi } from "vitest";
import { collectRejections, isKnown, startMocks, valueOf } from "./harness";

it("records inputs in clear, where secrets were, dependencies and error hooks", async () => {
    const mocks = await startMocks({ outputs: () => ({ stdout: "from the provider" }) });
    const first = new remote.Command("first", {
        connection: { host: "vm", privateKey: pulumi.secret("key") },
        create: "true",
    });
    const second = new remote.Command(
        "second",
        { connection: { host: "vm" }, create: "true", stdin: pulumi.secret("s3cret") },
        { dependsOn: first, hooks: { onError: [new pulumi.ErrorHook("again", () => false)] } },
    );
    expect(await valueOf(first.stdout)).toBe("from the provider");
    await valueOf(second.stdout);
    await mocks.settled();
    const recorded = mocks.find("command:remote:Command", "second");
    expect(recorded.inputs["stdin"]).toBe("s3cret");
    expect(recorded.secrets).toContain("stdin");
    expect(recorded.secrets).not.toContain("create");
    expect(recorded.dependencies).toEqual(["first"]);
    expect(recorded.errorHooks).toEqual(["again"]);
    expect(() => mocks.find("command:remote:Command", "third")).toThrow(
        "expected one command:remote:Command named third",
    );
});

it("leaves what a provider would fill in unknown in a preview", async () => {
    const mocks = await startMocks({ preview: true, outputs: () => ({ stdout: "never" }) });
    const command = new remote.Command("first", { connection: { host: "vm" }, create: "true" });
    expect(await isKnown(command.stdout)).toBe(false);
    expect(await isKnown(command.create)).toBe(true);
    await mocks.settled();
    expect(mocks.ofType("command:remote:Command")).toHaveLength(1);
});

it("refuses a second resource of one name, as the engine does, registered or read", async () => {
    await startMocks({ stacks: { other: {} } });
    const rejections = collectRejections();
    const command = () => new remote.Command("first", { connection: { host: "vm" }, create: "true" });
    command();
    command();
    new pulumi.StackReference("other");
    new pulumi.StackReference("other");
    await pulumi.runtime.disconnect().catch(() => undefined);
    await vi.waitFor(
        () => {
            expect(rejections.map(String).join()).toMatch(/Duplicate resource URN.*Duplicate resource URN/s);
        },
        { timeout: 60_000 },
    );
});
