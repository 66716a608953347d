// pulumi-tls v5.5.1. Names of files are those of terraform-provider-tls 4.x (internal/provider) and pulumi-terraform-bridge
// v3.135.0 (pkg/pf/tfbridge); what the Plugin Framework adds is named as such.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { plain, plainProperties, Secret, unknown, type Properties } from "../../providers/values";
import { PluginProcess, type Recorded, urn } from "./plugin";

const types = {
    key: urn("tls:index/privateKey:PrivateKey", "key"),
    request: urn("tls:index/certRequest:CertRequest", "request"),
    selfSigned: urn("tls:index/selfSignedCert:SelfSignedCert", "ca"),
    signed: urn("tls:index/locallySignedCert:LocallySignedCert", "cert"),
};
let plugin: PluginProcess;
let key: Recorded;

beforeAll(async () => {
    plugin = await PluginProcess.start("tls");
    key = await plugin.deploy(types.key, { algorithm: "ECDSA", ecdsaCurve: "P256" });
});
afterAll(() => {
    plugin.stop();
});

function certificate(changes: Properties = {}): Properties {
    return {
        privateKeyPem: key.state["privateKeyPem"] ?? null,
        subject: { commonName: "test" },
        dnsNames: ["a.example", "b.example"],
        validityPeriodHours: 24,
        allowedUses: ["server_auth"],
        ...changes,
    };
}

async function diff(old: Recorded, changed: Properties): ReturnType<PluginProcess["diff"]> {
    return plugin.diff(types.selfSigned, old, (await plugin.check(types.selfSigned, changed, old.inputs)).inputs);
}

describe("inputs", () => {
    it.each<[string, string, Properties]>([
        ["algorithm", types.key, { algorithm: "DSA" }],
        ["ecdsaCurve", types.key, { algorithm: "ECDSA", ecdsaCurve: "P192" }],
        ["allowedUses", types.selfSigned, { allowedUses: ["server"] }],
        ["validityPeriodHours", types.selfSigned, { validityPeriodHours: -1 }],
        ["earlyRenewalHours", types.selfSigned, { earlyRenewalHours: -1 }],
        ["maxPathLength", types.selfSigned, { maxPathLength: -2 }],
    ])("refuses a wrong %s (resource_*.go Validators)", async (property, resource, changes) => {
        const inputs = resource === types.key ? changes : certificate(changes);
        const refused = await plugin.check(resource, inputs).then(
            ({ failures }) => failures.map((failure) => failure.property),
            () => [property],
        );
        expect(refused).toHaveLength(1);
        expect(refused[0]).toContain(property);
    });

    it("marks the private key secret and adds no defaults (provider_check.go MarkSchemaSecrets)", async () => {
        const inputs = certificate({ privateKeyPem: "plain" });
        const checked = await plugin.check(types.selfSigned, inputs);
        expect(checked.inputs).toEqual({ ...inputs, privateKeyPem: new Secret("plain") });
    });

    it("refuses what only the official plugin implements", async () => {
        if (!plugin.standIn) {
            return;
        }
        const curve = await plugin.check(types.key, { algorithm: "ECDSA" });
        expect(curve.failures).toMatchObject([{ property: "ecdsaCurve" }]);
        const subject = await plugin.check(types.selfSigned, certificate({ subject: { emailAddress: "a@b" } }));
        expect(subject.failures).toMatchObject([{ property: "subject" }]);
        const other = await plugin.check(types.selfSigned, certificate({ keyAlgorithm: "ECDSA" }));
        expect(other.failures).toMatchObject([{ property: "keyAlgorithm" }]);
        await expect(plugin.checkConfig({ proxy: { url: "http://proxy" } })).rejects.toThrow(
            /does not implement proxy/,
        );
    });
});

describe("state", () => {
    it("holds defaults, marks secret what is, and leaves out what was not given (recorded state in provider/testdata)", async () => {
        expect(Object.keys(key.state).sort()).toEqual(
            expect.arrayContaining([
                "__meta",
                "algorithm",
                "ecdsaCurve",
                "id",
                "privateKeyOpenssh",
                "privateKeyPem",
                "rsaBits",
            ]),
        );
        expect(key.state).toMatchObject({ algorithm: "ECDSA", ecdsaCurve: "P256", rsaBits: 2048, id: key.id });
        for (const name of ["privateKeyPem", "privateKeyOpenssh", "privateKeyPemPkcs8"]) {
            expect(key.state[name]).toBeInstanceOf(Secret);
        }
        const made = await plugin.deploy(types.selfSigned, certificate());
        expect(made.state["privateKeyPem"]).toBeInstanceOf(Secret);
        expect(made.state).toMatchObject({
            id: made.id,
            keyAlgorithm: "ECDSA",
            earlyRenewalHours: 0,
            isCaCertificate: false,
            setSubjectKeyId: false,
            setAuthorityKeyId: false,
            readyForRenewal: false,
        });
        expect(made.state["ipAddresses"] ?? null).toBeNull();
        expect(made.state["maxPathLength"] ?? null).toBeNull();
    });

    it("leaves unknown in a preview what only making it can tell (provider_create.go: the planned state)", async () => {
        const preview = await plugin.deploy(types.selfSigned, certificate(), { preview: true });
        expect(preview.state).toMatchObject({ certPem: unknown, validityEndTime: unknown, keyAlgorithm: unknown });
        expect(preview.state).toMatchObject({
            earlyRenewalHours: 0,
            readyForRenewal: false,
            dnsNames: ["a.example", "b.example"],
        });
        const previewed = await plugin.deploy(types.key, { algorithm: "ED25519" }, { preview: true });
        expect(plain(previewed.state["privateKeyPem"] ?? null)).toBe(unknown);
    });

    it("is read from itself (resource_*.go Read), and cannot be imported", async () => {
        const made = await plugin.deploy(types.selfSigned, certificate());
        expect((await plugin.read(types.selfSigned, made)).state).toEqual(made.state);
        await expect(plugin.read(types.selfSigned, { id: "1", inputs: {}, state: {} })).rejects.toThrow(/import/i);
    });

    it("is all there is: delete touches nothing (resource_*.go Delete)", async () => {
        await plugin.delete(types.key, key);
    });
});

