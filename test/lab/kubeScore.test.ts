import { join } from "node:path";
import { expect, it } from "vitest";
import { runProgram } from "../../operate/process";
import { handle, kubectl, succeed } from "./lab";
import { KINDS, LABELS } from "./state";

/** Findings that kube-score calls critical and that stay, each with its reason. */
const ACCEPTED: Readonly<Record<string, string>> = {
    "CPU limit is not set": "a limit slows a proxy down just when it has most to do; its share is what it requests",
    "ImagePullPolicy is not set to Always": "a registry that is away would keep a pod from starting on the worst day",
    "The services selector does not match any pods":
        "the pods are those of the user's Prometheus, which is not ours to list",
};

it("finds nothing critical in what is made in the cluster, but for what is so on purpose", async () => {
    const built = handle("tools/build.sh", ["--path", "kube-score"], { seconds: 600 });
    const directory = (await succeed("lab/tools/build.sh", built)).trim();
    const list = await kubectl("get", KINDS, "--all-namespaces", "-l", LABELS, "-o", "json");
    const { items } = JSON.parse(list) as { items: { kind: string }[] };
    expect(items.map(({ kind }) => kind)).toEqual(
        expect.arrayContaining(["Deployment", "NetworkPolicy", "PodDisruptionBudget", "Service"]),
    );
    const { stdout } = await runProgram(join(directory, "kube-score"), ["score", "--output-format", "ci", "-"], {
        stdin: items.map((item) => JSON.stringify(item)).join("\n---\n"),
        timeoutSeconds: 60,
    });
    expect(stdout).toMatch(/^\[OK\] lab-gateway-/m);
    const critical = stdout.split("\n").filter((line) => line.startsWith("[CRITICAL]"));
    const found = critical.map((line) => Object.keys(ACCEPTED).find((words) => line.includes(words)) ?? line);
    expect([...new Set(found)].sort()).toEqual(Object.keys(ACCEPTED).sort());
}, 700_000);
