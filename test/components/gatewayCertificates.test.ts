import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { GatewayCertificates } from "../../components/gatewayCertificates";
import { startMocks, valueOf } from "../harness";
import { fillIn } from "./cluster";

const LEAF = "tls:index/locallySignedCert:LocallySignedCert";

async function make() {
    const mocks = await startMocks({ outputs: fillIn });
    const certificates = new GatewayCertificates("gw", {
        serverName: "gateway.lab.internal",
        addresses: ["192.0.2.10", "2001:db8::1", "node-3.example.com"],
    });
    return { certificates, mocks: await mocks.settled() };
}

describe("GatewayCertificates", () => {
    it("makes a CA that can sign and nothing else", async () => {
        const { mocks } = await make();
        expect(mocks.find("tls:index/selfSignedCert:SelfSignedCert", "gw-ca").inputs).toMatchObject({
            isCaCertificate: true,
            allowedUses: ["cert_signing"],
            privateKeyPem: "key of gw-ca-key\n",
        });
    });

    it("gives each side a certificate for its own use, with a key of its own", async () => {
        const { certificates, mocks } = await make();
        expect(mocks.find(LEAF, "gw-server").inputs["allowedUses"]).toEqual(["digital_signature", "server_auth"]);
        expect(mocks.find(LEAF, "gw-client").inputs["allowedUses"]).toEqual(["digital_signature", "client_auth"]);
        for (const side of ["server", "client"] as const) {
            expect(mocks.find(LEAF, `gw-${side}`).inputs).toMatchObject({
                certRequestPem: `request gw-${side}-request\n`,
                caPrivateKeyPem: "key of gw-ca-key\n",
                caCertPem: expect.stringContaining("gw-ca") as string,
            });
            expect(await valueOf(certificates[side].key)).toBe(`key of gw-${side}-key\n`);
            expect(await valueOf(certificates[side].certificate)).toContain(`\ngw-${side}\n`);
        }
        expect(mocks.ofType("tls:index/privateKey:PrivateKey").map(({ inputs }) => inputs)).toEqual(
            Array(3).fill({ algorithm: "ECDSA", ecdsaCurve: "P256" }),
        );
    });

    it("names the gateway by name and by every address", async () => {
        const { mocks } = await make();
        expect(mocks.find("tls:index/certRequest:CertRequest", "gw-server-request").inputs).toMatchObject({
            dnsNames: ["gateway.lab.internal", "node-3.example.com"],
            ipAddresses: ["192.0.2.10", "2001:db8::1"],
        });
    });

    it("renews in time, the CA before a leaf could outlive it", async () => {
        const { mocks } = await make();
        const ca = mocks.find("tls:index/selfSignedCert:SelfSignedCert", "gw-ca").inputs;
        expect(ca).toMatchObject({ validityPeriodHours: 87600, earlyRenewalHours: 8760 });
        for (const { inputs } of mocks.ofType(LEAF)) {
            expect(inputs).toMatchObject({ validityPeriodHours: 8760, earlyRenewalHours: 720 });
            expect(inputs["validityPeriodHours"]).toBeLessThanOrEqual(ca["earlyRenewalHours"] as number);
        }
    });

    it("hands keys on as secrets only", async () => {
        const { mocks } = await make();
        expect(mocks.find(LEAF, "gw-server").secrets).toContain("caPrivateKeyPem");
        for (const { inputs, secrets } of mocks.resources) {
            const shown = Object.entries(inputs).filter(([name]) => !secrets.includes(name));
            expect(JSON.stringify(shown)).not.toContain("key of");
        }
    });

    it("is planned in a preview, unknown as it still is", async () => {
        const mocks = await startMocks({ preview: true });
        const { caCertificate } = new GatewayCertificates("gw", { serverName: "g", addresses: [] });
        expect(await pulumi.isSecret(caCertificate)).toBe(false);
        await mocks.settled();
        expect(mocks.ofType(LEAF)).toHaveLength(2);
    });
});