describe("changes", () => {
    it("has none without a change", async () => {
        const made = await plugin.deploy(types.selfSigned, certificate());
        expect(await diff(made, certificate())).toMatchObject({ changes: false, replaces: [], detailed: {} });
        expect(await plugin.diff(types.key, key, key.inputs)).toMatchObject({ changes: false });
    });

    it.each<[string, Properties]>([
        ["dnsNames", { dnsNames: ["a.example", "c.example"] }],
        ["ipAddresses", { ipAddresses: ["10.0.0.1"] }],
        ["subject", { subject: { commonName: "other" } }],
        ["validityPeriodHours", { validityPeriodHours: 48 }],
        ["allowedUses", { allowedUses: ["client_auth"] }],
        ["isCaCertificate", { isCaCertificate: true }],
        ["privateKeyPem", { privateKeyPem: unknown }],
    ])("of %s make a new certificate (resource_self_signed_cert.go RequiresReplace)", async (name, changes) => {
        const made = await plugin.deploy(types.selfSigned, certificate());
        const found = await diff(made, certificate(changes));
        expect(found.replaces).toEqual([name]);
        expect(
            Object.entries(found.detailed).every(([path, kind]) => path.startsWith(name) && kind.endsWith("-replace")),
        ).toBe(true);
        expect(Object.keys(found.detailed)).not.toHaveLength(0);
    });

    it("of earlyRenewalHours keep the certificate (resource_self_signed_cert.go, common.go updatedUsingPlan)", async () => {
        const made = await plugin.deploy(types.selfSigned, certificate());
        const changed = certificate({ earlyRenewalHours: 2 });
        expect(await diff(made, changed)).toMatchObject({
            changes: true,
            replaces: [],
            detailed: { earlyRenewalHours: "update" },
        });
        const updated = await plugin.update(types.selfSigned, made, changed);
        expect(updated.state).toEqual({ ...made.state, earlyRenewalHours: 2 });
    });
});

describe("renewal", () => {
    const past = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();

    it.each([
        ["has ended", { validityEndTime: past(1) }, {}],
        ["ends within earlyRenewalHours", { validityEndTime: past(-5) }, { earlyRenewalHours: 6 }],
    ])(
        "a certificate that %s is replaced by a plain up (common_cert.go modifyPlanIfCertificateReadyForRenewal)",
        async (_, state, changes) => {
            const made = await plugin.deploy(types.selfSigned, certificate(changes));
            const old = { ...made, state: { ...made.state, ...state } };
            expect(await diff(old, certificate(changes))).toMatchObject({
                changes: true,
                replaces: ["readyForRenewal"],
                detailed: { readyForRenewal: "update-replace" },
            });
        },
    );

    it("a refresh alone says so, and renews nothing (common_cert.go modifyStateIfCertificateReadyForRenewal)", async () => {
        const made = await plugin.deploy(types.selfSigned, certificate());
        const old = { ...made, state: { ...made.state, validityEndTime: past(1) } };
        const read = await plugin.read(types.selfSigned, old);
        expect(read.state).toEqual({ ...old.state, readyForRenewal: true });
    });

    it("a certificate with more early hours than life is ready at once (attribute_plan_modifier_bool)", async () => {
        const made = await plugin.deploy(types.selfSigned, certificate({ earlyRenewalHours: 24 }));
        expect(made.state).toMatchObject({ readyForRenewal: true });
        expect((await diff(made, certificate({ earlyRenewalHours: 24 }))).replaces).toEqual(["readyForRenewal"]);
    });
});

it("refuses to sign with a key that is not the authority's (crypto/x509 CreateCertificate)", async () => {
    const ca = await plugin.deploy(types.selfSigned, certificate({ isCaCertificate: true }));
    const stranger = await plugin.deploy(types.key, { algorithm: "ED25519" });
    const request = await plugin.deploy(types.request, { privateKeyPem: key.state["privateKeyPem"] ?? null });
    await expect(
        plugin.deploy(types.signed, {
            caCertPem: ca.state["certPem"] ?? null,
            caPrivateKeyPem: stranger.state["privateKeyPem"] ?? null,
            certRequestPem: request.state["certRequestPem"] ?? null,
            validityPeriodHours: 1,
            allowedUses: [],
        }),
    ).rejects.toThrow(/doesn't match/);
});

it("shows nothing of a private key that it cannot read (common_key.go parsePrivateKeyPEM)", async () => {
    const broken = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
    const error = await plugin
        .deploy(types.selfSigned, certificate({ privateKeyPem: broken }))
        .catch((thrown: unknown) => thrown);
    expect(String(error)).toContain("Failed to parse private key PEM");
    expect(String(error)).not.toContain("c2VjcmV0");
    expect(plainProperties(key.state)["privateKeyPem"]).toContain("EC PRIVATE KEY");
});
