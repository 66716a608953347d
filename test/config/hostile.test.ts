import { expect, it } from "vitest";
import { changed, exampleKeys, PRIVATE_KEY, refusal, SECRETS } from "./environment";

const CA = (exampleKeys()["clusters"]?.["staging"] as { caCertificate: string }).caCertificate;

// An empty line or forgotten brackets in YAML: each is a problem of its key like any other, beside all others.
it.each([
    ["clusters.staging", null],
    ["clusters.staging", 5],
    ["clusters.staging.jobs", null],
    ["clusters.staging.endpoint", null],
    ["clusters.staging.endpoint.prometheus", null],
    ["clusters.staging.endpoint.prometheus.pods", null],
    ["clusters.staging.endpoint.prometheus.pods", 5],
    ["clusters.staging.endpoint.nodePorts", null],
    ["clusters.staging.endpoint.nodePorts", 30990],
    ["clusters.staging.endpoint.nodePorts", {}],
])("finds %s: %j among all problems", (path, value) => {
    const message = refusal({ ...changed({ [path]: value }), alerting: {} });
    expect(message).toContain(`✖ external-prometheus:${path} must be `);
    expect(message).toContain("✖ external-prometheus:alerting ");
    expect(message).toContain("has 2 problems");
});

it.each([
    ["a key among the certificates", "clusters.staging.caCertificate", `${CA}${PRIVATE_KEY}${CA}`, "and nothing else"],
    [
        "a line that ends a bundle in the CA",
        "clusters.staging.caCertificate",
        `${CA}==> end <==\n${CA}`,
        "nothing else",
    ],
    ["a key for the host's", "vm.hostKey", PRIVATE_KEY, "not shown, since it looks like a secret"],
    ["a password in the server", "clusters.staging.server", "https://u:hunter2@h:6443", "looks like a secret"],
    ["a password in the url", "prometheus.url", "https://u:hunter2@h/x", "looks like a secret"],
    ["an escape in the server", "clusters.staging.server", "https://h/%zz", "of host, port and path"],
    ["two lines in the server", "clusters.staging.server", "https://h\nx", "of host, port and path"],
    ["a query in the server", "clusters.staging.server", "https://h?x=y", "of host, port and path"],
    ["one pod twice", "clusters.staging.endpoint.prometheus.pods", ["a", "a"], "must all be different"],
    ["half an IPv6 address", "vm.host", "::::1", "a whole IPv6 address"],
    ["a port above 65535", "staticJobs.node.targets", ["a:99999"], "a port up to 65535"],
    ["a host key without bytes", "vm.hostKey", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAAA==", "32 bytes"],
])("refuses %s, and shows no secret", (_what, path, value, says) => {
    const message = refusal(changed({ [path]: value }));
    expect(message).toContain(`✖ external-prometheus:${path}`);
    expect(message).toContain(says);
    expect(message).not.toMatch(/hunter2|MC4CAQAw/);
});

it("refuses kubeconfigs that are null in its own words", () => {
    expect(refusal(exampleKeys(), { ...SECRETS, kubeconfigs: null })).toContain("one kubeconfig by cluster name");
});
