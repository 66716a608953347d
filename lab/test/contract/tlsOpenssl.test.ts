// What pulumi-tls v5.5.1 makes, read by others: openssl and ssh-keygen. Names of files are those of terraform-provider-tls 4.x.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { plainProperties, type Properties } from "../../providers/values";
import { PluginProcess, type Recorded, urn } from "./plugin";

const directory = mkdtempSync(join(tmpdir(), "tls-"));
let plugin: PluginProcess;

beforeAll(async () => {
    plugin = await PluginProcess.start("tls");
});
afterAll(() => {
    plugin.stop();
    rmSync(directory, { recursive: true });
});

function file(name: string, text: string): string {
    const path = join(directory, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
}

function openssl(...args: string[]): string {
    return execFileSync("openssl", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** The provider hashes the bytes as a text without white space around it, and one in forty EC keys ends in some. */
function trimmed(der: Buffer): Buffer {
    return Buffer.from(der.toString("latin1").replace(/^[\t-\r ]+|[\t-\r ]+$/g, ""), "latin1");
}

function texts(resource: Recorded): Record<string, string> {
    return plainProperties(resource.state) as Record<string, string>;
}

const keys: [string, Properties, string, string][] = [
    ["RSA", { algorithm: "RSA" }, "RSA PRIVATE KEY", "ssh-rsa"],
    ["ECDSA P256", { algorithm: "ECDSA", ecdsaCurve: "P256" }, "EC PRIVATE KEY", "ecdsa-sha2-nistp256"],
    ["ECDSA P384", { algorithm: "ECDSA", ecdsaCurve: "P384" }, "EC PRIVATE KEY", "ecdsa-sha2-nistp384"],
    ["ED25519", { algorithm: "ED25519" }, "PRIVATE KEY", "ssh-ed25519"],
];

describe.each(keys)("%s", (name, inputs, pemType, sshType) => {
    const slug = name.replaceAll(" ", "-");
    let key: Record<string, string>;

    beforeAll(async () => {
        key = texts(await plugin.deploy(urn("tls:index/privateKey:PrivateKey", slug), inputs));
    });

    it("writes the private key in three formats that say the same (resource_private_key.go)", () => {
        expect(key["privateKeyPem"]).toMatch(
            new RegExp(`^-----BEGIN ${pemType}-----\\n[^]+\\n-----END ${pemType}-----\\n$`),
        );
        const publicKey = (format: string): string =>
            openssl("pkey", "-pubout", "-in", file(`${slug}-${format}`, key[format] ?? ""));
        expect(publicKey("privateKeyPem")).toBe(key["publicKeyPem"]);
        expect(publicKey("privateKeyPemPkcs8")).toBe(key["publicKeyPem"]);
        const ssh = execFileSync("ssh-keygen", ["-y", "-f", file(`${slug}-ssh`, key["privateKeyOpenssh"] ?? "")], {
            encoding: "utf8",
        });
        expect(`${ssh.trim()}\n`).toBe(key["publicKeyOpenssh"]);
        expect(ssh).toContain(sshType);
    });

    it("writes ssh-keygen's fingerprints, and an id that is the hash of the public key (common_key.go setPublicKeyAttributes)", () => {
        const path = file(`${slug}.pub`, key["publicKeyOpenssh"] ?? "");
        const fingerprint = (hash: string): string =>
            execFileSync("ssh-keygen", ["-l", "-E", hash, "-f", path], { encoding: "utf8" });
        expect(fingerprint("sha256")).toContain(` ${key["publicKeyFingerprintSha256"] ?? ""} `);
        expect(fingerprint("md5")).toContain(`MD5:${key["publicKeyFingerprintMd5"] ?? ""} `);
        const der = Buffer.from((key["publicKeyPem"] ?? "").split("\n").slice(1, -2).join(""), "base64");
        expect(key["id"]).toBe(createHash("sha1").update(trimmed(der)).digest("hex"));
    });

    it("issues a chain that openssl verifies, with names and uses (common_cert.go createCertificate)", async () => {
        const privateKeyPem = key["privateKeyPem"] ?? "";
        const ca = await plugin.deploy(urn("tls:index/selfSignedCert:SelfSignedCert", "ca"), {
            privateKeyPem,
            subject: { commonName: "Test CA", organization: "Grüße & Co" },
            isCaCertificate: true,
            validityPeriodHours: 24 * 365 * 30,
            allowedUses: ["cert_signing", "crl_signing", "digital_signature"],
        });
        const request = await plugin.deploy(urn("tls:index/certRequest:CertRequest", "request"), {
            privateKeyPem,
            subject: { commonName: "gateway" },
            dnsNames: ["gateway.example"],
            ipAddresses: ["10.98.0.10", "fd00::1"],
            uris: ["spiffe://test/gateway"],
        });
        const signed = await plugin.deploy(urn("tls:index/locallySignedCert:LocallySignedCert", "cert"), {
            caPrivateKeyPem: privateKeyPem,
            caCertPem: texts(ca)["certPem"] ?? "",
            certRequestPem: texts(request)["certRequestPem"] ?? "",
            validityPeriodHours: 12,
            allowedUses: ["key_agreement", "digital_signature", "server_auth", "client_auth"],
        });
        const caFile = file(`${slug}-ca.pem`, texts(ca)["certPem"] ?? "");
        const certFile = file(`${slug}-cert.pem`, texts(signed)["certPem"] ?? "");
        expect(
            openssl("req", "-verify", "-noout", "-in", file(`${slug}.csr`, texts(request)["certRequestPem"] ?? "")),
        ).toBeDefined();
        const verify = (...args: string[]): string =>
            openssl("verify", "-x509_strict", "-CAfile", caFile, ...args, certFile);
        expect(verify("-purpose", "sslserver", "-verify_hostname", "gateway.example")).toContain(": OK");
        expect(verify("-purpose", "sslclient", "-verify_ip", "10.98.0.10")).toContain(": OK");
        expect(() => verify("-verify_hostname", "other.example")).toThrow();

        const text = openssl("x509", "-noout", "-text", "-in", certFile);
        expect(text).toContain(
            "DNS:gateway.example, IP Address:10.98.0.10, IP Address:FD00:0:0:0:0:0:0:1, URI:spiffe://test/gateway",
        );
        expect(text).toMatch(/X509v3 Key Usage: critical\s+Digital Signature, Key Agreement\n/);
        expect(text).toMatch(/X509v3 Basic Constraints: critical\s+CA:FALSE\n/);
        const keyId = (pem: string, extension: string): string | undefined =>
            new RegExp(`${extension}: \\s*(?:keyid:)?([0-9A-F:]+)`).exec(
                openssl("x509", "-noout", "-text", "-in", pem),
            )?.[1];
        expect(keyId(certFile, "Authority Key Identifier")).toBe(keyId(caFile, "Subject Key Identifier"));
        expect(keyId(caFile, "Subject Key Identifier")).toHaveLength(59);

        const serial = BigInt(
            `0x${openssl("x509", "-noout", "-serial", "-in", certFile).trim().replace("serial=", "")}`,
        );
        expect(signed.id).toBe(serial.toString());
        const end = openssl("x509", "-noout", "-enddate", "-in", certFile).trim().replace("notAfter=", "");
        expect(Math.abs(Date.parse(end) - Date.parse(texts(signed)["validityEndTime"] ?? ""))).toBeLessThan(1_000);
        expect(signed.state).toMatchObject({ caKeyAlgorithm: name.split(" ")[0] });
    });
});
