import { join } from "node:path";
import { expect, it } from "vitest";
import { gatewayService } from "../../config/kubernetes/gateway";
import { ingress } from "../../config/kubernetes/ingress";
import { accessFor } from "../../config/kubernetes/rbac";
import { tokenPolicy } from "../../config/kubernetes/tokenPolicy";
import { runProgram } from "../../operate/process";
import { cluster, endpointOf } from "../config/kubernetes/cluster";
import { handle, kubectl, PATIENCE_SECONDS, succeed } from "./lab";
import { KINDS, LABELS } from "./state";

/** Findings that kube-score calls critical and that stay, each with its reason. */
const ACCEPTED: Readonly<Record<string, string>> = {
    "CPU limit is not set": "a limit slows a proxy down just when it has most to do; its share is what it requests",
    "ImagePullPolicy is not set to Always": "a registry that is away would keep a pod from starting on the worst day",
    "The services selector does not match any pods":
        "the pods are those of the user's Prometheus, which is not ours to list",
};

const hosts = ["prometheus-0.example.com", "prometheus-1.example.com"];
const routed = endpointOf("ingress", { hosts, username: "monitor", tlsSecret: "prometheus-tls" });
const balanced = endpointOf("gateway", { loadBalancer: { address: "203.0.113.20" } });
const bound = { generation: 1, bound: { lifetime: "1h" } } as const;
const renewal = accessFor({ ...cluster, tokens: bound }).find(({ purpose }) => purpose === "renewal");

/** What the lab's own stack has none of, by its kind. */
const OTHERS = Object.entries({
    "networking.k8s.io/v1/Ingress": ingress("lab", routed),
    "v1/Service": gatewayService({ cluster: "lab", namespace: "external-prometheus", endpoint: balanced }),
    "rbac.authorization.k8s.io/v1/Role": { rules: renewal?.namespaces[0]?.rules },
    "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy": {
        spec: tokenPolicy({ secrets: ["token"], lifetimeSeconds: 3_600 }),
    },
}).map(([type, object]) => {
    const metadata = { ...("metadata" in object ? (object.metadata as object) : {}), name: "other" };
    return { ...object, apiVersion: type.replace(/\/[^/]+$/, ""), kind: type.replace(/^.*\//, ""), metadata };
});

it("finds nothing critical in what is made in the cluster, but for what is so on purpose", async () => {
    const built = handle("tools/build.sh", ["--path", "kube-score"]);
    const directory = (await succeed("lab/tools/build.sh", built)).trim();
    const list = await kubectl("get", KINDS, "--all-namespaces", "-l", LABELS, "-o", "json");
    const { items } = JSON.parse(list) as { items: { kind: string }[] };
    expect(items.map(({ kind }) => kind)).toEqual(
        expect.arrayContaining(["Deployment", "NetworkPolicy", "PodDisruptionBudget", "Service"]),
    );
    const { stdout } = await runProgram(join(directory, "kube-score"), ["score", "--output-format", "ci", "-"], {
        stdin: [...items, ...OTHERS].map((item) => JSON.stringify(item)).join("\n---\n"),
        timeoutSeconds: PATIENCE_SECONDS,
    });
    for (const name of ["lab-gateway-", "other/"]) expect(stdout).toContain(`[OK] ${name}`);
    const critical = stdout.split("\n").filter((line) => line.startsWith("[CRITICAL]"));
    const found = critical.map((line) => Object.keys(ACCEPTED).find((words) => line.includes(words)) ?? line);
    expect([...new Set(found)].sort()).toEqual(Object.keys(ACCEPTED).sort());
});
