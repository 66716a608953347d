import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { valueOf } from "../harness";
import {
    change,
    changed,
    completeKeys,
    exampleKeys,
    KUBECONFIG,
    kubeconfigWith,
    load,
    PRIVATE_KEY,
    refusal,
    SECRETS,
} from "./environment";
import { CA, OTHER_CA } from "./frontCertificates";

describe("the example", () => {
    it("loads with exactly the secrets that Pulumi.dev.yaml tells to set", () => {
        const { vm, clusters, scrapeJobs } = load(exampleKeys());
        expect(vm).toMatchObject({
            host: "198.51.100.20",
            port: 22,
            user: "root",
            bootTimeout: "5m",
            adopt: false,
            purgeData: false,
        });
        expect(clusters.map(({ cluster }) => cluster.name)).toEqual(["staging"]);
        expect(clusters[0]?.cluster.jobs).toEqual({
            "kubernetes-apiservers": { path: "direct", interval: "30s" },
            "kubernetes-nodes": { path: "direct", interval: "30s" },
            "kubernetes-nodes-cadvisor": { path: "direct", interval: "60s" },
            "kubernetes-pods": { path: "federate", interval: "60s" },
            "kubernetes-service-endpoints": { path: "federate", interval: "60s" },
            "vital-signs": { path: "federate", interval: "30s" },
        });
        expect(scrapeJobs.map(({ name }) => name)).toEqual(["node", "website"]);
    });

    it.each(["vmPrivateKey", "kubeconfigs"] as const)("does not load without %s", (name) => {
        expect(refusal(exampleKeys(), { ...SECRETS, [name]: undefined })).toContain(`✖ external-prometheus:${name}`);
    });

    it("keeps both secrets secret", async () => {
        const { vmPrivateKey, clusters } = load(exampleKeys());
        const kubeconfig = clusters[0]?.kubeconfig;
        if (vmPrivateKey === undefined || kubeconfig === undefined) throw new Error("a secret is missing");
        expect(await pulumi.isSecret(vmPrivateKey)).toBe(true);
        expect(await pulumi.isSecret(kubeconfig)).toBe(true);
        expect(await valueOf(vmPrivateKey)).toBe(PRIVATE_KEY);
        expect(await valueOf(kubeconfig)).toBe(KUBECONFIG);
    });
});

it("takes a kubeconfig of the same cluster under another address, and one that does not tell its CA", () => {
    const { plain, secret } = completeKeys();
    const [ca, other] = [OTHER_CA, CA].map((text) => kubeconfigWith(text).replace("k8s.staging", "10.0.0.1"));
    const names = (kubeconfig: string | undefined, caCertificate: string) => {
        change(plain, "clusters.staging.caCertificate", caCertificate);
        return load(plain, {
            ...secret,
            kubeconfigs: { ...(secret["kubeconfigs"] as object), staging: kubeconfig },
        }).clusters.map(({ cluster }) => cluster.name);
    };
    expect(names(ca, OTHER_CA)).toContain("staging");
    expect(names(other, OTHER_CA + CA)).toContain("staging");
    expect(names(KUBECONFIG, OTHER_CA)).toContain("staging");
});

describe("a key from which the last secret was taken away", () => {
    /** As `pulumi config rm --path` leaves it. */
    const emptied = (name: string, value: unknown) => {
        const { plain, secret } = completeKeys();
        return { plain: { ...plain, [name]: value }, secret: { ...secret, [name]: undefined } };
    };

    it.each(["frontPasswordHashes", "kubeconfigs", "endpointPasswords", "endpointPrivateKeys", "httpSecrets"])(
        "is no secret in clear: %s",
        (name) => {
            const { plain, secret } = emptied(name, {});
            const message = refusal(plain, secret);
            // What still asks for one is told as ever.
            expect(message).toContain(`✖ external-prometheus:${name}.`);
            expect(message).not.toContain("stands in clear");
        },
    );

    it.each([{ kubeconfigs: {} }, { httpSecrets: { scrapeJobs: { gone: { httpSd: {} }, node: { httpSd: {} } } } }])(
        "loads: %j",
        (left) => {
            const { vm, scrapeJobs } = exampleKeys();
            expect(load({ vm, scrapeJobs, ...left }, { vmPrivateKey: PRIVATE_KEY }).clusters).toEqual([]);
        },
    );

    it("is one as soon as a text is in it", () => {
        const { plain, secret } = emptied("kubeconfigs", { staging: "" });
        expect(refusal(plain, secret)).toContain("✖ external-prometheus:kubeconfigs is a secret, but stands in clear");
    });
});

describe("a stack with one side", () => {
    it("may have the VM alone", () => {
        const { clusters, vmPrivateKey } = load({ vm: exampleKeys()["vm"] }, { vmPrivateKey: PRIVATE_KEY });
        expect(clusters).toEqual([]);
        expect(vmPrivateKey).toBeDefined();
    });

    it("may have clusters alone", () => {
        const stack = load({ clusters: exampleKeys()["clusters"] }, { kubeconfigs: SECRETS.kubeconfigs });
        expect(stack).not.toHaveProperty("vm");
        expect(stack).not.toHaveProperty("vmPrivateKey");
    });
});

describe("loadConfig", () => {
    it("shows of a long value only the beginning", () => {
        const message = refusal(changed({ "vm.host": `-${"long".repeat(1000)}` }));
        expect(message).toContain("got '-longlong");
        expect(message.length).toBeLessThan(500);
    });

    it("refuses an empty configuration", () => {
        expect(refusal({}, {})).toContain("one of the two sides is needed");
    });

    it("refuses a plain key that is set as a secret, without showing it", () => {
        const { vm, ...plain } = exampleKeys();
        const message = refusal(plain, { ...SECRETS, vm: { ...vm, port: "PORT-IN-SECRET" } });
        expect(message).toContain("✖ external-prometheus:vm is set as a secret");
        expect(message).not.toContain("PORT-IN-SECRET");
    });

    it("leaves the keys of other namespaces alone", () => {
        expect(() => load(exampleKeys(), SECRETS, { "kubernetes:context": "x" })).not.toThrow();
    });
});
