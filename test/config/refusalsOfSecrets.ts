import { X509Certificate } from "node:crypto";
import { field } from "../../config/scalars";
import { PlainKeys, SecretKeys } from "../../config/schema";
import { completeKeys, KUBECONFIG, kubeconfigWith, PRIVATE_KEY } from "./environment";
import { OTHER_CA, OTHER_KEY } from "./frontCertificates";
import { clash, moved, NO_FRONT, NO_VM, type Row, wrong } from "./refusal";

const PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEIdUoViB7/NTAYvNTCBB/aMnwKly0YBrqZl3cazwKPL";
/** Of OpenSSH's own form, whose cipher is not `none`. */
const PROTECTED = Buffer.from("openssh-key-v1\0\0\0\0\naes256-ctr\0\0\0\u0006bcrypt\0\0\0\0").toString("base64");

function privateKeys(key: string): Row[] {
    return [
        wrong(key, "CANARY", "is not a private key: it must be a whole file that begins with"),
        wrong(key, { CANARY: 1 }, "must be text"),
        wrong(key, PUBLIC_KEY, "is a public key; the private one is the file without '.pub'"),
        wrong(key, PRIVATE_KEY.replace("MC4C", "MC4D"), "is cut off or damaged: it cannot be read as a private key"),
        // X25519, which only agrees on keys.
        wrong(
            key,
            PRIVATE_KEY.replace("K2Vw", "K2Vu"),
            "is of a kind that cannot be used here (DSA, a security key, another",
        ),
        wrong(
            key,
            `-----BEGIN OPENSSH PRIVATE KEY-----\n${PROTECTED}\n-----END OPENSSH PRIVATE KEY-----\n`,
            "is protected by a passphrase, which nobody can type here; use a key without one",
        ),
    ];
}

const KEY = "kubeconfigs.staging";
const STAGING_CA = String(field(field(completeKeys().plain["clusters"], "staging"), "caCertificate"));

function sha256(certificate: string): string {
    return new X509Certificate(certificate).fingerprint256;
}
const NO_KUBECONFIG = "is not a kubeconfig: it must be the whole file, YAML with clusters and contexts";

/** Of keys that must be secret; whatever is wrong with them, the value is not shown. */
export const SECRET_ROWS: readonly Row[] = [
    ...privateKeys("vmPrivateKey"),
    wrong("vmPrivateKey", undefined, "is missing: the private key that opens the VM over SSH"),
    clash(
        "vmPrivateKey",
        { ...NO_VM, scrapeJobs: undefined, vmPrivateKey: PRIVATE_KEY, ...NO_FRONT },
        "is set, but vm is not",
    ),
    ...privateKeys("vmProxyPrivateKey"),
    clash("vmProxyPrivateKey", { "vm.proxy": undefined }, "is set, but vm.proxy is not"),
    ...["CANARY", ["CANARY"], null].map((value) =>
        wrong("kubeconfigs", value, "must hold one kubeconfig by cluster name"),
    ),
    wrong(KEY, undefined, "is missing: what is set up in the cluster is set up through it"),
    wrong(KEY, { CANARY: 1 }, "must be text"),
    ...["CANARY", "a: [CANARY", ""].map((value) => wrong(KEY, value, NO_KUBECONFIG)),
    clash(
        KEY,
        { "clusters.staging.context": undefined, [KEY]: KUBECONFIG.replace("current-context: admin", "") },
        "has no current context, and the cluster's key 'context' names none",
    ),
    clash(
        KEY,
        {
            "clusters.staging.context": undefined,
            [KEY]: KUBECONFIG.replace("current-context: admin", "current-context: C"),
        },
        "has a current context that is not among its contexts",
    ),
    clash(KEY, { "clusters.staging.context": "other" }, "has no context 'other'"),
    clash(
        KEY,
        { [KEY]: kubeconfigWith(OTHER_CA) },
        `is for another cluster: the CA of its context 'admin' has the SHA-256 fingerprint ${sha256(OTHER_CA)}, ` +
            `the cluster's caCertificate ${sha256(STAGING_CA)}`,
    ),
    wrong("kubeconfigs.stagign", KUBECONFIG, "belongs to no cluster; did you mean the cluster 'staging'?"),
    wrong("kubeconfigs.production", KUBECONFIG, "belongs to no cluster; there is no cluster of that name"),
    wrong("kubeconfigs.__proto__", KUBECONFIG, "belongs to no cluster; there is no cluster of that name"),
    ...["CANARY", ["CANARY"], null].flatMap((value) => [
        wrong("endpointPasswords", value, "must hold one password by cluster name"),
        wrong("endpointPrivateKeys", value, "must hold one private key by cluster name"),
    ]),
    wrong("endpointPasswords.open", undefined, "is missing: the password of the endpoint's username"),
    wrong("endpointPasswords.open", { CANARY: 1 }, "must be text"),
    ...["", " ", "CANARY\nCANARY", "CANARY\tCANARY", "==> CANARY <=="].map((value) =>
        wrong("endpointPasswords.open", value, "must be one line of text"),
    ),
    wrong("endpointPasswords.opn", "CANARY", "belongs to no cluster whose endpoint has a username; did you mean the"),
    wrong("endpointPrivateKeys.open", undefined, "is missing: the private key of the endpoint's clientCertificate"),
    wrong("endpointPrivateKeys.open", { CANARY: 1 }, "must be text"),
    wrong("endpointPrivateKeys.open", "CANARY", "must be a private key in PEM form, without a passphrase"),
    wrong("endpointPrivateKeys.open", OTHER_KEY, "is the key of another certificate than the endpoint's clientCert"),
    ...Object.keys(SecretKeys.shape).map((key) =>
        moved(key, "is a secret, but stands in clear in the stack's file; replace"),
    ),
    ...Object.keys(PlainKeys.shape).map((key) =>
        moved(key, "is set as a secret, as a whole or in part; its values must be"),
    ),
    wrong("vmPrivateKy", "CANARY", "is no key of this program; did you mean 'vmPrivateKey'?"),
    wrong("alerting", "CANARY", "is no key of this program; known here: vm, prometheus,"),
    wrong('vm["$(reboot)"]', "CANARY", "is no key of this program; known here: host, port,"),
];
