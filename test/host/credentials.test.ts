import { expect, it } from "vitest";
import { bundle } from "../../host/bundle";
import { Machine } from "./machine";
import { CREDENTIALS, ETC } from "./serving";

it("writes what changed, and keeps what it is not told of", async () => {
    const machine = await Machine.prepared();
    await machine.succeed("credentials", {}, CREDENTIALS);
    const again = await machine.succeed("credentials", {}, CREDENTIALS);
    expect(again.stderr).not.toContain("wrote");
    await machine.succeed("credentials", {}, [{ path: "b/kubelet.token", mode: "0640", content: "other\n" }]);
    expect(machine.tree(`${ETC}/credentials`)).toEqual({
        "": "750",
        a: "750",
        "a/ca.crt": "640 certificate\n",
        "a/discovery.token": "640 token\n",
        b: "750",
        "b/kubelet.token": "640 other\n",
    });
});

it("takes away what a power cut has left, and no folder of the same ending", async () => {
    const machine = await Machine.prepared();
    const files = [{ path: "scrapeJobs.next/password", mode: "0640", content: "canary\n" }];
    await machine.succeed("credentials", {}, files);
    machine.write(`${ETC}/credentials/scrapeJobs.next/password.next`, "can");
    await machine.succeed("credentials", {}, files);
    expect(machine.tree(`${ETC}/credentials`)).toEqual({
        "": "750",
        "scrapeJobs.next": "750",
        "scrapeJobs.next/password": "640 canary\n",
    });
});

it("changes nothing when stdin was cut off on its way", async () => {
    const machine = await Machine.prepared();
    const ran = await machine.run("credentials", {}, bundle(CREDENTIALS).slice(0, 40));
    expect(ran.stderr).toContain("the data on stdin is incomplete");
    expect(machine.tree(`${ETC}/credentials`)).toEqual({ "": "750" });
});

it("says nothing of the content, and leaves it nowhere else", async () => {
    const machine = await Machine.prepared();
    const ran = await machine.succeed("credentials", {}, [{ path: "a/x", mode: "0640", content: "canary\n" }]);
    expect(ran.stdout + ran.stderr).not.toContain("canary");
    const tree = Object.entries(machine.tree(".")).filter(([, content]) => content.includes("canary"));
    expect(tree.map(([path]) => path)).toEqual([`${ETC}/credentials/a/x`]);
});

it("has a file on disk before its name, and the name before it goes on", async () => {
    const machine = await Machine.prepared();
    await machine.succeed("credentials", {}, CREDENTIALS);
    const synced = machine.read("sync.log").trimEnd().split("\n").slice(-4);
    const folder = machine.path(`${ETC}/credentials/a`);
    expect(synced).toEqual([`${folder}/ca.crt.next`, folder, `${folder}/discovery.token.next`, folder]);
});
